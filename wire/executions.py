"""Executions and their node records on the wire."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from treadle.dag.model import JsonObject, Milliseconds
from treadle.dag.states import ExecutionStatus, NodeStatus
from treadle.wire.errors import WireError
from treadle.wire.examples import BRIEF, EXECUTION
from treadle.wire.objects import Uuid, WireObject

Status: TypeAlias = Annotated[ExecutionStatus, Field(strict=False)]


class ExecutionBrief(WireObject):
    """An execution, short."""

    model_config = ConfigDict(json_schema_extra={"examples": [BRIEF]})

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
    """Whether the idempotency key was known: this is the execution of the first request."""


class Executions(WireObject):
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


class TriggerInfo(WireObject):
    """How an execution was started."""

    model_config = ConfigDict(extra="allow")

    trigger_type: str
    trigger_data: Any
    user_id: str | None
    external_request_id: str | None
    timestamp: Milliseconds


class NodeExecution(WireObject):
    """A node in a scope of an execution."""

    model_config = ConfigDict(extra="allow")

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
    """Null while there is none, and where `left_out` has its address."""
    output_bytes: int | None
    execution_details: JsonObject
    credits_consumed: float
    """In units of 0.01 USD, by the list prices of the models that it called."""
    error: WireError | None
    attempt: int
    retry_count: int
    max_retries: int
    next_attempt_time: Milliseconds | None


class LeftOut(WireObject):
    """A value that is left out of a response because it is too large."""

    path: str
    """Its place in this response."""
    bytes: int
    href: str
    """Where it can be read."""


class ExecutionWarning(WireObject):
    """Something doubtful, such as a node that no worker takes, that is not an error."""

    node_id: str
    reason: str
    message: str
    solution: str


class ExecutionRecord(WireObject):
    """The current state of an execution, with node records."""

    model_config = ConfigDict(extra="allow")

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
    """The outputs of the leaves of the root scope, by node; null before its success."""
    node_executions: list[NodeExecution]
    execution_sequence: list[str]
    counts: dict[str, int]
    """The number of node executions of each status."""
    tokens_used: int
    """Tokens of all calls of models."""
    credits_consumed: float
    error: WireError | None
    retry_of: Uuid | None
    retried_as: list[Uuid]
    last_seq: int
    """The seq of its last event."""
    warnings: list[ExecutionWarning] = Field(default_factory=list)
    """Ready nodes that no worker takes, as of this moment; at most 100."""


class Execution(ExecutionRecord):
    """The current state of an execution, with its first 1,000 node records."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXECUTION]})

    left_out: list[LeftOut]
    """Values of more than 64 KiB, which are not included."""
    nodes_href: str
    """Where all its node records can be read, by page."""


class NodeExecutions(WireObject):
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
