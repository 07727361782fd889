"""The wire model of a workflow as JSON Schema, for editors, planners and other languages.

The schema describes the shape of a document; its meaning (the graph, the expressions, names that
must exist) is beyond JSON Schema and is checked by validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.dag.fields import FieldPlan
from treadle.dag.model import Node, Workflow
from treadle.dag.specs import AVAILABLE, NodeSpec
from treadle.dag.specs.configuration import ALIASES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEMPLATE = {"type": "string", "pattern": r"\{\{"}
"""Text that is rendered before each attempt, and may become any value."""

_MAPS = {"properties", "$defs"}
"""Keywords with named schemas as values."""


def workflow_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of workflow definitions that this release accepts."""
    schema = Workflow.model_json_schema(ref_template="#/$defs/{model}")
    definitions = schema["$defs"]
    for spec in AVAILABLE:
        definitions[spec.key] = configurations_schema(spec)
    definitions[Node.__name__]["allOf"] = [
        {
            "if": {
                "properties": {"type": {"const": spec.type}, "subtype": {"const": spec.subtype}}
            },
            "then": {
                "properties": {"configurations": {"$ref": f"#/$defs/{spec.key}"}},
                **({"required": ["configurations"]} if _has_required(spec) else {}),
            },
        }
        for spec in AVAILABLE
    ]
    pairs = [
        {"properties": {"type": {"const": spec.type}, "subtype": {"const": spec.subtype}}}
        for spec in AVAILABLE
    ]
    definitions[Node.__name__]["anyOf"] = pairs
    return {"$schema": DIALECT, "title": "Treadle workflow", **schema}


def configurations_schema(spec: NodeSpec) -> dict[str, Any]:
    """Return the JSON Schema of one node type's configurations, as a definition writes them."""
    schema = spec.configurations.model_json_schema()
    definitions = schema.pop("$defs", {})
    properties = {
        name: _written(_inlined(each, definitions), spec.fields[name])
        for name, each in schema["properties"].items()
    }
    for alias, name in ALIASES.items():
        properties[alias] = properties[name]
    return {**schema, "title": spec.key, "description": spec.description, "properties": properties}


def _has_required(spec: NodeSpec) -> bool:
    return any(field.is_required() for field in spec.configurations.model_fields.values())


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Replace references by what they refer to; configurations are never recursive."""
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _inlined({**target, **beside}, definitions)
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def _written(schema: dict[str, Any], plan: FieldPlan) -> dict[str, Any]:
    """Allow a template if the field is rendered before use."""
    return schema if plan.literal else _or_template(schema)


def _or_template(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow a template instead of any value inside a schema, at every level."""
    inner = {key: _inner(key, value) for key, value in schema.items()}
    if schema.get("type") == "string" and "enum" not in schema:
        return inner
    about: dict[str, Any] = {}
    for key in ("title", "description", "default"):
        if key in inner:
            about[key] = inner.pop(key)
    return {**about, "anyOf": [inner, _TEMPLATE]} if inner else about


def _inner(key: str, value: Any) -> Any:
    if key in _MAPS:
        return {name: _or_template(each) for name, each in value.items()}
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return _or_template(value)
    if key == "anyOf":
        return [_or_template(each) for each in value]
    return value
