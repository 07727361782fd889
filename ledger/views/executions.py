"""Executions, records and events as the wire model says them; and attempts' inputs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload
from uuid import UUID

import psycopg

from treadle.core.columns import pack
from treadle.dag.graph import CompiledGraph
from treadle.dag.states import WIRE_NODE_STATUS, ExecutionStatus, NodeState
from treadle.dag.values import Value, loads
from treadle.ledger.engine.execution_rows import NoSuchExecution
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.versions import Graphs
from treadle.ledger.queries import fetching
from treadle.ledger.views import unserved
from treadle.ledger.views.spending import credits_of, spent
from treadle.wire.errors import error_of
from treadle.wire.events import Event
from treadle.wire.executions import ExecutionBrief, ExecutionRecord, NodeExecution, TriggerInfo
from treadle.wire.objects import adopting, unchecked

_brief = unchecked(ExecutionBrief)
_event = adopting(Event)
_execution = unchecked(ExecutionRecord)
_record = unchecked(NodeExecution)
_trigger_info = unchecked(TriggerInfo)

_fetch = fetching("executions")

#: Node records returned with an execution; the rest is read by page.
RECORDS_WITH_EXECUTION = 1_000
#: Bytes of an output returned with its record; larger ones are read alone.
INLINE_PAYLOAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Settled:
    """How a node execution ended, for those that read from it."""

    state: NodeState
    output_key: str | None
    output: Value
    size: int
    """Bytes of the output as JSON."""


def outputs(connection: psycopg.Connection, refs: Collection[Ref]) -> dict[Ref, Settled]:
    """Return those of `refs` that are settled. What is settled never changes."""
    executions, scopes, nodes = zip(*refs, strict=True)
    rows = _fetch(
        connection,
        "outputs",
        execution_id=pack("uuid", executions),
        scope=pack("text", scopes),
        node=pack("text", nodes),
    )
    return {
        Ref(row.execution_id, row.scope, row.node): Settled(
            NodeState(row.state),
            row.output_key,
            loads(row.output) if row.output is not None else None,
            len(row.output or b""),
        )
        for row in rows
    }


def settled_by_then(
    connection: psycopg.Connection, refs: Collection[Ref], other: Ref
) -> frozenset[Ref]:
    """Return those of `refs` that had settled when `other` did, itself included."""
    executions, scopes, nodes = zip(*refs, strict=True)
    rows = _fetch(
        connection,
        "settled_by_then",
        execution_id=pack("uuid", executions),
        scope=pack("text", scopes),
        node=pack("text", nodes),
        by_execution=other.execution_id,
        by_scope=other.scope,
        by_node=other.node,
    )
    return frozenset(Ref(row.execution_id, row.scope, row.node) for row in rows)


def execution(
    connection: psycopg.Connection,
    graphs: Graphs,
    execution_id: UUID,
    *,
    records: int | None = RECORDS_WITH_EXECUTION,
    inline_bytes: int | None = INLINE_PAYLOAD_BYTES,
) -> ExecutionRecord:
    """Return an execution as it stands, with its node records.

    Args:
        records: most node records to return; `None` for all.
        inline_bytes: the largest output to return with its record; `None` for any.

    Raises:
        NoSuchExecution: `execution_not_found`.
    """
    rows = _fetch(connection, "execution", id=execution_id)
    if not rows:
        raise NoSuchExecution(execution_id)
    row = rows[0]
    graph = graphs.shown(connection, row.version_id, row.workflow_id)
    status = ExecutionStatus(row.status)
    nodes = _records(connection, graph, execution_id, records, inline_bytes)
    trigger = outputs(connection, [Ref(execution_id, "", row.trigger_node)])
    return _execution(
        id=str(row.id),
        workflow_id=row.workflow_id,
        workflow_version=row.version,
        status=status,
        trigger_id=row.trigger_node,
        trigger_info=_trigger_info(
            **loads(row.trigger_info),
            trigger_data=next((each.output for each in trigger.values()), None),
            timestamp=milliseconds(row.created_at),
        ),
        start_time=milliseconds(row.created_at),
        end_time=milliseconds(row.finished_at),
        duration_ms=_between(row.created_at, row.finished_at),
        output=_output(connection, graph, execution_id, status),
        node_executions=nodes,
        execution_sequence=[node.node_id for node in nodes if node.start_time],
        counts=_counts(connection, execution_id),
        **spent(connection, graph, execution_id),
        error=error_of(loads(row.error)) if row.error else None,
        retry_of=str(row.retry_of) if row.retry_of else None,
        retried_as=[str(r.id) for r in _fetch(connection, "retried_as", id=execution_id)],
        last_seq=row.next_seq - 1,
        warnings=[]
        if row.finished_at
        else unserved.warnings(connection, execution_id, graph.workflow),
    )


def executions(  # noqa: PLR0913 - each narrows the list
    connection: psycopg.Connection,
    *,
    owner: str,
    status: str | None = None,
    workflow_id: str | None = None,
    id_prefix: str | None = None,
    before: UUID | None = None,
    limit: int = 20,
) -> list[ExecutionBrief]:
    """Return the newest executions of an owner, short.

    Args:
        id_prefix: hexadecimal digits, with or without hyphens, that their ids begin with.
    """
    rows = _fetch(
        connection,
        "executions",
        owner=owner,
        status=status,
        workflow_id=workflow_id,
        id_prefix=id_prefix,
        before=before,
        limit=limit,
    )
    return [short(row) for row in rows]


def short(row: Any) -> ExecutionBrief:
    """Return an execution in short, from a row that has what it says."""
    return _brief(
        id=str(row.id),
        workflow_id=row.workflow_id,
        workflow_version=row.version,
        status=ExecutionStatus(row.status),
        start_time=milliseconds(row.created_at),
        end_time=milliseconds(row.finished_at),
        duration_ms=_between(row.created_at, row.finished_at),
    )


def events(
    connection: psycopg.Connection, execution_id: UUID, *, after_seq: int = 0, rows: int = 1_000
) -> list[Event]:
    """Return the events after `after_seq` in order, of at most `rows` transactions."""
    found = _fetch(connection, "events", id=execution_id, after_seq=after_seq, rows=rows)
    return [event for row in found for event in events_in(row.body, after_seq)]


def events_in(body: bytes, after_seq: int) -> list[Event]:
    """Return those of one transaction's events that follow `after_seq`."""
    return [_event(event) for event in loads(body) if event["seq"] > after_seq]


def status(connection: psycopg.Connection, execution_id: UUID) -> ExecutionStatus:
    """Return an execution's status.

    Raises:
        NoSuchExecution: `execution_not_found`.
    """
    rows = _fetch(connection, "execution", id=execution_id)
    if not rows:
        raise NoSuchExecution(execution_id)
    return ExecutionStatus(rows[0].status)


def _records(
    connection: psycopg.Connection,
    graph: CompiledGraph,
    execution_id: UUID,
    limit: int | None,
    inline_bytes: int | None,
) -> list[NodeExecution]:
    rows = _fetch(connection, "records", id=execution_id, limit=limit, inline_bytes=inline_bytes)
    return [record(graph, row) for row in rows]


def record(graph: CompiledGraph, row: Any) -> NodeExecution:
    """Return a node record, from a row that has what it says."""
    node = graph.nodes.get(row.node)  # none: its execution ended as `row_not_understood`
    details = loads(row.details) if row.details else {}
    return _record(
        node_id=row.node,
        node_name=node.node.name if node else row.node,
        node_type=node.node.type if node else "UNKNOWN",
        node_subtype=node.node.subtype if node else "UNKNOWN",
        scope=row.scope,
        status=WIRE_NODE_STATUS[row.state],
        waiting_on=row.wait_kind,
        start_time=milliseconds(row.started_at),
        end_time=milliseconds(row.finished_at),
        duration_ms=_between(row.started_at, row.finished_at),
        output_key=row.output_key,
        output_data=loads(row.output) if row.output is not None else None,
        output_bytes=row.output_bytes,
        execution_details=details,
        credits_consumed=credits_of(details),
        error=error_of(loads(row.error)) if row.error else None,
        attempt=row.attempt,
        retry_count=row.retry_count,
        max_retries=node.max_retries if node else 0,
        next_attempt_time=milliseconds(row.due_at),
    )


def _output(
    connection: psycopg.Connection,
    graph: CompiledGraph,
    execution_id: UUID,
    status_: ExecutionStatus,
) -> dict[str, Value] | None:
    """Return the root scope's leaves by node id: the run decides what is one, not the drawing."""
    if status_ is not ExecutionStatus.SUCCESS:
        return None
    return {
        row.node: loads(row.output)
        for row in _fetch(connection, "leaf_outputs", id=execution_id)
        if not graph.nodes[row.node].outgoing.get(row.output_key)
    }


def _counts(connection: psycopg.Connection, execution_id: UUID) -> dict[str, int]:
    """Return the node executions by status, in the order of `NodeState`, from begun to settled."""
    found = {row.state: row.count for row in _fetch(connection, "counts", id=execution_id)}
    counts: dict[str, int] = {}
    for state in NodeState:
        if state in found:
            name = WIRE_NODE_STATUS[state].value
            counts[name] = counts.get(name, 0) + found[state]
    return counts


@overload
def milliseconds(moment: datetime) -> int: ...
@overload
def milliseconds(moment: datetime | None) -> int | None: ...
def milliseconds(moment: datetime | None) -> int | None:
    """Return epoch milliseconds, as the public model has them."""
    return None if moment is None else int(moment.timestamp() * 1000)


def _between(start: datetime | None, end: datetime | None) -> int | None:
    if start is None or end is None:
        return None
    return round((end - start).total_seconds() * 1000)
