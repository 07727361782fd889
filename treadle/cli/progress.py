"""How far an execution is, node by node: folded from its records and from events as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from treadle.dag.events import EVENTS, EventType, PauseReason
from treadle.dag.graph import CompiledGraph
from treadle.dag.states import ExecutionStatus, NodeStatus
from treadle.wire.events import Event
from treadle.wire.executions import ExecutionRecord, NodeExecution

#: Statuses a person wants to see first.
_URGENT = (
    NodeStatus.FAILED,
    NodeStatus.WAITING_INPUT,
    NodeStatus.RETRYING,
    NodeStatus.RUNNING,
    NodeStatus.PENDING,
)
#: Statuses from which nothing goes on.
_OVER = frozenset(
    {NodeStatus.COMPLETED, NodeStatus.FAILED, NodeStatus.SKIPPED, NodeStatus.CANCELED}
)


@dataclass(slots=True)
class NodeProgress:
    """One node over all its scopes."""

    statuses: dict[str, NodeStatus] = field(default_factory=dict)
    """By scope; the root's is `""`."""
    started: int | None = None
    """When it first began, epoch milliseconds."""
    ended: int | None = None
    """When it last settled, epoch milliseconds."""
    retries: int = 0
    output_key: str | None = None
    """The key it left by last."""
    error: str | None = None
    """What its last failure said."""
    said: str = ""
    """How far its last attempt was, in words; empty when it has ended."""

    @property
    def counts(self) -> Counter[NodeStatus]:
        """Return how many scopes stand at each status."""
        return Counter(self.statuses.values())

    @property
    def status(self) -> NodeStatus:
        """Return the status a person wants to see first; `pending` before anything happened."""
        if len(self.statuses) == 1:
            return next(iter(self.statuses.values()))
        counts = self.counts
        first = next((each for each in _URGENT if counts[each]), None)
        if first is not None:
            return first
        if counts[NodeStatus.COMPLETED]:
            return NodeStatus.COMPLETED
        return next(iter(counts), NodeStatus.PENDING)

    def milliseconds(self, now: int) -> int | None:
        """Return how long it took, or takes."""
        if self.started is None:
            return None
        end = self.ended if self.status in _OVER and self.ended is not None else now
        return max(0, end - self.started)


class Progress:
    """All nodes of one execution."""

    def __init__(self, graph: CompiledGraph, execution: ExecutionRecord) -> None:
        """Begin with an execution as it was read, records included."""
        self.graph = graph
        self.id = execution.id
        self.status = execution.status
        self.started = execution.start_time
        self.ended = execution.end_time
        self.nodes = {node_id: NodeProgress() for node_id in graph.order}
        for record in execution.node_executions:
            self._take(record)

    def apply(self, events: Iterable[Event]) -> None:
        """Go on by events, each of which says something newer than what is known."""
        for event in events:
            if "node_id" in event.data:
                self._change(event.event_type, event.data, event.timestamp)
            elif event.event_type.startswith("execution_"):
                self._change_execution(event.event_type, event.data, event.timestamp)

    def _take(self, record: NodeExecution) -> None:
        node = self.nodes[record.node_id]
        node.statuses[record.scope] = record.status
        node.retries += record.retry_count
        node.output_key = record.output_key or node.output_key
        if record.error is not None:
            node.error = record.error.error_message
        if record.start_time is not None:
            self._begin(record.node_id, record.start_time)
        if record.end_time is not None:
            node.ended = max(node.ended or 0, record.end_time)

    def _change(self, event_type: str, data: Mapping[str, Any], at: int) -> None:
        node = self.nodes[data["node_id"]]
        if event_type == EventType.NODE_OUTPUT_UPDATE:
            node.said = progress_words(data["data"])
            return
        spec = EVENTS.get(event_type)  # a gateway of another release may have more
        status = spec.node_status if spec else None
        if status is None:
            return
        node.statuses[data["scope"]] = status
        node.said = ""
        if status is NodeStatus.RUNNING:
            self._begin(data["node_id"], at)
        if status in _OVER:
            node.ended = at
        if status is NodeStatus.RETRYING:
            node.retries += 1
        if "error" in data:
            node.error = data["error"]["error_message"]
        node.output_key = data.get("output_key", node.output_key)

    def _begin(self, node_id: str, at: int) -> None:
        """Note when a node began, and with it the loops around it: theirs says the last phase."""
        inside: str | None = node_id
        while inside is not None:
            node = self.nodes[inside]
            node.started = min(node.started or at, at)
            inside = self.graph.nodes[inside].loop

    def _change_execution(self, event_type: str, data: Mapping[str, Any], at: int) -> None:
        if event_type == EventType.EXECUTION_PAUSED:
            waits = data.get("reason") == PauseReason.HUMAN_INPUT_REQUIRED
            waiting, paused = ExecutionStatus.WAITING_FOR_HUMAN, ExecutionStatus.PAUSED
            self.status = waiting if waits else paused
        elif "status" in data:  # an end
            self.status = ExecutionStatus(data["status"])
            self.ended = at
        else:
            self.status = ExecutionStatus.RUNNING


def progress_words(data: Any) -> str:
    """Return what a task said of its progress: `3 of 10  text`; empty if it is something else."""
    progress = data.get("progress") if isinstance(data, dict) else None
    if not isinstance(progress, dict):
        return ""
    done, total = progress.get("done"), progress.get("total")
    amount = f"{done:,}" if isinstance(done, int | float) else ""
    if amount and isinstance(total, int | float):
        amount += f" of {total:,}"
    return "  ".join(filter(None, (amount, str(progress.get("text") or ""))))
