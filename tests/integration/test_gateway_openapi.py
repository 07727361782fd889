"""The OpenAPI document: complete, and kept to by every route, whatever is made up to call it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.gateway_server import Clients, Served
from treadle.core.settings import Settings, child_environment
from treadle.gateway.app import build
from treadle.wire.keys import Scope

DOCUMENT = build(
    Settings(configured_database_url="postgresql://", configured_redis_url="redis://")
).openapi()
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HERE = Path(__file__).parent


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every operation by what it is called."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def examples_of(content: dict[str, Any]) -> list[Any]:
    """Return the examples of a body, those of its model included."""
    found = [each["value"] for each in content.get("examples", {}).values()]
    if "example" in content:
        found.append(content["example"])
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return [*found, *schema.get("examples", ())]


def check(value: Any, schema: dict[str, Any]) -> None:
    """Hold a value to a schema of the document."""
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(
        value
    )


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_operation_is_told_with_examples(name: str, operation: dict[str, Any]) -> None:
    """Its summary, what it takes and what it answers, each example as its schema says."""
    assert operation["summary"]
    assert operation["description"]
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for body in (*bodies, *operation["responses"].values()):
        for media_type, content in body.get("content", {}).items():
            examples = examples_of(content)
            assert examples, (name, media_type)
            for each in examples:
                check(each, content.get("schema", {}))


def test_every_refusal_is_a_problem() -> None:
    """Whatever the status, the body has one shape."""
    for name, operation in operations():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (name, status)


def test_the_document_is_served_to_everybody(clients: Clients) -> None:
    """Whoever has no key yet reads how to use one."""
    client = clients.without_key()

    assert client.get("/openapi.json") == json.loads(json.dumps(DOCUMENT))
    assert client.http.get("/docs").status_code == 200


def test_the_gateway_tells_of_itself_to_everybody(clients: Clients) -> None:
    """Alive, ready, and what it has counted."""
    client = clients.without_key()

    assert client.get("/health") == {"status": "alive"}
    ready = client.get("/health/ready")
    assert ready["dependencies"] == {"database": "ok", "threads": "ok", "redis": "ok"}
    assert ready["needed"] == ["database", "threads"]
    client.http.get("/v1/executions")
    told = client.http.get("/metrics").text
    assert (
        'treadle_gateway_requests_total{method="GET",route="/v1/executions",status="401"}' in told
    )


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_nothing_that_is_made_up_finds_an_answer_that_is_not_documented(
    served: Served, tmp_path: Path
) -> None:
    """No 5xx, no undocumented status, no body of another shape; all of schemathesis's checks."""
    key = served.key("schemathesis", *Scope)
    (tmp_path / "openapi.json").write_text(json.dumps(_without_what_no_schema_can_say()))

    done = subprocess.run(
        [
            SCHEMATHESIS,
            "run",
            "openapi.json",
            *("--url", served.url),
            *("--header", f"Authorization: Bearer {key}"),
            *("--max-examples", "5"),
            *("--seed", "20"),
            *("--suppress-health-check", "all"),
            "--no-color",
        ],
        cwd=tmp_path,
        env=child_environment(
            SCHEMATHESIS_HOOKS="gateway_hooks",
            PYTHONPATH=str(HERE),
            TREADLE_TEST_KEY_ID=key.split("_")[1],
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-20_000:]


def _without_what_no_schema_can_say() -> dict[str, Any]:
    """Return the document for a caller who knows nothing but it.

    A cursor is what an answer named, a trigger what a definition has. And a workflow is one of the
    examples: what a definition may say is tested by itself, and made up at random it is invalid.
    """
    document: dict[str, Any] = json.loads(json.dumps(DOCUMENT))
    for item in document["paths"].values():
        for operation in item.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [each for each in parameters if each["name"] != "cursor"]
    schemas = document["components"]["schemas"]
    del schemas["NewExecution"]["properties"]["trigger"]
    (workflow,) = schemas["Definition"]["examples"]
    other = {**workflow, "metadata": {**workflow["metadata"], "name": "Another"}}
    schemas["Workflow"] = {"enum": [workflow, other]}
    return document
