"""The wire model of a workflow: what a definition may say, strictly.

Shape alone is checked here. What a definition means (types, configurations, expressions, the graph)
is checked by `dag.validation`, which also turns shape errors into problems.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from treadle.core.field_docs import field_lines

ID_PATTERN = r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
"""What a node id may be, so that `nodes.<id>`, scope names and metric-free logs can carry it."""

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z")
_WHITE_SPACE = re.compile(r"\s")

SYSTEM_PREFIX = "treadle."
"""Prefix of the ids of Treadle's own workflows; refused in users' workflows."""

#: Longest name or id of a workflow, in characters.
NAME_LENGTH = 200


class Strict(BaseModel):
    """A model that converts nothing, ignores nothing and never changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Described(Strict):
    """A model whose JSON Schema has the line below each field as the field's description."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        lines = field_lines(cls)
        for name, each in properties.items():
            choices = [each, *each.get("anyOf", ())]
            of_type = {choice["description"] for choice in choices if "description" in choice}
            if said := [line for line in (lines.get(name), *sorted(of_type)) if line]:
                each["description"] = " ".join(dict.fromkeys(said))
        return schema


def _node_id(value: str) -> str:
    if not _ID.match(value):
        raise PydanticCustomError(
            "invalid_id",
            "A node id is a letter or an underscore, then up to 63 letters, digits, _ or -.",
        )
    return value


def _without_white_space(value: str) -> str:
    if _WHITE_SPACE.search(value):
        raise PydanticCustomError("name_has_white_space", "A node's name has no white space.")
    return value


NodeId: TypeAlias = Annotated[
    str, AfterValidator(_node_id), Field(json_schema_extra={"pattern": ID_PATTERN})
]
NodeName: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=NAME_LENGTH, json_schema_extra={"pattern": r"^\S+$"}),
    AfterValidator(_without_white_space),
]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Milliseconds: TypeAlias = Annotated[
    int, Field(ge=0, description="In milliseconds since 1970-01-01 00:00 UTC.")
]
JsonObject: TypeAlias = dict[str, Any]


class WorkflowStatistics(Described):
    """Statistics of a workflow's runs; accepted in a definition, and not taken from it."""

    total_runs: int = Field(default=0, ge=0)
    average_duration_ms: float = Field(default=0, ge=0)
    total_credits: float = Field(default=0, ge=0)
    last_success_time: Milliseconds | None = None


class WorkflowMetadata(Described):
    """Metadata of a workflow as a whole."""

    id: Name
    name: Name
    icon_url: str | None = None
    description: str = ""
    deployment_status: Literal["PENDING", "DEPLOYED", "FAILED", "UNDEPLOYED"] = "UNDEPLOYED"
    last_execution_status: (
        Literal[
            "NEW", "RUNNING", "PAUSED", "WAITING_FOR_HUMAN",
            "SUCCESS", "ERROR", "CANCELED", "TIMEOUT",
        ]
        | None
    ) = None  # fmt: skip
    last_execution_time: Milliseconds | None = None
    tags: tuple[str, ...] = Field(default=(), strict=False)
    created_time: Milliseconds | None = None
    parent_workflow: str | None = None
    """The workflow it was copied from."""
    statistics: WorkflowStatistics = WorkflowStatistics()
    version: str = "1.0"
    created_by: str | None = None
    updated_by: str | None = None
    continue_on_failure: bool = False
    """Whether a failure skips what depends on it instead of ending the execution."""


DERIVED = frozenset(
    {
        "created_by",
        "created_time",
        "deployment_status",
        "last_execution_status",
        "last_execution_time",
        "statistics",
        "updated_by",
    }
)
"""Metadata that only the system can know: accepted in a definition, and not taken from it."""


class Position(Strict):
    """Where an editor draws a node; ignored by a run."""

    x: float
    y: float


class Node(Described):
    """A step. Its `type` and `subtype` name a node spec."""

    id: NodeId
    name: NodeName
    description: str = ""
    type: str
    subtype: str
    spec_version: str | None = None
    """The version of the spec it was published with; written by publication."""
    configurations: JsonObject = Field(default_factory=dict)
    input_params: JsonObject = Field(default_factory=dict)
    output_params: JsonObject = Field(default_factory=dict)
    position: Position | None = None
    attached_nodes: tuple[str, ...] = Field(default=(), strict=False)


class Connection(Described):
    """A directed edge from an output key of one node to another node."""

    id: Name
    from_node: str
    to_node: str
    output_key: str = "result"
    conversion_function: str | None = None
    """An expression over `output`; evaluated at the claim of `to_node`."""


class Workflow(Strict):
    """A definition: nodes, what connects them, and which of them may fire."""

    metadata: WorkflowMetadata
    nodes: tuple[Node, ...] = Field(strict=False, json_schema_extra={"minItems": 1})
    connections: tuple[Connection, ...] = Field(default=(), strict=False)
    triggers: tuple[str, ...] = Field(default=(), strict=False)
