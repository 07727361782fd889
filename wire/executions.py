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
    """The idempotency key was known: this is the execution of the first time."""


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
    """What set an execution off."""

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


class LeftOut(WireObject):
    """A value that is too large to come along."""

    path: str
    """Where in this answer it would stand."""
    bytes: int
    href: str
    """Where it is."""


class ExecutionRecord(WireObject):
    """An execution as it stands, with node records."""

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


class Execution(ExecutionRecord):
    """An execution: as it stands, with its first 1,000 node records."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXECUTION]})

    left_out: list[LeftOut]
    """Values of more than 64 KiB, which are not in here."""
    nodes_href: str
    """All its node records, by page."""


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
