"""The schemas of the OpenAPI document, in a form that generators of clients read without loss.

They name a model by its title, so a component has its own name as its title, and nothing within it
has one. They send every default that they know as if the caller had written it, and take a member
that has one for always there; so the description says it instead. And they pass over what a schema
says by conditions, so a node is a choice: of each node type, a node with its configurations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from treadle.dag.schema import workflow_schema
from treadle.dag.values import dumps
from treadle.wire.examples import WORKFLOW

Schema: TypeAlias = dict[str, Any]

_OF_SCHEMAS: Mapping[str, Callable[[Any], Any]] = {
    "properties": lambda named: {name: untitled(each) for name, each in named.items()},
    "anyOf": lambda choices: [untitled(each) for each in choices],
    "items": lambda each: untitled(each),  # noqa: PLW0108 - defined below
    "additionalProperties": lambda each: untitled(each) if isinstance(each, dict) else each,
    "$ref": lambda target: f"#/components/schemas/{component_name(target.rpartition('/')[2])}",
}
"""What becomes of the value of each keyword whose value is, or refers to, a schema."""

_BY_CONDITION = {"allOf", "anyOf", "oneOf", "dependentRequired"}
"""Keywords that only validation reads."""


def as_component(name: str, schema: Schema) -> Schema:
    """Return a schema as the component of this name."""
    kept = {key: value for key, value in schema.items() if key not in _BY_CONDITION}
    return {"title": name, **untitled(kept)}


def untitled(schema: Schema) -> Schema:
    """Return a schema within another: without titles, its defaults in descriptions."""
    found = {
        key: _OF_SCHEMAS[key](value) if key in _OF_SCHEMAS else value
        for key, value in schema.items()
        if key not in ("title", "default", "$defs", "$schema")
    }
    default = schema.get("default")
    if default not in (None, "", [], {}):
        said = f"Default: `{dumps(default).decode()}`."
        found["description"] = " ".join(filter(None, (found.get("description"), said)))
    return found


def component_name(definition: str) -> str:
    """Return the name of a component: `FLOW.FOR_EACH` is not one in most languages."""
    if "." not in definition:
        return definition
    return "".join(map(str.capitalize, re.split(r"[._]", definition))) + "Configurations"


def workflow_components() -> dict[str, Schema]:
    """Return `Workflow`, and every component that it refers to."""
    schema = workflow_schema()
    parts: dict[str, Schema] = {"Workflow": schema, **schema["$defs"]}
    node = parts.pop("Node")
    kinds = dict(_node_types(node))
    found = {name: as_component(name, each) for name, each in kinds.items()}
    for name, each in parts.items():
        found[component_name(name)] = as_component(component_name(name), each)
    choices = [{"$ref": f"#/components/schemas/{name}"} for name in kinds]
    found["Node"] = {"title": "Node", "description": node["description"], "anyOf": choices}
    found["Workflow"]["examples"] = [WORKFLOW]
    return found


def _node_types(node: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the schema of the nodes of each type, by the name of its component."""
    for each in node["allOf"]:
        fixed, then = each["if"]["properties"], each["then"]
        key = f"{fixed['type']['const']}.{fixed['subtype']['const']}"
        yield (
            component_name(key).replace("Configurations", "Node"),
            {
                **node,
                "description": f"A node of the type {key}.",
                "properties": {**node["properties"], **fixed, **then["properties"]},
                "required": [*node["required"], *then.get("required", ())],
            },
        )
