"""Definitions that cannot be read, over HTTP: what can be shown is shown, the rest says why not."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.support.gateway_server import Client, Clients
from tests.support.ledger_driver import Hand
from tests.support.statements import DEFINITIONS
from tests.support.workflows import chain, node
from treadle.core.ids import new_id


@pytest.fixture(params=[*DEFINITIONS])
def broken(request: pytest.FixtureRequest, hand: Hand, account: str) -> UUID:
    """Return an execution whose definition cannot be read since it failed."""
    document = chain(node("a"), node("b"))
    document["metadata"]["id"] = f"w-{account}"
    execution = hand.submit(document, owner=account)
    hand.complete(execution, "a", {"a": 1})
    hand.fail(execution, "b")
    version = hand.execution(execution).version_id
    hand.session.execute("set session_replication_role = replica")  # keeps no reference
    hand.session.execute(DEFINITIONS[request.param].encode(), (version,))
    hand.session.execute("reset session_replication_role")
    return execution


@pytest.fixture
def account() -> str:
    """Return an account that has nothing yet."""
    return f"ada-{new_id()}"


@pytest.fixture
def client(clients: Clients, account: str) -> Client:
    """Return a client of the account."""
    return clients.of(account)


def test_an_execution_is_shown_without_its_definition(broken: UUID, client: Client) -> None:
    """With the records of its nodes, their outputs and events."""
    at = f"/v1/executions/{broken}"

    shown, nodes = client.get(at), client.get(f"{at}/nodes")

    assert shown["status"] == "ERROR"
    for records in (shown["node_executions"], nodes["node_executions"]):
        assert {each["node_id"] for each in records} == {"start", "a", "b"}
    assert client.get(f"{at}/nodes/a/output") == {"a": 1}
    assert client.get(f"{at}/events")["events"]
    assert [each["id"] for each in client.get("/v1/executions")["executions"]] == [str(broken)]


@pytest.mark.parametrize("what", ["retry", "pause", "resume"])
def test_what_needs_the_definition_is_refused_with_the_reason(
    broken: UUID, client: Client, what: str
) -> None:
    """A conflict with what is stored, and no defect of the gateway."""
    status, reason = client.refusal("POST", f"/v1/executions/{broken}/{what}")

    assert status == 409
    assert reason == "row_not_understood"


def test_a_version_that_cannot_be_read_cannot_be_run(
    broken: UUID, client: Client, account: str
) -> None:
    """The list of workflows has it still; asked for, it says that it cannot be read."""
    workflow = f"/v1/workflows/w-{account}"
    assert client.get("/v1/workflows")
    assert client.get(f"{workflow}/versions")

    for method, path, body in (
        ("POST", "/v1/executions", {"workflow_id": f"w-{account}"}),
        ("GET", workflow, None),
        ("GET", f"{workflow}/versions/1", None),
    ):
        response = client.http.request(method, path, json=body)
        reasons = {"row_not_understood", "workflow_not_found"}
        assert response.is_success or response.json()["error_details"]["reason"] in reasons
