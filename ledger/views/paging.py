"""Paging: what clients read of an execution piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import psycopg

from treadle.core.columns import pack
from treadle.core.errors import TreadleError
from treadle.dag.graph import CompiledGraph
from treadle.dag.states import WIRE_NODE_STATUS, ExecutionStatus, NodeStatus
from treadle.dag.values import Value, loads
from treadle.ledger.engine.execution_rows import NoSuchExecution
from treadle.ledger.queries import fetching
from treadle.ledger.views.executions import events_in, record, short
from treadle.wire.events import Event
from treadle.wire.executions import ExecutionBrief, NodeExecution

_fetch = fetching("paging")


class NoSuchNodeExecution(TreadleError):
    """The execution has no such node in that scope, or the node has no output."""

    reason: ClassVar[str] = "node_execution_not_found"
    solution: ClassVar[str] = (
        "Check the node's id and the scope; the list of node executions has both."
    )


def owner(connection: psycopg.Connection, execution_id: UUID) -> str | None:
    """Return whose an execution is; `None` if there is none."""
    rows = _fetch(connection, "owner", id=execution_id)
    return rows[0].owner if rows else None


def brief(connection: psycopg.Connection, execution_id: UUID) -> ExecutionBrief:
    """Return an execution, short.

    Raises:
        NoSuchExecution: `execution_not_found`.
    """
    rows = _fetch(connection, "brief", id=execution_id)
    if not rows:
        raise NoSuchExecution(execution_id)
    return short(rows[0])


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the events of an execution are."""

    last_seq: int
    is_over: bool
    """Whether none will follow."""


def reached(connection: psycopg.Connection, execution_id: UUID) -> Reached:
    """Return how far the events of an execution are.

    Raises:
        NoSuchExecution: `execution_not_found`.
    """
    rows = _fetch(connection, "reached", id=execution_id)
    if not rows:
        raise NoSuchExecution(execution_id)
    return Reached(rows[0].last_seq, rows[0].is_over)


def fresh_events(
    connection: psycopg.Connection, after: Mapping[UUID, int], *, rows: int
) -> dict[UUID, list[Event]]:
    """Return the events of several executions that follow the seq given for each, in order.

    Those without any are left out; of each are read at most `rows` transactions.
    """
    found: dict[UUID, list[Event]] = {}
    ids, seqs = pack("uuid", list(after)), pack("bigint", list(after.values()))
    for row in _fetch(connection, "fresh_events", ids=ids, after=seqs, rows=rows):
        found.setdefault(row.id, []).extend(events_in(row.body, after[row.id]))
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """Which records make a page."""

    after: tuple[str, str]
    """Scope and node of the last record before it."""
    limit: int
    inline_bytes: int
    """The largest output that comes with its record."""
    status: NodeStatus | None = None
    """Only records of this status."""


def records(
    connection: psycopg.Connection, graph: CompiledGraph, execution_id: UUID, window: Window
) -> list[NodeExecution]:
    """Return a page of an execution's node records, by scope and node."""
    scope, node = window.after
    states = [
        state for state, status in WIRE_NODE_STATUS.items() if window.status in (None, status)
    ]
    rows = _fetch(
        connection,
        "records",
        id=execution_id,
        scope=scope,
        node=node,
        states=states,
        limit=window.limit,
        inline_bytes=window.inline_bytes,
    )
    return [record(graph, row) for row in rows]


def output(connection: psycopg.Connection, execution_id: UUID, scope: str, node: str) -> bytes:
    """Return what a node execution has put out, as JSON.

    Raises:
        NoSuchNodeExecution: there is none, or it has put out nothing.
    """
    rows = _fetch(connection, "output", id=execution_id, scope=scope, node=node)
    if not rows or rows[0].output is None:
        where = f"{node!r} in scope {scope!r}" if scope else repr(node)
        raise NoSuchNodeExecution(f"There is no output of {where}.", node_id=node, scope=scope)
    return bytes(rows[0].output)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the one working node of a small workflow has come to."""

    workflow_id: str
    status: ExecutionStatus
    output: Value
    """`None` until its execution has succeeded."""


def leaf(connection: psycopg.Connection, execution_id: UUID) -> Leaf | None:
    """Return what a workflow with one node after its trigger has come to."""
    rows = _fetch(connection, "leaf", id=execution_id)
    if not rows:
        return None
    row = rows[0]
    output = loads(row.output) if row.output else None
    return Leaf(row.workflow_id, ExecutionStatus(row.status), output)
