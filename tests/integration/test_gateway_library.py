"""Workflows, node types and keys over HTTP."""

from __future__ import annotations

from typing import Any

import jsonschema

from tests.support.gateway_server import Client, Clients
from tests.support.workflows import Document, chain, node
from treadle.core import postgres
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.dag.model import DERIVED
from treadle.dag.schema import workflow_schema
from treadle.dag.specs import SPECS
from treadle.dag.specs.tasks import task_queue
from treadle.ledger.views import processes
from treadle.wire.keys import CreatedKey, Keys
from treadle.wire.node_types import NodeTypes
from treadle.wire.workflows import ValidationResult, Version, Versions, Workflows


def new_workflow(**metadata: Any) -> Document:
    """Return a workflow with an id of its own."""
    document = chain(node("a"))
    document["metadata"] = {**document["metadata"], "id": f"w-{new_id()}", **metadata}
    return document


def test_a_workflow_is_stored_and_read_with_every_default_written_out(ada: Client) -> None:
    """What is returned is what runs, and can be stored again as it is."""
    document = new_workflow()

    answer = ada.http.post("/v1/workflows", json=document)

    assert answer.status_code == 201
    made = Version.model_validate(answer.json())
    assert made.version == made.latest_version == 1
    assert made.workflow["nodes"][1]["configurations"]["max_retries"] == 3
    assert ada.get(answer.headers["location"]) == answer.json()
    assert ada.get(f"/v1/workflows/{made.workflow_id}") == answer.json()
    assert ada.post("/v1/workflows", made.workflow)["version"] == 1


def test_storing_the_same_again_makes_no_version(ada: Client) -> None:
    """As a new workflow or as a version: it is found, and 200 says so."""
    document = new_workflow()
    path = f"/v1/workflows/{document['metadata']['id']}/versions"
    ada.post("/v1/workflows", document, 201)
    second = {**document, "metadata": {**document["metadata"], "description": "second"}}
    assert ada.post(path, second, 201)["version"] == 2

    assert ada.post("/v1/workflows", document)["version"] == 1
    assert ada.post(path, document)["version"] == 1
    assert ada.post(path, second)["version"] == 2


def test_another_definition_under_a_known_id_is_a_conflict(ada: Client) -> None:
    """Whoever means a new version says so."""
    document = new_workflow()
    ada.post("/v1/workflows", document, 201)
    other = {**document, "metadata": {**document["metadata"], "description": "other"}}

    assert ada.refusal("POST", "/v1/workflows", json=other) == (409, "workflow_exists")
    versions = ada.get(f"/v1/workflows/{document['metadata']['id']}/versions")["versions"]
    assert [each["version"] for each in versions] == [1]


def test_a_version_of_no_workflow_is_not_found(ada: Client) -> None:
    """Nor does one get in under the id of another."""
    document = new_workflow()
    path = f"/v1/workflows/{document['metadata']['id']}/versions"

    assert ada.refusal("POST", path, json=document) == (404, "workflow_not_found")
    ada.post("/v1/workflows", document, 201)
    told = ada.refusal("POST", path, json=new_workflow())
    assert told == (422, "workflow_differs")


def test_versions_and_workflows_are_listed_by_page(ada: Client) -> None:
    """Versions the newest first, workflows by id."""
    ids = sorted(f"w{number}-{new_id()}" for number in range(3))
    for each in ids:
        ada.post("/v1/workflows", new_workflow(id=each), 201)
    for number in range(2, 5):
        document = new_workflow(id=ids[0], description=f"number {number}")
        ada.post(f"/v1/workflows/{ids[0]}/versions", document, 201)

    pages = list(paged(ada, "/v1/workflows", limit=2))
    assert [
        each["id"] for page in pages for each in Workflows(**page).model_dump()["workflows"]
    ] == ids
    pages = list(paged(ada, f"/v1/workflows/{ids[0]}/versions", limit=3))
    numbers = [each["version"] for page in pages for each in page["versions"]]
    assert numbers == [4, 3, 2, 1]
    Versions.model_validate(pages[0])


def test_two_accounts_have_workflows_of_one_id(ada: Client, clients: Clients) -> None:
    """Each its own."""
    document = new_workflow()
    ben = clients.of(f"ben-{new_id()}")
    ada.post("/v1/workflows", document, 201)

    other = {**document, "metadata": {**document["metadata"], "description": "of ben"}}
    assert ben.post("/v1/workflows", other, 201)["version"] == 1
    stored = ada.get(f"/v1/workflows/{document['metadata']['id']}")["workflow"]
    assert stored["metadata"]["description"] == ""
    assert not DERIVED & stored["metadata"].keys()


def test_checking_tells_all_problems_and_stores_nothing(ada: Client) -> None:
    """A workflow that is not valid is an answer here, no error."""
    document = new_workflow()
    bad = {**document, "nodes": [*document["nodes"], node("b", "FLOW.NOPE")]}

    good = ValidationResult.model_validate(ada.post("/v1/workflows/validate", document))
    told = ValidationResult.model_validate(ada.post("/v1/workflows/validate", bad))

    assert (good.valid, good.problems) == (True, [])
    assert told.valid is False
    assert "nodes[2].subtype" in [each.path for each in told.problems]
    assert ada.get("/v1/workflows")["workflows"] == []


def test_a_task_that_no_worker_has_is_a_warning(ada: Client, settings: Settings) -> None:
    """In its place in a definition, and at the node of an execution that waits for it."""
    task = f"weave-{new_id()}"
    document = chain(node("call", "ACTION.PYTHON_TASK", configurations={"task": task}))

    (warning,) = ada.post("/v1/workflows/validate", document)["warnings"]
    shown = ada.get(f"/v1/executions/{ada.submit(document)}")["warnings"]
    with postgres.connect(settings.database_url, autocommit=True) as session:
        processes.register(session, new_id(), host="h", pid=1, queues=["core", task_queue(task)])
    answer = ada.post("/v1/workflows/validate", document)

    assert warning["path"] == "nodes[1].configurations.task"
    assert [each["node_id"] for each in shown] == ["call"]
    for each in (warning, *shown):
        assert each["reason"] == "no_capable_worker"
        assert task in each["message"]
    assert answer["warnings"] == []


def test_an_input_that_no_parameter_asks_for_is_a_warning(ada: Client, settings: Settings) -> None:
    """Where all that have the task say what it takes; an older release, for one, does not."""
    task = f"weave-{new_id()}"
    params = {"threads": 3, "colour": "red"}
    configurations = {"task": task}
    document = chain(
        node("call", "ACTION.PYTHON_TASK", configurations=configurations, input_params=params)
    )

    def reasons(*more: tuple[str, ...] | None) -> list[str]:
        for each in more:
            inputs = None if each is None else {task_queue(task): each}
            processes.register(
                session, new_id(), host="h", pid=1, queues=[task_queue(task)], task_inputs=inputs
            )
        answer = ada.post("/v1/workflows/validate", document)
        return [f"{each['path']}: {each['message']}" for each in answer["warnings"]]

    with postgres.connect(settings.database_url, autocommit=True) as session:
        alone = reasons(("colour", "thread"))
        agreed = reasons(("thread", "colour"))
        shown = ada.get(f"/v1/executions/{ada.submit(document)}")["warnings"]
        differing = reasons(("colour",))
        unknown = reasons(None)

    meant = f'The task "{task}" has no parameter "threads". Did you mean "thread"?'
    assert alone == agreed == [f"nodes[1].input_params.threads: {meant}"]
    assert [(each["node_id"], each["reason"]) for each in shown] == [("call", "unknown_input")]
    assert shown[0]["message"] == meant
    assert '"colour", "thread"' in shown[0]["solution"]
    assert differing == unknown == []


def test_an_id_may_hold_anything_that_a_url_can_carry(ada: Client) -> None:
    """Spaces and letters of any script; a slash is not one name of a path."""
    document = new_workflow(id=f"über uns & co? #{new_id()}")

    location = ada.http.post("/v1/workflows", json=document).headers["location"]

    assert ada.get(location)["workflow_id"] == document["metadata"]["id"]


def test_every_node_type_is_told_with_its_schema(ada: Client) -> None:
    """Those that are not available yet too, and each alone."""
    told = NodeTypes.model_validate(ada.get("/v1/node-types"))

    assert {(each.type, each.subtype) for each in told.node_types} == SPECS.keys()
    for each in told.node_types:
        jsonschema.validate(each.example, each.configurations_schema)
        assert ada.get(f"/v1/node-types/{each.type}/{each.subtype}") == each.model_dump()
    assert ada.refusal("GET", "/v1/node-types/FLOW/NOPE") == (404, "node_type_not_found")


def test_the_schema_of_workflows_is_that_of_the_command_line(ada: Client) -> None:
    """`treadle schema` prints the same."""
    assert ada.get("/v1/workflow-schema") == workflow_schema()


def test_a_key_is_made_listed_and_revoked(ada: Client, clients: Clients) -> None:
    """Its text is told once; revoking it twice changes nothing."""
    made = ada.post("/v1/keys", {"scopes": ["run", "read"], "name": "a job"}, 201)
    CreatedKey.model_validate(made)
    assert made["scopes"] == ["read", "run"]
    client = clients.with_key(made["key"])
    client.get("/v1/executions")

    listed = ada.get("/v1/keys")
    Keys.model_validate(listed)
    (found,) = [each for each in listed["keys"] if each["id"] == made["id"]]
    assert found == {name: value for name, value in made.items() if name != "key"}

    revoked = ada.http.delete(f"/v1/keys/{made['id']}").json()
    assert revoked["revoked_time"] is not None
    assert ada.http.delete(f"/v1/keys/{made['id']}").json() == revoked
    assert client.refusal("GET", "/v1/executions") == (401, "key_invalid")


def test_a_key_makes_keys_of_its_own_account_alone(ada: Client, clients: Clients) -> None:
    """There is no way to name another."""
    owner = ada.get("/v1/keys")["keys"][0]["owner"]

    told = ada.refusal("POST", "/v1/keys", json={"scopes": ["read"], "owner": "eve"})

    assert told == (422, "request_invalid")
    assert ada.post("/v1/keys", {"scopes": ["admin"]}, 201)["owner"] == owner


def paged(client: Client, path: str, **params: Any) -> Any:
    """Yield the pages of a list."""
    page = client.get(path, **params)
    yield page
    while page["next_cursor"]:
        page = client.get(path, **params, cursor=page["next_cursor"])
        yield page
