"""AI agents in a worker: retries, events, records and what an execution took."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import check
from tests.support.model_servers import Provider, providing, refusal
from tests.support.streams import openai_stream
from tests.support.wire import written
from tests.support.workflows import chain, node, start, workflow
from treadle.core.settings import Settings
from treadle.dag.validation import validate
from treadle.dag.values import dumps
from treadle.ledger.views import executions

pytestmark = pytest.mark.slow

KEY = SecretStr("sk-operators-own")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


@pytest.fixture
def client(
    settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcess]:
    """Return a cluster whose operator's addresses lead to the provider."""
    monkeypatch.setenv("TREADLE_SECRET_MINE", "hunter22")
    with running(provider.settings(settings, openai_api_key=KEY)) as made:
        yield made


def agent(node_id: str, **config: Any) -> dict[str, Any]:
    configurations = {"user_prompt": "Say it.", "retry_min_ms": 1, **config}
    return node(node_id, "AI_AGENT.OPENAI_CHATGPT", configurations=configurations)


def ended(client: InProcess, wait_until: WaitUntil, document: Any) -> dict[str, Any]:
    """Run a workflow to its end; return the execution, of which no invariant is broken."""
    execution = client.submit(document)
    wait_until(lambda: client.has_ended(execution), timeout=30)
    assert check(client.session, execution) == []
    events = executions.events(client.session, execution)
    return {**client.shown(execution), "events": written(events)}


def test_an_execution_says_what_its_models_took(
    client: InProcess, provider: Provider, wait_until: WaitUntil
) -> None:
    """Its tokens and credits are the sums of its records'; a credit is a cent."""
    provider.answers(openai_stream("Ah", ", yes.", usage=(1_000, 100)))
    document = workflow(start(), agent("a"), agent("b"), connect="start -> a, a -> b")
    shown = ended(client, wait_until, document)

    assert shown["status"] == "SUCCESS", shown["error"]
    assert shown["output"] == {"b": {"text": "Ah, yes."}}
    of_records = [each["credits_consumed"] for each in shown["node_executions"]]
    assert of_records[0] == 0
    assert of_records[1] == of_records[2] > 0
    assert (shown["tokens_used"], shown["credits_consumed"]) == (2_200, sum(of_records))


def test_what_a_model_says_is_told_while_it_speaks(
    client: InProcess, provider: Provider, wait_until: WaitUntil
) -> None:
    """The first piece at once, the rest of the second together, all before the node completes."""
    provider.answers(openai_stream("One ", "two ", "three."))
    shown = ended(client, wait_until, chain(agent("a")))

    of_node = [each for each in shown["events"] if each["data"].get("node_id") == "a"]
    assert [each["event_type"] for each in of_node] == [
        "node_started", "node_output_update", "node_output_update", "node_completed",
    ]  # fmt: skip
    told = [each["data"]["data"] for each in of_node[1:3]]
    assert [each["text"] for each in told] == ["One ", "two three."]
    assert [each["offset"] for each in told] == [0, 4]


def test_a_provider_that_asks_to_come_back_is_asked_again_under_the_same_key(
    client: InProcess, provider: Provider, wait_until: WaitUntil
) -> None:
    """No earlier than it said, by the ledger's retries alone; its receiver can know it again."""
    busy = refusal(429, "slow down", Retry_After="1", Connection="close")
    provider.answers(busy, openai_stream("Yes."))
    shown = ended(client, wait_until, chain(agent("a")))

    assert shown["output"] == {"a": {"text": "Yes."}}
    (retrying,) = (e for e in shown["events"] if e["event_type"] == "node_retrying")
    assert retrying["data"]["delay_ms"] >= 1_000
    first, second = (seen.headers["idempotency-key"] for seen in provider.seen)
    assert first == second


def test_a_credential_is_seen_nowhere_in_what_is_kept(
    client: InProcess, provider: Provider, wait_until: WaitUntil
) -> None:
    """Not in the output, the error, the details or the events, whatever the provider sends back."""
    echo = refusal(401, "no such key: hunter22", Connection="close")
    provider.answers(openai_stream("You are h", "unter2", "2."), echo)
    mine = {"credential": "{{ secrets.mine }}"}
    document = workflow(
        start(), agent("a", **mine), agent("b", **mine), connect="start -> a, a -> b"
    )
    shown = ended(client, wait_until, document)

    assert (shown["status"], shown["error"]["error_code"]) == ("ERROR", "provider_refused")
    assert b"hunter22" not in dumps(shown)
    told = [e["data"]["data"] for e in shown["events"] if e["event_type"] == "node_output_update"]
    assert "".join(each["text"] for each in told) == "You are ***."
    assert [seen.headers["authorization"] for seen in provider.seen] == ["Bearer hunter22"] * 2


def test_attached_nodes_are_refused_for_now() -> None:
    """With the reason, at submission."""
    with_tool = {**agent("a"), "attached_nodes": ["b"]}
    problems = problems_of(workflow(start(), with_tool, node("b"), connect="start -> a, a -> b"))

    assert ("nodes[1].attached_nodes", "feature_not_implemented") in problems


def problems_of(document: Any) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in validate(document).problems]


def test_a_worker_loads_no_sdk_until_it_asks_a_model() -> None:
    """They take tens of megabytes, and an idle worker is to stay below 150."""
    program = (
        "import sys, treadle.workers.process, treadle.cli.app;"
        "print([m for m in ('openai', 'anthropic', 'jsonschema', 'httpx2') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "[]"
