"""The client against a real gateway, and straight on a ledger: one interface for both."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.gateway_server import Served, serving
from tests.support.in_process_cluster import running
from treadle import AsyncClient, Client, Workflow
from treadle.client import errors
from treadle.client.connection import Connection
from treadle.core.ids import new_id
from treadle.core.settings import Settings


def greeting() -> Workflow:
    """Return a workflow that greets whoever its input names."""
    wf = Workflow("greeting")
    wf.transform("greet", field_mapping={"text": "Hello " + wf.input["name"]}, operation="map")
    return wf


@pytest.fixture(params=["gateway", "straight"])
def client(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """Return a client of a cluster that runs what is submitted, by each way to it."""
    with running(settings):
        if request.param == "gateway":
            with serving(settings) as served, Client(served.url, served.key()) as made:
                yield made
        else:
            monkeypatch.setenv("TREADLE_DATABASE_URL", settings.database_url)
            monkeypatch.setenv("TREADLE_REDIS_URL", settings.redis_url)
            with Client() as made:
                yield made


def test_a_workflow_in_python_runs(client: Client) -> None:
    """Submitted, followed, and its output read."""
    run = client.submit(greeting(), {"name": "Ada"})

    seen = [event.event_type for event in run.events()]

    assert seen[0] == "execution_started"
    assert seen[-1] == "execution_completed"
    assert run.wait().output == {"greet": {"text": "Hello Ada"}}
    assert run.output() == {"greet": {"text": "Hello Ada"}}


def test_executions_are_listed_and_their_nodes(client: Client) -> None:
    """Page by page; each is an object of the wire."""
    runs = [client.submit(greeting(), {"name": str(n)}) for n in range(3)]
    for each in runs:
        each.wait()

    listed = [each.id for each in client.executions(workflow_id="greeting")]

    assert {each.id for each in runs} <= set(listed)
    assert [each.node_id for each in client.nodes(runs[0].id)] == ["greet", "start"]
    assert client.node_output(runs[0].id, "greet") == {"text": "Hello 0"}
    assert runs[0].get().warnings == []


def test_the_same_key_begins_one_execution(client: Client) -> None:
    """And the second answer says that it was repeated."""
    key = new_id().hex
    first = client.submit(greeting(), {"name": "Ada"}, idempotency_key=key)
    second = client.submit(greeting(), {"name": "Ada"}, idempotency_key=key)

    assert (first.id, first.repeated, second.repeated) == (second.id, False, True)
    with pytest.raises(errors.Conflict) as caught:
        client.submit(greeting(), {"name": "Bob"}, idempotency_key=key)
    assert caught.value.reason == "idempotency_conflict"


def test_a_question_is_answered(client: Client) -> None:
    """The run waits; the answer lets it go on."""
    wf = Workflow("asking")
    ask = wf.approval("ask", "Go on?")
    ask.confirmed(wf.transform("go", field_mapping={"by": ask["answered_by"]}))
    run = client.submit(wf)
    question = next(each for _ in run.events() for each in run.questions(status="pending"))

    answered = client.answer(question.id, "confirmed", comment="yes")

    assert answered.decision == "confirmed"
    assert run.output()["go"]["by"]
    assert [each.verdict for each in client.responses(question.id)] == ["decided"]
    assert client.question(question.id).status == "completed"


def test_errors_are_typed_and_keep_reason_and_solution(client: Client) -> None:
    """A class for each family."""
    with pytest.raises(errors.NotFound) as missing:
        client.get(new_id())
    with pytest.raises(errors.Invalid) as invalid:
        client.submit({"metadata": {}})
    run = client.submit(greeting(), {"name": "Ada"})
    run.wait()
    with pytest.raises(errors.Conflict):
        run.cancel()

    assert missing.value.reason == "execution_not_found"
    assert missing.value.advice
    assert invalid.value.reason == "workflow_invalid"
    assert invalid.value.context["problems"]


def test_a_failure_is_raised_where_the_output_is_asked_for(client: Client) -> None:
    """With the record; a retry is a new run."""
    run = client.submit(greeting(), {})

    assert run.wait().status == "ERROR"
    with pytest.raises(errors.ExecutionFailed) as caught:
        run.output()
    assert caught.value.execution.id == run.id
    assert run.retry().wait().retry_of == run.id


def test_a_wait_has_an_end(client: Client) -> None:
    """An execution that goes on is an error of whoever does not wait for it."""
    wf = Workflow("slow")
    wf.delay("wait", duration_seconds=600)
    run = client.submit(wf)

    with pytest.raises(errors.StillRunning):
        run.wait(timeout_seconds=0.3)
    assert run.pause().status == "PAUSED"
    assert run.resume().status == "RUNNING"
    run.cancel()
    assert run.wait().status == "CANCELED"
    assert "CANCELED" in run._repr_html_()


def test_workflows_are_stored_and_run_by_id(client: Client) -> None:
    """With their versions."""
    wf = greeting()
    wf.metadata["id"] = f"greeting-{new_id().hex}"
    stored = client.store(wf)
    wf.metadata["description"] = "the second"
    again = client.store(wf, is_new=False)

    assert (stored.version, again.version) == (1, 2)
    assert [each.version for each in client.versions(wf.id)] == [2, 1]
    assert client.workflow(wf.id, version=1).workflow["metadata"]["description"] == ""
    assert wf.id in [each.id for each in client.workflows()]
    assert client.submit(wf.id, {"name": "Ada"}, version=1).output() == {
        "greet": {"text": "Hello Ada"}
    }
    assert client.validate(wf).valid
    assert Workflow.from_json(again.workflow).id == wf.id


def test_the_rest_of_the_api(client: Client) -> None:
    """Plans, keys, node types, readiness."""
    plan = client.ask_for_plan("Greet whoever starts this.")
    assert client.plan(plan.id).status == "planning"
    assert plan.id in [each.id for each in client.plans()]
    client.cancel(plan.id)
    key = client.create_key("read", name="nightly", valid_seconds=60)
    assert key.id in {each.id for each in client.keys()}  # noqa: SIM118
    assert client.revoke_key(key.id).revoked_time
    assert "HTTP_REQUEST" in [each.subtype for each in client.node_types()]
    assert client.ready().status == "ready"


def test_coroutines_do_the_same(client: Client) -> None:
    """The asynchronous client, on the same cluster."""

    async def whole() -> dict[str, Any]:
        connection = client._connection
        key = connection.headers.get("Authorization", "").removeprefix("Bearer ") or None
        server = None if connection.settings else connection.server
        async with AsyncClient(server, key) as other:
            run = await other.submit(greeting(), {"name": "Ada"})
            seen = [event.seq async for event in run.events()]
            assert seen == list(range(1, len(seen) + 1))
            assert run.id in [each.id async for each in other.executions()]
            return await run.output()

    assert asyncio.run(whole()) == {"greet": {"text": "Hello Ada"}}


class Shaky(httpx.BaseTransport):
    """Loses the answers of the first requests, after they had their effect."""

    def __init__(self, losses: int) -> None:
        self._http, self._losses = httpx.HTTPTransport(), losses
        self.keys: list[str | None] = []

    def close(self) -> None:
        self._http.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Idempotency-Key"))
        answer = self._http.handle_request(request)
        if self._losses:
            self._losses -= 1
            answer.close()
            raise httpx.ReadError("lost", request=request)
        return answer


def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a submission that arrived is not made twice."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    shaky = Shaky(2)
    monkeypatch.setattr(Connection, "transport", lambda _: shaky)
    with Client(served.url, served.key("shaky")) as client:
        run = client.submit(greeting(), {"name": "Ada"})

        assert run.repeated
        assert len(shaky.keys) == 3
        assert len(set(shaky.keys)) == 1
        assert shaky.keys[0]
        assert [each.id for each in client.executions()] == [run.id]


def test_a_key_that_is_none_is_not_tried_again(served: Served) -> None:
    """Only what may succeed later is."""
    with Client(served.url, "tk_none") as client, pytest.raises(errors.NotAuthenticated):
        list(client.keys())
