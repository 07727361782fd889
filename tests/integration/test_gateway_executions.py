"""Executions over HTTP: submitted, looked at, controlled, listed."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.support.gateway_server import Client, Clients, Served
from tests.support.in_process_cluster import running
from tests.support.workflows import Document, chain, for_each, node, start, when, workflow
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.ledger.views.executions import INLINE_PAYLOAD_BYTES
from treadle.wire.executions import Execution, Executions, NodeExecutions, Submitted


def named(document: Document) -> Document:
    """Return the workflow with an id that no other test uses."""
    document["metadata"]["id"] = f"w-{new_id()}"
    return document


def waiting() -> Document:
    """Return a workflow that waits for an hour."""
    return named(chain(node("wait", "FLOW.DELAY", configurations={"duration_seconds": 3600})))


def ended(client: Client, execution: str, wait_until: WaitUntil) -> Any:
    """Return an execution once it is over."""
    found: list[Any] = []

    def is_over() -> bool:
        found[:] = [client.get(f"/v1/executions/{execution}")]
        return found[0]["end_time"] is not None

    wait_until(is_over)
    return found[0]


@pytest.mark.slow
def test_a_submitted_workflow_runs(ada: Client, settings: Settings, wait_until: WaitUntil) -> None:
    """It is acknowledged with 202 and where it is, and its end has what it put out."""
    document = named(chain(node("double", configurations=_custom("input.n * 2"))))
    body = {"workflow": document, "input": {"n": 21}}

    answer = ada.http.post("/v1/executions", json=body)

    assert answer.status_code == 202
    told = Submitted.model_validate(answer.json())
    assert answer.headers["location"] == f"/v1/executions/{told.id}"
    with running(settings):
        over = ended(ada, told.id, wait_until)
    Execution.model_validate(over)
    assert (over["status"], over["output"]) == ("SUCCESS", {"double": {"data": 42}})


def test_a_stored_workflow_is_run_by_its_id_and_version(ada: Client) -> None:
    """The latest if no version is named."""
    document = named(chain(node("a")))
    workflow_id = document["metadata"]["id"]
    ada.post("/v1/workflows", document, 201)
    later = {**document, "metadata": {**document["metadata"], "description": "later"}}
    ada.post(f"/v1/workflows/{workflow_id}/versions", later, 201)

    latest = ada.post("/v1/executions", {"workflow_id": workflow_id}, 202)
    first = ada.post("/v1/executions", {"workflow_id": workflow_id, "version": 1}, 202)

    assert (latest["workflow_version"], first["workflow_version"]) == (2, 1)
    told = ada.refusal("POST", "/v1/executions", json={"workflow_id": workflow_id, "version": 9})
    assert told == (404, "workflow_not_found")


def test_an_invalid_workflow_is_refused_with_all_that_is_wrong(ada: Client) -> None:
    """Each problem with its path in the request, as validation tells it."""
    document = named(chain(node("a", "FLOW.NOPE"), node("b", "ACTION.HTTP_REQUEST")))

    answer = ada.http.post("/v1/executions", json={"workflow": document})

    assert answer.status_code == 422
    details = answer.json()["error_details"]
    assert details["reason"] == "workflow_invalid"
    paths = [each["path"] for each in details["problems"]]
    assert "workflow.nodes[1].subtype" in paths
    assert "workflow.nodes[2].configurations.url" in paths


def test_a_repeated_key_runs_once(ada: Client) -> None:
    """The same request again is answered with the execution of the first time."""
    document = waiting()
    key = {"Idempotency-Key": str(new_id())}

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: ada.submit(document, {"n": 1}, **key), range(16)))

    assert len(ids) == 1
    again = ada.post("/v1/executions", {"workflow": document, "input": {"n": 1}}, 202, **key)
    assert again["repeated"] is True
    assert len(ada.get("/v1/executions")["executions"]) == 1


def test_a_repeated_key_with_another_body_is_a_conflict(ada: Client, clients: Clients) -> None:
    """It says which execution has the key; another account's keys are its own."""
    document = waiting()
    key = {"Idempotency-Key": str(new_id())}
    first = ada.submit(document, {"n": 1}, **key)

    answer = ada.http.post(
        "/v1/executions", json={"workflow": document, "input": {"n": 2}}, headers=key
    )

    assert answer.status_code == 409
    details = answer.json()["error_details"]
    assert (details["reason"], details["execution_id"]) == ("idempotency_conflict", first)
    assert clients.of("ben").submit(document, {"n": 2}, **key) != first


def test_a_repeated_key_stands_though_the_workflow_went_on(ada: Client) -> None:
    """A request by id is the same request after a new version was stored."""
    document = waiting()
    workflow_id = document["metadata"]["id"]
    key = {"Idempotency-Key": str(new_id())}
    ada.post("/v1/workflows", document, 201)
    first = ada.post("/v1/executions", {"workflow_id": workflow_id}, 202, **key)
    later = {**document, "metadata": {**document["metadata"], "description": "later"}}
    ada.post(f"/v1/workflows/{workflow_id}/versions", later, 201)

    again = ada.post("/v1/executions", {"workflow_id": workflow_id}, 202, **key)

    assert (again["id"], again["repeated"]) == (first["id"], True)


def test_an_execution_is_paused_resumed_and_canceled(ada: Client) -> None:
    """Each answers with how it stands; what is final stays so."""
    execution = ada.submit(waiting())
    path = f"/v1/executions/{execution}"

    assert ada.post(f"{path}/pause")["status"] == "PAUSED"
    assert ada.post(f"{path}/pause")["status"] == "PAUSED"
    assert ada.post(f"{path}/resume")["status"] == "RUNNING"
    assert ada.refusal("POST", f"{path}/retry") == (409, "execution_not_final")
    assert ada.post(f"{path}/cancel")["status"] == "CANCELED"
    for action in ("pause", "resume", "cancel"):
        assert ada.refusal("POST", f"{path}/{action}") == (409, "execution_is_final")


def test_a_canceled_execution_is_retried_as_a_new_one(ada: Client) -> None:
    """The old one says what it was retried as."""
    execution = ada.submit(waiting())
    ada.post(f"/v1/executions/{execution}/cancel")

    again = ada.post(f"/v1/executions/{execution}/retry", status=202)

    assert ada.get(f"/v1/executions/{execution}")["retried_as"] == [again["id"]]
    assert ada.get(f"/v1/executions/{again['id']}")["retry_of"] == execution


def test_executions_are_listed_by_page_and_by_filter(ada: Client) -> None:
    """The newest first, each once, whatever the size of a page."""
    document, other = waiting(), waiting()
    ids = [ada.submit(document) for _ in range(5)] + [ada.submit(other)]
    ada.post(f"/v1/executions/{ids[2]}/cancel")

    paged, cursor = [], None
    while True:
        page = ada.get("/v1/executions", limit=2, **({"cursor": cursor} if cursor else {}))
        Executions.model_validate(page)
        paged += [each["id"] for each in page["executions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert paged == ids[::-1]
    assert _listed(ada, status="CANCELED") == [ids[2]]
    assert _listed(ada, workflow_id=other["metadata"]["id"]) == [ids[5]]
    assert _listed(ada, workflow_id="another") == []
    assert ada.refusal("GET", "/v1/executions", params={"cursor": "x"}) == (422, "request_invalid")


@pytest.mark.slow
def test_large_values_are_left_out_with_the_way_to_them(
    ada: Client, settings: Settings, wait_until: WaitUntil
) -> None:
    """An answer has what is small; what is large has a path of its own, and is whole there."""
    text = "x" * INLINE_PAYLOAD_BYTES
    document = named(chain(node("same", configurations=_custom("input.text"))))
    execution = ada.submit(document, {"text": text})

    with running(settings):
        over = ended(ada, execution, wait_until)

    Execution.model_validate(over)
    assert over["output"] == {}
    assert over["trigger_info"]["trigger_data"] is None
    hrefs = {each["path"]: each["href"] for each in over["left_out"]}
    assert hrefs.keys() == {
        "trigger_info.trigger_data",
        "output.same",
        "node_executions[0].output_data",
        "node_executions[1].output_data",
    }
    assert ada.get(hrefs["output.same"]) == {"data": text}
    assert ada.get(hrefs["trigger_info.trigger_data"]) == {"text": text}


@pytest.mark.slow
def test_node_records_come_by_page(ada: Client, settings: Settings, wait_until: WaitUntil) -> None:
    """Each once, those inside of loops too, and those of one status alone if asked."""
    inside = node("each_one", configurations=_custom("input.item"))
    document = named(
        workflow(
            start(),
            for_each("loop"),
            inside,
            when("no"),
            node("never"),
            connect="start -> loop, loop:body -> each_one, loop:done -> no, no:false -> never",
        )
    )
    execution = ada.submit(document, {"items": list(range(7))})
    path = f"/v1/executions/{execution}/nodes"

    with running(settings):
        ended(ada, execution, wait_until)
    found, cursor = [], None
    while True:
        page = ada.get(path, limit=3, **({"cursor": cursor} if cursor else {}))
        NodeExecutions.model_validate(page)
        found += [(each["scope"], each["node_id"]) for each in page["node_executions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    rooted = [("", "loop"), ("", "never"), ("", "no"), ("", "start")]
    assert found == [*rooted, *((f"loop:{index}", "each_one") for index in range(7))]
    skipped = ada.get(path, status="skipped")["node_executions"]
    assert [each["node_id"] for each in skipped] == ["never"]
    assert ada.get(f"{path}/each_one/output", scope="loop:3") == {"data": 3}
    told = ada.refusal("GET", f"{path}/each_one/output")
    assert told == (404, "node_execution_not_found")


def test_what_nobody_serves_is_told_as_a_problem(ada: Client) -> None:
    """Unknown paths, other methods, and what is named in the design and not there yet."""
    assert ada.refusal("GET", "/v1/nothing") == (404, "route_not_found")
    assert ada.refusal("POST", "/v1/executions/") == (404, "route_not_found")
    assert ada.refusal("PUT", "/v1/executions") == (405, "method_not_allowed")
    assert ada.http.put("/v1/executions").headers["allow"] == "GET, POST"
    execution = ada.submit(waiting())
    for path in ("rerun", "signals"):
        told = ada.refusal("POST", f"/v1/executions/{execution}/{path}")
        assert told == (501, "not_available")


def test_a_deadline_and_a_priority_are_taken(ada: Client, wait_until: WaitUntil) -> None:
    """What the command line can say, a request can."""
    body = {"workflow": waiting(), "priority": 0, "deadline_seconds": 0.5, "trigger": "start"}

    told = ada.post("/v1/executions", body, 202)

    assert told["status"] == "RUNNING"
    again = {**body, "trigger": "wait"}
    assert ada.refusal("POST", "/v1/executions", json=again) == (422, "trigger_not_found")


def test_an_answer_does_not_wait_for_its_own_first_half(served: Served) -> None:
    """What is accepted sends at once: asyncio does so where the listener names its protocol."""
    assert served.server.listener.proto == socket.IPPROTO_TCP


def test_submissions_at_one_time_are_each_answered(ada: Client) -> None:
    """They share transactions; one that is refused harms none of the others."""
    good, bad = waiting(), {**waiting(), "nodes": []}

    def one(index: int) -> int:
        body = {"workflow": bad if index % 4 == 0 else good, "input": {"n": index}}
        return ada.http.post("/v1/executions", json=body).status_code

    begun = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(one, range(80)))

    assert (statuses.count(202), statuses.count(422)) == (60, 20)
    assert len(ada.get("/v1/executions", limit=100)["executions"]) == 60
    assert time.monotonic() - begun < 30


def _custom(expression: str) -> Document:
    return {"operation": "custom", "expression": expression}


def _listed(client: Client, **filters: str) -> list[str]:
    return [each["id"] for each in client.get("/v1/executions", **filters)["executions"]]


def test_a_retry_that_is_repeated_with_its_key_runs_once(ada: Client) -> None:
    """And the key is that of one execution."""
    first, second = (ada.submit(chain(node("n")), {}) for _ in range(2))
    for execution in (first, second):
        ada.post(f"/v1/executions/{execution}/cancel")
    path, name = f"/v1/executions/{first}/retry", {"Idempotency-Key": str(new_id())}

    made = [ada.post(path, None, 202, **name)["id"] for _ in range(3)]
    another = ada.post(path, status=202)["id"]
    refusal = ada.refusal("POST", f"/v1/executions/{second}/retry", headers=name)

    assert len(set(made)) == 1
    assert another not in made
    assert refusal == (409, "idempotency_conflict")
    assert len(ada.get("/v1/executions")["executions"]) == 4
