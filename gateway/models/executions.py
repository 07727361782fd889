"""Executions, their records and their events on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from treadle.dag.model import JsonObject, Milliseconds, Name, NodeId, Strict
from treadle.dag.states import ExecutionStatus
from treadle.gateway.models.errors import WireError
from treadle.gateway.models.examples import BRIEF, EXECUTION, WORKFLOW
from treadle.ledger.engine.submission import DEFAULT_PRIORITY

Uuid: TypeAlias = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Status: TypeAlias = Annotated[ExecutionStatus, Field(strict=False)]
NodeStatus: TypeAlias = Literal[
    "pending",
    "running",
    "waiting_input",
    "retrying",
    "completed",
    "failed",
    "skipped",
    "canceled",
]
_Unset: TypeAlias = SkipJsonSchema[None]
"""What a field holds that was left out; nobody may write it."""

_WHAT = ("workflow", "workflow_id", "plan_id")


class NewExecution(Strict):
    """What to run: exactly one of a definition, a stored workflow, and a plan."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "oneOf": [{"required": [each]} for each in _WHAT],
            "dependentRequired": {"version": ["workflow_id"]},
            "examples": [{"workflow": WORKFLOW, "input": {"name": "Ada"}}],
        },
    )

    workflow: JsonObject | _Unset = None
    """A definition; it is stored as a version of its workflow if it is new."""
    workflow_id: Name | _Unset = None
    """A workflow that is stored."""
    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    """Which version of it; the latest if none is named."""
    plan_id: Uuid | _Unset = None
    """A plan that is ready; its workflow runs."""
    input: Any = Field(default_factory=dict)
    """What the trigger puts out."""
    trigger: NodeId | None = None
    """The trigger that fires; if none is named the manual one, or the only one."""
    priority: int = Field(default=DEFAULT_PRIORITY, ge=0, le=9)
    """0 is first."""
    deadline_seconds: Annotated[float, Field(gt=0, le=366 * 86_400)] | None = None
    """It ends as TIMEOUT if it is not over by then."""

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        given = [each for each in _WHAT if each in self.model_fields_set]
        if len(given) != 1 or any(getattr(self, each) is None for each in given):
            raise PydanticCustomError(
                "say_one", "Exactly one of workflow, workflow_id and plan_id says what to run."
            )
        if "version" in self.model_fields_set and self.workflow_id is None:
            raise PydanticCustomError("version_of_nothing", "A version is one of a workflow_id.")
        return self


class ExecutionBrief(Strict):
    """An execution, short."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [BRIEF]}
    )

    id: Uuid
    workflow_id: str
    workflow_version: int
    status: Status
    start_time: Milliseconds
    end_time: Milliseconds | None
    duration_ms: int | None


class Submitted(ExecutionBrief):
    """An execution that was acknowledged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**BRIEF, "repeated": False}]})

    repeated: bool
    """The idempotency key was known: this is the execution of the first time."""


class Executions(Strict):
    """A page of executions, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "executions": [BRIEF],
                    "next_cursor": None,
                }
            ]
        }
    )

    executions: list[ExecutionBrief]
    next_cursor: str | None


class TriggerInfo(Strict):
    """What set an execution off."""

    model_config = ConfigDict(extra="allow")

    trigger_type: str
    trigger_data: Any
    user_id: str | None
    external_request_id: str | None
    timestamp: Milliseconds


class NodeExecution(Strict):
    """A node in a scope of an execution."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    node_id: str
    node_name: str
    node_type: str
    node_subtype: str
    scope: str
    """Empty for the root; `each_item:3` is the fourth iteration of the loop `each_item`."""
    status: NodeStatus
    waiting_on: str | None
    start_time: Milliseconds | None
    end_time: Milliseconds | None
    duration_ms: int | None
    output_key: str | None
    output_data: Any
    """Null while there is none, and where `left_out` has the way to it."""
    output_bytes: int | None
    execution_details: JsonObject
    credits_consumed: float
    """Of 0.01 USD each, by the list prices of the models that it asked."""
    error: WireError | None
    attempt: int
    retry_count: int
    max_retries: int
    next_attempt_time: Milliseconds | None


class LeftOut(Strict):
    """A value that is too large to come along."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    path: str
    """Where in this answer it would stand."""
    bytes: int
    href: str
    """Where it is."""


class Execution(Strict):
    """An execution: as it stands, with its first 1,000 node records."""

    model_config = ConfigDict(
        extra="allow", use_attribute_docstrings=True, json_schema_extra={"examples": [EXECUTION]}
    )

    id: Uuid
    workflow_id: str
    workflow_version: int
    status: Status
    trigger_id: str
    trigger_info: TriggerInfo
    start_time: Milliseconds
    end_time: Milliseconds | None
    duration_ms: int | None
    output: JsonObject | None
    """What the leaves of the root scope put out, by node; null before its success."""
    node_executions: list[NodeExecution]
    execution_sequence: list[str]
    counts: dict[str, int]
    """How many node executions there are of each status."""
    tokens_used: int
    """By all models that it asked."""
    credits_consumed: float
    error: WireError | None
    retry_of: Uuid | None
    retried_as: list[Uuid]
    last_seq: int
    """The seq of its last event."""
    left_out: list[LeftOut]
    """Values of more than 64 KiB, which are not in here."""
    nodes_href: str
    """All its node records, by page."""


class NodeExecutions(Strict):
    """A page of node records, by scope and node."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "node_executions": EXECUTION["node_executions"],
                    "left_out": [],
                    "next_cursor": None,
                }
            ]
        }
    )

    node_executions: list[NodeExecution]
    left_out: list[LeftOut]
    next_cursor: str | None
