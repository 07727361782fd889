"""Plans over HTTP: asked for, looked at, followed, run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr

from tests.conftest import WaitUntil
from tests.support.gateway_server import Client
from tests.support.in_process_cluster import in_threads
from tests.support.loopback_server import serving
from tests.support.model_servers import Provider, draft, openai_answer, providing, step
from tests.support.workflows import chain, node
from treadle.core.settings import Settings
from treadle.planner.process import planner_process
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.wire.plans import AskedPlan, Plan, Plans
from treadle.workers.process import WorkerProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


@pytest.fixture
def planner(settings: Settings, provider: Provider) -> Iterator[None]:
    """Run a planner that asks the provider, a worker, and a scheduler."""
    told = provider.settings(settings, openai_api_key=SecretStr("sk-loopback"))
    with in_threads(
        planner_process(told).run_until,
        WorkerProcess(settings).run_until,
        Scheduler(Connections.to(settings)).run_until,
    ):
        yield


def made(client: Client, plan_id: str, wait_until: WaitUntil) -> Any:
    """Return a plan once it is ready or failed."""

    def is_over() -> Any:
        found = client.get(f"/v1/plans/{plan_id}")
        return found if found["status"] != "planning" else None

    return wait_until(is_over, timeout=30)


def doubling() -> dict[str, Any]:
    """Return a draft with a placeholder."""
    return draft(
        step("double", operation="custom", expression="trigger.count * 2"),
        title="Double a number",
        placeholders=[{"name": "count", "type": "number", "description": "What is doubled."}],
    )


def has_ended(client: Client, path: str) -> bool:
    return client.get(path)["end_time"] is not None


@pytest.mark.usefixtures("planner")
def test_a_plan_is_asked_for_followed_and_run(
    ada: Client, provider: Provider, wait_until: WaitUntil
) -> None:
    """By its id alone: its stages are its execution's events, and its workflow runs."""
    provider.answers(doubling())
    answer = ada.http.post("/v1/plans", json={"prompt": "Double a number."})
    assert answer.status_code == 202
    asked = AskedPlan.model_validate(answer.json())
    assert answer.headers["location"] == f"/v1/plans/{asked.id}"

    plan = made(ada, asked.id, wait_until)
    Plan.model_validate(plan)
    assert plan["status"] == "ready", plan
    types = [each["event_type"] for each in ada.get(f"/v1/plans/{asked.id}/events")["events"]]
    assert types[0] == "execution_started"
    assert types[-1] == "execution_completed"

    told = ada.refusal("POST", f"/v1/plans/{asked.id}/run", json={"input": {"count": "two"}})
    assert told == (422, "plan_input_invalid")
    told = ada.refusal("POST", "/v1/executions", json={"plan_id": asked.id})
    assert told == (422, "plan_input_invalid")
    for run in (
        ada.post(f"/v1/plans/{asked.id}/run", {"input": {"count": 21}}, 202),
        ada.post("/v1/executions", {"plan_id": asked.id, "input": {"count": 21}}, 202),
    ):
        path = f"/v1/executions/{run['id']}"
        wait_until(partial(has_ended, ada, path))
        assert ada.get(path)["output"] == {"double": {"data": 42}}


@pytest.mark.usefixtures("planner")
@pytest.mark.parametrize(
    "computed", ["'ht' ~ 'tp:' ~ '//{}/x'", "['http:', '', '{}', 'x'] | join('/')"]
)
def test_a_plan_calls_no_address_that_its_model_computed(
    ada: Client, provider: Provider, wait_until: WaitUntil, computed: str
) -> None:
    """It is ready, asks whoever runs it for the address, and nothing is sent to the other one."""
    with serving() as elsewhere:
        host = f"127.0.0.1:{elsewhere.port}"
        url = "{{ " + computed.format(host) + " }}"
        provider.answers(draft(step("call", "ACTION.HTTP_REQUEST", url=url)))
        plan_id = ada.post("/v1/plans", {"prompt": "Call the shop."}, 202)["id"]
        plan = made(ada, plan_id, wait_until)

        assert plan["status"] == "ready", plan
        (asked,) = plan["plan"]["placeholders"]
        assert (asked["name"], asked["type"]) == ("call_url", "url")
        for given in ({}, {"call_url": "shop"}):
            told = ada.refusal("POST", f"/v1/plans/{plan_id}/run", json={"input": given})
            assert told == (422, "plan_input_invalid")
        assert elsewhere.seen == []


@pytest.mark.usefixtures("planner")
def test_a_plan_with_a_secret_of_others_is_refused_with_the_reason(
    ada: Client, provider: Provider, wait_until: WaitUntil
) -> None:
    """Nothing is offered to ada here, whatever the model believes."""
    keyed = {"Authorization": "Bearer {{ secrets.SHOP }}"}
    provider.answers(
        draft(step("call", "ACTION.HTTP_REQUEST", url="https://shop.example", headers=keyed))
    )
    plan_id = ada.post("/v1/plans", {"prompt": "Call shop.example with the token."}, 202)["id"]
    error = made(ada, plan_id, wait_until)["error"]["error_details"]

    assert error["reason"] == "plan_invalid"
    assert [each["reason"] for each in error["problems"]] == ["secret_not_offered"]


@pytest.mark.usefixtures("planner")
def test_a_stream_of_a_plan_ends_with_its_end(ada: Client, provider: Provider) -> None:
    """Each event once, in order, without a look at its execution."""
    provider.answers(doubling())
    plan_id = ada.post("/v1/plans", {"prompt": "Double a number."}, 202)["id"]

    with ada.following(f"/v1/plans/{plan_id}/events") as told:
        events = [each["data"] for each in told]

    assert [each["seq"] for each in events] == list(range(1, len(events) + 1))
    assert events[-1]["event_type"] == "execution_completed"


@pytest.mark.usefixtures("planner")
def test_a_plan_that_failed_says_why_and_does_not_run(
    ada: Client, provider: Provider, wait_until: WaitUntil
) -> None:
    """A refusal of the model is the plan's error."""
    provider.answers(openai_answer(None, refusal="I will not help with that."))
    plan_id = ada.post("/v1/plans", {"prompt": "Do harm."}, 202)["id"]

    plan = made(ada, plan_id, wait_until)

    assert plan["status"] == "failed"
    assert plan["error"]["error_details"]["reason"] == "model_refused"
    assert ada.refusal("POST", f"/v1/plans/{plan_id}/run", json={}) == (409, "plan_not_ready")


def test_the_same_key_asks_for_one_plan(ada: Client) -> None:
    """With the same prompt; another one under it is refused."""
    header = {"Idempotency-Key": "a plan"}
    first = ada.post("/v1/plans", {"prompt": "Think."}, 202, **header)
    again = ada.post("/v1/plans", {"prompt": "Think."}, 202, **header)

    assert (again["id"], first["repeated"], again["repeated"]) == (first["id"], False, True)
    told = ada.refusal("POST", "/v1/plans", json={"prompt": "Sleep."}, headers=header)
    assert told == (409, "idempotency_conflict")


def test_plans_are_listed_and_are_among_no_executions(ada: Client) -> None:
    """A page of them with a cursor; the list of executions is the workflows'."""
    ids = [ada.post("/v1/plans", {"prompt": f"Think {n}."}, 202)["id"] for n in range(3)]

    page = ada.get("/v1/plans", limit=2)
    Plans.model_validate(page)
    rest = ada.get("/v1/plans", limit=2, cursor=page["next_cursor"])

    assert [each["id"] for each in (*page["plans"], *rest["plans"])][:3] == ids[::-1]
    assert not {each["id"] for each in ada.get("/v1/executions")["executions"]} & set(ids)


def test_an_execution_of_another_workflow_is_no_plan(ada: Client) -> None:
    """Whoever asks for it as a plan finds none."""
    execution = ada.submit(chain(node("a")))

    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/run")):
        told = ada.refusal(method, f"/v1/plans/{execution}{path}", json={})
        assert told == (404, "plan_not_found"), path


@pytest.mark.parametrize("prompt", ["", "   ", "x" * 20_001, 7, None])
def test_a_prompt_that_says_nothing_or_too_much_is_refused(ada: Client, prompt: Any) -> None:
    """Before anything is planned."""
    status, reason = ada.refusal("POST", "/v1/plans", json={"prompt": prompt})
    assert (status, reason in ("request_invalid", "prompt_invalid")) == (422, True)


@pytest.mark.usefixtures("planner")
def test_a_plan_says_which_of_its_tasks_no_worker_has(
    ada: Client, provider: Provider, wait_until: WaitUntil
) -> None:
    """Before it is run: the plan would wait for it."""
    provider.answers(draft(step("pay", "ACTION.PYTHON_TASK", task="acme.pay")))
    asked = ada.http.post("/v1/plans", json={"prompt": "Run the task acme.pay."}).json()

    plan = made(ada, asked["id"], wait_until)

    assert plan["status"] == "ready", plan
    (warning,) = plan["plan"]["warnings"]
    assert warning["reason"] == "no_capable_worker"
    assert warning["path"] == "nodes[1].configurations.task"
