"""Clients that others generate from /openapi.json: complete, typed, and able to do the work."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import WaitUntil
from tests.support.client_generators import TYPESCRIPT, node_modules, run
from tests.support.gateway_server import Served, server_sent, serving
from tests.support.in_process_cluster import running
from tests.support.workflows import Document, chain, node
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.dag.specs import AVAILABLE, NodeSpec

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"


@pytest.fixture(scope="module")
def standing(
    postgres_url: str, key_space_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Return a gateway with a worker and a scheduler behind it."""
    settings = Settings(
        configured_database_url=postgres_url,
        configured_redis_url=key_space_url,
        data_dir=tmp_path_factory.mktemp("gateway"),
    )
    with running(settings), serving(settings) as made:
        yield made


class Generated:
    """The package that openapi-python-client made."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.models = self.module("models")

    def module(self, path: str) -> Any:
        """Return one of its modules."""
        return importlib.import_module(f"{self._name}.{path}")

    def client(self, url: str, key: str) -> Any:
        """Return a client, to be entered, that raises for what the document does not tell of."""
        return self.module("client").AuthenticatedClient(
            url, token=key, raise_on_unexpected_status=True
        )


@pytest.fixture(scope="module")
def generated(standing: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """Return a Python client as its generator makes it, which must have nothing to warn of."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "openapi.json").write_text(httpx.get(f"{standing.url}/openapi.json").text, "utf-8")
    run(
        folder,
        *("openapi-python-client", "generate", "--path", "openapi.json"),
        *("--meta", "none", "--output-path", "generated_treadle", "--fail-on-warning"),
    )
    sys.path.insert(0, str(folder))
    yield Generated("generated_treadle")
    sys.path.remove(str(folder))


def test_the_python_client_has_every_operation_and_every_model(
    generated: Generated, standing: Served
) -> None:
    """By the names that the document gives them; none is left out."""
    document = httpx.get(f"{standing.url}/openapi.json").json()

    for item in document["paths"].values():
        for operation in item.values():
            tag = operation["tags"][0].replace(" ", "_")
            assert generated.module(f"api.{tag}.{operation['operationId']}").sync_detailed
    unions = {name for name, each in document["components"]["schemas"].items() if "anyOf" in each}
    assert unions == {"Node"}
    for name in document["components"]["schemas"].keys() - unions:
        assert getattr(generated.models, name).__name__ == name


def test_every_example_of_the_document_survives_the_python_models(
    generated: Generated, standing: Served
) -> None:
    """Read and written again it is the same: nothing dropped, added or converted."""
    document = httpx.get(f"{standing.url}/openapi.json").json()
    examples = [
        (name, each)
        for name, schema in document["components"]["schemas"].items()
        for each in schema.get("examples", ())
    ]

    assert len(examples) > 20
    for name, each in examples:
        assert getattr(generated.models, name).from_dict(each).to_dict() == each, name


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_a_workflow_survives_the_python_models(generated: Generated, file: Path) -> None:
    """A definition that is written by hand reaches the gateway as it is."""
    definition = json.loads(file.read_text("utf-8"))

    assert generated.models.Workflow.from_dict(definition).to_dict() == definition


@pytest.mark.parametrize("spec", AVAILABLE, ids=lambda spec: spec.key)
def test_each_node_type_has_a_python_model(generated: Generated, spec: NodeSpec) -> None:
    """Its configurations survive it, and are typed."""
    definition = json.loads(
        json.dumps(chain(node("it", spec.key, configurations=dict(spec.example))))
    )

    read = generated.models.Workflow.from_dict(definition)

    assert read.to_dict() == definition
    named = spec.key.replace(".", "_").replace("_", "").lower()
    assert type(read.nodes[1]).__name__.lower() == f"{named}node"


@pytest.fixture
def client(generated: Generated, standing: Served) -> Iterator[Any]:
    """Return a client of an account that has nothing yet."""
    with generated.client(standing.url, standing.key(f"backend-{new_id()}")) as made:
        yield made


def submitted(generated: Generated, client: Any, definition: Document, **given: Any) -> Any:
    """Submit a definition; return what was acknowledged."""
    submit = generated.module("api.executions.submit_execution")
    workflow = generated.models.Workflow.from_dict(definition)
    answer = submit.sync(
        client=client, body=generated.models.NewExecution(workflow=workflow, input_=given)
    )
    assert isinstance(answer, generated.models.Submitted), answer
    return answer


def followed(generated: Generated, client: Any, execution_id: str) -> Iterator[Any]:
    """Follow an execution by the raw response of its stream."""
    address, headers = f"/v1/executions/{execution_id}/events", {"Accept": "text/event-stream"}
    with client.get_httpx_client().stream("GET", address, headers=headers) as answer:
        for each in server_sent(answer.iter_lines()):
            yield generated.models.Event.from_dict(each["data"])


def test_a_backend_runs_asks_follows_and_answers_with_the_python_client(
    generated: Generated, client: Any
) -> None:
    """From a submission with a question in it to its output, all through what was generated."""
    by_whom = {"operation": "map", "field_mapping": {"by": "input.answered_by"}}
    document = chain(
        node("ask", APPROVAL, configurations={"title": "Pay {{ input.amount }}?"}),
        node("paid", configurations=by_whom),
    )
    document["connections"][1]["output_key"] = "confirmed"
    execution = submitted(generated, client, document, amount=40)

    seen = []
    for event in followed(generated, client, execution.id):
        seen.append(event.event_type)
        if event.event_type == "user_input_required":
            question = generated.module("api.interactions.get_interaction").sync(
                event.data["interaction_id"], client=client
            )
            assert question.title == "Pay 40?"
            answered = generated.module("api.interactions.answer_interaction").sync(
                question.id,
                client=client,
                body=generated.models.NewAnswer(decision="approve"),
            )
            assert answered.decision is generated.models.Decision.CONFIRMED

    ended = generated.module("api.executions.get_execution").sync(execution.id, client=client)
    assert (seen[0], seen[-1]) == ("execution_started", "execution_completed")
    assert ended.status is generated.models.ExecutionStatus.SUCCESS
    assert ended.output.to_dict() == {"paid": {"by": answered.answered_by}}
    # Each is rounded by itself.
    assert abs(ended.end_time - ended.start_time - ended.duration_ms) <= 1
    again = generated.module("api.events.list_execution_events").sync_detailed(
        execution.id, client=client, accept="text/event-stream", last_event_id=str(ended.last_seq)
    )
    assert again.status_code == 204


def test_the_python_client_goes_through_pages(
    generated: Generated, client: Any, wait_until: WaitUntil
) -> None:
    """By the cursor that each page names, filtered by a status of the closed list."""
    made = {submitted(generated, client, chain(node("it"))).id for _ in range(3)}
    page = generated.module("api.executions.list_executions").sync
    success = generated.models.ExecutionStatus.SUCCESS
    wait_until(lambda: len(page(client=client, status=success).executions) == 3)

    found, cursor = [], generated.module("types").UNSET
    while cursor is not None:
        shown = page(client=client, status=success, limit=2, cursor=cursor)
        found += [each.id for each in shown.executions]
        cursor = shown.next_cursor

    assert len(found) == 3
    assert set(found) == made


def test_an_error_has_a_python_model_whatever_its_status(
    generated: Generated, client: Any, standing: Served
) -> None:
    """The reason, the solution and the problems of a refusal are members, not text."""
    models = generated.models
    nothing = chain(node("it", "FLOW.DELAY", configurations={"duration_seconds": -1}))

    refused = generated.module("api.executions.submit_execution").sync(
        client=client, body=models.NewExecution(workflow=models.Workflow.from_dict(nothing))
    )
    missing = generated.module("api.executions.get_execution").sync(
        "019b75f2-4c00-7a31-8c14-3d1f5b1a9e77", client=client
    )
    with generated.client(standing.url, "tk_no") as stranger:
        unknown = generated.module("api.workflows.list_workflows").sync(client=stranger)

    for each, status, reason in (
        (refused, 422, "workflow_invalid"),
        (missing, 404, "execution_not_found"),
        (unknown, 401, "key_invalid"),
    ):
        assert isinstance(each, models.Problem)
        assert (each.status, each.error_details.reason) == (status, reason)
        assert each.error_details.solution
    assert refused.error_details["problems"][0]["path"].startswith("workflow.nodes[1]")


@pytest.fixture(scope="module")
def compiled(standing: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a TypeScript program that was compiled with the generated types."""
    modules = node_modules()
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(modules)
    for name in ("package.json", "tsconfig.json", "program.ts"):
        shutil.copy(TYPESCRIPT / name, folder)
    (folder / "openapi.json").write_text(httpx.get(f"{standing.url}/openapi.json").text, "utf-8")
    run(folder, "openapi-typescript", "openapi.json", "--output", "treadle.ts")
    _as_constants(folder / "workflows.ts")
    run(folder, "tsc")
    return folder


def _as_constants(file: Path) -> None:
    """Write every workflow of the repository as a constant that the compiler checks."""
    shown = [json.loads(each.read_text("utf-8")) for each in sorted(EXAMPLES.glob("*.json"))]
    shown += [chain(node("it", spec.key, configurations=dict(spec.example))) for spec in AVAILABLE]
    lines = [
        'import type { components } from "./treadle.js";',
        *(f'({json.dumps(each)}) satisfies components["schemas"]["Workflow"];' for each in shown),
    ]
    file.write_text("\n".join(lines), "utf-8")


def test_a_program_in_typescript_runs_follows_pages_and_reads_errors(
    compiled: Path, standing: Served
) -> None:
    """It is compiled strictly, in which what it does wrong on purpose is found, and then run."""
    said = run(
        compiled,
        *("node", "built/program.js"),
        TREADLE_URL=standing.url,
        TREADLE_KEY=standing.key("typed"),
    )

    assert json.loads(said) == {
        "status": "SUCCESS",
        "ended": True,
        "last": "event: execution_completed",
        "listed": True,
        "refused": "workflow_invalid",
    }
