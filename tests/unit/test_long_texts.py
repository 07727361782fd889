"""Long names and values: whatever a document holds, what is said about it is short."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.workflows import Document, chain, node
from treadle.dag.output_schema import answer_problems
from treadle.dag.validation import validate

LONG = "k" * 1_000_000
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
HTTP = {"url": "https://x.test", "method": "GET"}

#: Where something long is put into a workflow of an HTTP request: the part, and what is set there.
PARTS: list[tuple[tuple[str | int, ...], dict[str, Any]]] = [
    ((), {LONG: 1}),
    (("metadata",), {LONG: 1}),
    (("metadata",), {"id": LONG}),
    (("nodes", 1), {LONG: 1}),
    *((("nodes", 1), {field: LONG}) for field in ("id", "name", "type", "subtype", "spec_version")),
    (("nodes", 1), {"input_params": {LONG: "{{ nope }}"}}),
    (("nodes", 1), {"input_params": {"a": {LONG: "{{ nope }}"}}}),
    (("nodes", 1, "configurations"), {LONG: 1}),
    (("nodes", 1, "configurations"), {"url": f"{{{{ {LONG} }}}}"}),
    (("nodes", 1, "configurations"), {"headers": {LONG: 1}}),
    (("connections", 0), {LONG: 1}),
    (("connections", 0), {"to_node": LONG}),
    (("connections", 0), {"output_key": LONG}),
    ((), {"triggers": [LONG]}),
]
#: Nodes with something long in their configurations.
NODES: list[tuple[str, dict[str, Any]]] = [
    ("ACTION.DATA_TRANSFORMATION", {"operation": "custom", "expression": f"input.{LONG}"}),
    ("ACTION.DATA_TRANSFORMATION", {"operation": "map", "field_mapping": {LONG: "nope"}}),
    (
        "ACTION.DATA_TRANSFORMATION",
        {"operation": "aggregate", "aggregation_functions": {LONG: {"function": "sum"}}},
    ),
    ("FLOW.SWITCH", {"cases": [{"key": LONG, "when": "true"}]}),
    *(
        ("AI_AGENT.OPENAI_CHATGPT", {"model": "m", "prompt": "p", "output_schema": schema})
        for schema in (
            {"type": LONG},
            {"type": "object", "required": LONG},
            {"type": "object", "properties": {LONG: {"type": "nope"}}},
            {"type": "object", "properties": {"a": {"$ref": f"#/{LONG}"}}},
            {"type": "object", "patternProperties": {LONG: {}}},
        )
    ),
    *(
        (APPROVAL, {"title": "?", **asked})
        for asked in (
            {"interaction_type": "input", "input_fields": [{"name": LONG, "type": "text"}]},
            {"interaction_type": "selection", "selection_options": [{"value": LONG}]},
            {"approval_options": [{"value": LONG, "decision": "confirmed"}]},
            {"channel_type": LONG},
            {"assignees": [LONG]},
            {"timeout_action": "default_response", "default_response": {LONG: 1}},
        )
    ),
]


def said(document: Document) -> int:
    """Return the characters of all that is said about a document with problems."""
    problems = validate(json.dumps(document)).problems
    assert problems
    return sum(len(each.path) + len(each.message) + len(each.solution) for each in problems)


@pytest.mark.parametrize(("place", "more"), PARTS, ids=lambda value: str(value)[:40])
def test_no_part_of_a_document_comes_back_whole(
    place: tuple[str | int, ...], more: dict[str, Any]
) -> None:
    """Names of fields, values of fields, ids: each is cut where a message quotes it."""
    document: Any = chain(node("a", "ACTION.HTTP_REQUEST", configurations=dict(HTTP)))
    part = document
    for step in place:
        part = part[step]
    part.update(more)

    assert said(document) < 4_000


@pytest.mark.parametrize(("key", "config"), NODES, ids=lambda value: str(value)[:40])
def test_no_configuration_comes_back_whole(key: str, config: dict[str, Any]) -> None:
    """Nor what a configuration holds."""
    assert said(chain(node("a", key, configurations=config))) < 4_000


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "integer"}}},
        {"properties": {"a": {"enum": ["b"]}}},
        {"properties": {"a": {"pattern": "^b"}}},
        {"properties": {"a": {"const": LONG + "b"}}},
        {"additionalProperties": False},
    ],
    ids=lambda value: str(value)[:40],
)
def test_no_answer_of_a_model_comes_back_whole(schema: dict[str, Any]) -> None:
    """The model is told of it, and the error has it: neither gets the answer again."""
    problems = answer_problems(schema, {"a": LONG, LONG: 1})

    assert problems
    assert sum(map(len, problems)) < 4_000
