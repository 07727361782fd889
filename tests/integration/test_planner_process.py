"""A plan is an execution: asked for, made by the planner's process, read as a plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import in_threads
from tests.support.model_servers import Provider, draft, providing, refusal, step
from tests.support.wire import written
from treadle.core.settings import Settings
from treadle.dag.events import EventType
from treadle.dag.validation import validate
from treadle.ledger.engine.submission import submit
from treadle.ledger.views import executions
from treadle.planner import requests
from treadle.planner.process import planner_process
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.wire.events import Event

pytestmark = pytest.mark.slow

KEY = SecretStr("sk-loopback")


@pytest.fixture
def settings(fresh_settings: Settings) -> Settings:
    """Return settings of a ledger in which no other test's plans wait: requests are counted."""
    return fresh_settings


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


class Client:
    """Asks for plans, and reads what became of them."""

    def __init__(self, settings: Settings, wait_until: WaitUntil) -> None:
        self.connections = Connections.to(settings)
        self.session = self.connections.open_session()
        self._wait_until = wait_until

    def ask(self, prompt: str, **more: Any) -> UUID:
        request = requests.request(prompt, **more)
        connections = self.connections
        connections.queue.refresh(force=True)
        submitted = submit(connections.engine, self.session, request)
        return submitted.execution_id

    def plan(self, plan_id: UUID) -> dict[str, Any]:
        shown = executions.execution(self.session, self.connections.engine.graphs, plan_id)
        plan: dict[str, Any] = written(requests.plan_of(shown))
        return plan

    def made(self, plan_id: UUID) -> dict[str, Any]:
        """Return a plan once it is made or failed."""
        self._wait_until(lambda: self.plan(plan_id)["status"] != "planning", timeout=30)
        return self.plan(plan_id)

    def events(self, plan_id: UUID) -> list[Event]:
        return executions.events(self.session, plan_id)


@pytest.fixture
def client(settings: Settings, provider: Provider, wait_until: WaitUntil) -> Iterator[Client]:
    """Return a client of a planner and a scheduler that ask the provider."""
    set_ = provider.settings(settings, openai_api_key=KEY)
    planner = planner_process(set_)
    with in_threads(planner.run_until, Scheduler(Connections.to(set_)).run_until):
        made = Client(set_, wait_until)
        yield made
        made.session.close()


def test_a_prompt_becomes_a_plan_whose_workflow_is_valid(
    client: Client, provider: Provider
) -> None:
    """With what it cost, and what it was made of."""
    provider.answers(draft(step("think"), step("say")))
    plan = client.made(client.ask("What is six times seven?"))

    assert plan["status"] == "ready", plan
    assert validate(plan["plan"]["workflow"]).problems == ()
    assert plan["prompt"] == "What is six times seven?"
    assert plan["plan"]["tokens"] == {"input": 3_000, "output": 200}
    assert plan["plan"]["cost_usd"] > 0
    assert [node["id"] for node in plan["plan"]["workflow"]["nodes"]] == ["start", "think", "say"]


def test_a_provider_that_asks_to_come_back_is_asked_again(
    client: Client, provider: Provider
) -> None:
    """By the ledger's retries, no earlier than it said."""
    provider.answers(refusal(429, "slow down", retry_after="1"), draft(step("think")))
    plan_id = client.ask("Think.")

    assert client.made(plan_id)["status"] == "ready"
    kinds = [each.event_type for each in client.events(plan_id)]
    assert kinds.count(EventType.NODE_RETRYING) == 1
    assert len(provider.requests) == 2


def test_the_stages_of_a_plan_are_events(client: Client, provider: Provider) -> None:
    """Each once and in order, with what is known of the plan by then."""
    provider.answers(draft(step("think", "FLOW.THINK")), draft(step("think")))
    plan_id = client.ask("Think.")

    assert client.made(plan_id)["status"] == "ready"
    told = [
        stage
        for each in client.events(plan_id)
        if each.event_type == EventType.NODE_OUTPUT_UPDATE
        for stage in each.data["data"]["stages"]
    ]
    assert [each["stage"] for each in told] == [
        "asking",
        "checking",
        "asking",
        "checking",
        "fixing",
    ]
    assert told[1]["steps"] == ["think"]
