"""Building: turns a draft into the document of a workflow, as a person would have written it.

What a draft may leave out is added here: a trigger with its connections to the steps that nothing
leads to, and, where there are none at all, the connections from each step to the next. Everything
else that is wrong stays as it is, for validation to report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import count, pairwise
from typing import Any, TypeAlias

from treadle.dag.fields import Bare, has_template
from treadle.dag.schema import configurations_schema
from treadle.dag.specs import NodeSpec, spec_of
from treadle.dag.specs.triggers import MANUAL
from treadle.dag.values import NotAValue, Value, loads_exactly
from treadle.planner.drafts import PlanDraft, SettingDraft, StepDraft

Document: TypeAlias = dict[str, Any]
"""A workflow document in progress, as `dag.validation.validate` takes it."""

#: Before the name of a setting that is a value of the step's input, not of its configurations.
_INPUT = "input."
#: The id of the trigger that is added; if a step already has it, a number is appended.
_TRIGGER = "start"
#: Longest workflow id made from a title, in characters.
_ID_LENGTH = 60


def document_of(draft: PlanDraft) -> Document:
    """Return the workflow that a draft describes."""
    nodes = [_node(step) for step in draft.steps]
    triggers = [node["id"] for node in nodes if node["type"] == "TRIGGER"]
    connections = [
        {"from_node": each.source, "output_key": each.output_key, "to_node": each.target}
        for each in draft.connections
    ] or list(_chain(nodes))
    if not triggers:
        taken = {node["id"] for node in nodes}
        start = next(each for each in _numbered(_TRIGGER) if each not in taken)
        led_to = {each["to_node"] for each in connections}
        first = [node["id"] for node in nodes if node["id"] not in led_to] or [
            node["id"] for node in nodes[:1]
        ]
        nodes.insert(0, _trigger(start))
        triggers = [start]
        connections[:0] = [
            {"from_node": start, "output_key": "result", "to_node": each} for each in first
        ]
    title = draft.title.strip() or "Untitled"
    return {
        "metadata": {"id": slug(title), "name": title[:200], "description": draft.rationale},
        "nodes": nodes,
        "connections": [
            {"id": f"c{number}", **each} for number, each in enumerate(connections, start=1)
        ],
        "triggers": triggers,
    }


def _chain(nodes: list[Document]) -> Iterator[Document]:
    """Connect each node to the next one, by the first of its keys."""
    for one, following in pairwise(nodes):
        spec = spec_of(one["type"], one["subtype"])
        key = spec.output_keys(one["configurations"])[0] if spec is not None else "result"
        yield {"from_node": one["id"], "output_key": key, "to_node": following["id"]}


def slug(text: str) -> str:
    """Return an id made of a title."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_ID_LENGTH] or "workflow"


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def _trigger(node_id: str) -> Document:
    return {"id": node_id, "name": node_id, "type": MANUAL.type, "subtype": MANUAL.subtype,
            "description": "", "configurations": {}, "input_params": {}}  # fmt: skip


def _node(step: StepDraft) -> Document:
    kind, _, subtype = step.type.partition(".")
    spec = spec_of(kind, subtype)
    node_id = step.id.strip()
    return {
        "id": node_id,
        "name": re.sub(r"\s+", "_", node_id) or "step",
        "type": kind,
        "subtype": subtype,
        "description": step.purpose,
        "configurations": {
            each.field: _value(spec, each)
            for each in step.settings
            if not each.field.startswith(_INPUT)
        },
        "input_params": {
            each.field.removeprefix(_INPUT): _json_or_text(each.value)
            for each in step.settings
            if each.field.startswith(_INPUT)
        },
    }


def _value(spec: NodeSpec | None, setting: SettingDraft) -> Value:
    """Read a setting's text as the value its field holds."""
    plan = spec.fields.get(setting.field) if spec is not None else None
    if spec is None or plan is None:
        return _json_or_text(setting.value)
    if isinstance(plan.shape, Bare):
        return _without_braces(setting.value)
    return setting.value if setting.field in _text_fields(spec) else _json_or_text(setting.value)


@cache
def _text_fields(spec: NodeSpec) -> frozenset[str]:
    """Return the fields that take text alone; a schema takes milliseconds to make."""
    fields = configurations_schema(spec)["properties"].items()
    return frozenset(name for name, schema in fields if _only_text(schema))


def _only_text(schema: Mapping[str, Any]) -> bool:
    """Whether a field takes text and nothing that JSON writes otherwise, null aside."""
    if "anyOf" in schema:
        return all(_only_text(each) for each in schema["anyOf"] if each.get("type") != "null")
    return schema.get("type") == "string"


def _json_or_text(text: str) -> Value:
    """Read JSON; what cannot be kept as it stands, such as a number beyond ±2^63, is text."""
    try:
        return loads_exactly(text)
    except (NotAValue, ValueError):
        return text


def _without_braces(text: str) -> str:
    """Return an expression without the braces of a template, if the template is the whole text."""
    inner = text.strip()
    if inner.startswith("{{") and inner.endswith("}}") and not has_template(inner[2:-2]):
        return inner[2:-2].strip()
    return text
