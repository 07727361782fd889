"""Node types on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from treadle.dag.model import JsonObject
from treadle.wire.objects import WireObject

_IF: dict[str, Any] = {
    "type": "FLOW",
    "subtype": "IF",
    "description": "Goes one of two ways.",
    "available": True,
    "lane": "inline",
    "output_keys": ["true", "false", "error"],
    "puts_out": "its input",
    "spec_version": "1.0",
    "example": {"condition_expression": "input.total > 100"},
    "configurations_schema": {"type": "object"},
}


class NodeType(WireObject):
    """A node type, with the schema of its configurations."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_IF]},
    )

    type: str
    subtype: str
    description: str
    available: bool
    """Whether this release runs it; the name of one that it does not run is reserved."""
    lane: str
    output_keys: list[str]
    """Its output keys when it is configured as in the example."""
    puts_out: str
    """A description of its output."""
    spec_version: str
    example: JsonObject
    """Valid configurations."""
    configurations_schema: JsonObject
    """The JSON Schema of its configurations."""


class NodeTypes(WireObject):
    """All node types."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"node_types": [_IF]}]})

    node_types: list[NodeType]
