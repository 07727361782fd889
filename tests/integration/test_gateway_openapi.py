"""The OpenAPI document: complete, and kept to by every route, whatever is made up to call it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.gateway_server import Clients, Served
from tests.support.workflows import chain, node
from treadle.core.settings import Settings, child_environment
from treadle.gateway.app import build
from treadle.wire.keys import Scope

DOCUMENT = build(
    Settings(configured_database_url="postgresql://", configured_redis_url="redis://")
).openapi()
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HERE = Path(__file__).parent
#: One of them is in a request for an execution.
WHAT_TO_RUN = ("workflow", "workflow_id", "plan_id")


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


#: Names of what may be a time or a duration.
TIMED = re.compile(
    r"(^|_)(time|timestamp|timeout|at|seconds|ms|duration|delay|interval|wait|deadline|age|expires)"
    r"(_|$)"
)
MOMENT = re.compile(r"(_at|_time|timestamp)$")
UNIT_IN_NAME = re.compile(r"(^|_)(seconds|ms)$")
UNIT = re.compile(r"seconds\b", re.IGNORECASE)


def is_number(schema: dict[str, Any]) -> bool:
    """Return whether a schema takes a number, among others or alone."""
    kinds = [schema, *schema.get("anyOf", ())]
    return any(each.get("type") in ("integer", "number") for each in kinds)


def all_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every schema of the components, with its place in them."""

    def within(place: str, schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        if not isinstance(schema, dict):
            return
        yield place, schema
        for name, each in schema.get("properties", {}).items():
            yield from within(f"{place}/{name}", each)
        for key in ("items", "additionalProperties"):
            yield from within(f"{place}/{key}", schema.get(key))
        for number, each in enumerate(schema.get("anyOf", ())):
            yield from within(f"{place}/{number}", each)

    for name, schema in DOCUMENT["components"]["schemas"].items():
        yield from within(f"/{name}", schema)


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


def test_every_operation_has_a_short_id_of_its_own() -> None:
    """Generated functions are named by it: a verb, and what it is done to."""
    ids = [operation["operationId"] for _, operation in operations()]

    assert len(set(ids)) == len(ids)
    for each in ids:
        assert re.fullmatch(r"[a-z]+(_[a-z]+){1,4}", each), each
    assert {"submit_execution", "list_executions", "answer_interaction"} <= set(ids)


def test_a_title_is_a_components_name_and_stands_nowhere_else() -> None:
    """Generators name models by titles; two of one name would replace each other."""
    schemas = DOCUMENT["components"]["schemas"]

    assert {name: each["title"] for name, each in schemas.items()} == {
        name: name for name in schemas
    }
    within = [place for place, each in all_schemas() if "title" in each and place.count("/") > 1]
    assert within == []


def test_a_component_says_no_default_that_a_generator_would_send() -> None:
    """Nor one that makes a member of an answer seem always there."""
    assert [place for place, each in all_schemas() if "default" in each] == []


def test_every_time_and_duration_has_its_unit() -> None:
    """In its name or its description, whether it is a member, a parameter or a configuration."""
    found = [
        (f"{place}.{name}", name, each)
        for place, schema in all_schemas()
        for name, each in schema.get("properties", {}).items()
    ]
    for called, operation in operations():
        found += [
            (f"{called} {each['name']}", each["name"], {**each["schema"], **each})
            for each in operation.get("parameters", ())
        ]

    timed = [each for each in found if TIMED.search(each[1]) and is_number(each[2])]
    assert len(timed) > 50
    without = [
        place
        for place, name, each in timed
        if not UNIT_IN_NAME.search(name) and not UNIT.search(each.get("description", ""))
    ]
    assert without == []


def test_every_moment_on_the_wire_says_since_when_it_is_counted() -> None:
    """A member that is one by its type, whatever its name, and no other."""
    moments = [
        (place, name)
        for place, schema in all_schemas()
        for name, each in schema.get("properties", {}).items()
        if "since 1970" in each.get("description", "")
    ]

    assert len(moments) > 30
    assert [each for each in moments if not MOMENT.search(each[1])] == []


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


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (path, each["name"])
        for path, item in DOCUMENT["paths"].items()
        for operation in item.values()
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    ],
)
def test_a_parameter_that_is_given_twice_is_refused(clients: Clients, path: str, name: str) -> None:
    """Every parameter of every route takes one value; a second is neither ignored nor preferred."""
    client = clients.of()
    execution = client.submit(chain(node("it")))
    at = re.sub(r"\{node_id\}", "it", path)
    at = re.sub(r"\{(execution|plan)_id\}", execution, at)
    at = re.sub(r"\{workflow_id\}", "w", at)

    answer = client.http.get(at, params=[(name, execution), (name, execution)])

    assert answer.status_code == 422
    (problem,) = answer.json()["error_details"]["problems"]
    assert (problem["path"], problem["reason"]) == (f"query.{name}", "repeated_parameter")
    assert problem["message"] == f'"{name}" is given 2 times, and takes one value.'


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

    A cursor is what an answer named, a trigger what a definition has. What excludes what in a body
    is said in words, because generators of clients read no conditions. And a workflow is one of the
    examples: what a definition may say is tested by itself, and made up at random it is invalid.
    """
    document: dict[str, Any] = json.loads(json.dumps(DOCUMENT))
    for item in document["paths"].values():
        for operation in item.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [each for each in parameters if each["name"] != "cursor"]
    schemas = document["components"]["schemas"]
    del schemas["NewExecution"]["properties"]["trigger"]
    schemas["NewExecution"] |= {"oneOf": [{"required": [each]} for each in WHAT_TO_RUN]}
    schemas["NewExecution"] |= {"dependentRequired": {"version": ["workflow_id"]}}
    (workflow,) = schemas["Workflow"]["examples"]
    other = {**workflow, "metadata": {**workflow["metadata"], "name": "Another"}}
    schemas["Workflow"] = {"enum": [workflow, other]}
    return document
