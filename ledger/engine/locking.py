"""Locking executions: rule 1, the lock that everything else in a transaction relies on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from treadle.core.columns import pack
from treadle.dag.graph import CompiledGraph, unread_graph
from treadle.dag.states import ExecutionStatus
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.versions import Graphs
from treadle.ledger.queries import queries

_SQL = queries("work")

#: Milliseconds that the scheduler waits for an execution: many times what a commit holds it.
BRIEFLY_MILLISECONDS = 200


class GraphsUnknown(Exception):
    """Executions that were locked run versions whose graphs are not at hand."""

    def __init__(self, versions: Collection[UUID]) -> None:
        super().__init__(versions)
        self.versions = versions


def lock_available(
    connection: psycopg.Connection, graphs: Graphs, ids: Collection[UUID], *, at_hand: bool = False
) -> list[LockedExecution]:
    """Lock the rows of executions that nobody else holds; the others are left out.

    Raises:
        GraphsUnknown: with `at_hand`, instead of loading a graph while rows are locked.
    """
    cursor = connection.cursor(row_factory=namedtuple_row)
    cursor.execute(_SQL["lock_executions"], {"ids": pack("uuid", ids)}, prepare=True)
    rows: list[Any] = cursor.fetchall()
    unknown = {row.version_id for row in rows if not graphs.knows(row.version_id)}
    if at_hand and unknown:
        raise GraphsUnknown(unknown)
    return [_locked(row, graphs.version(connection, row.version_id)) for row in rows]


def lock_waiting(
    connection: psycopg.Connection, graphs: Graphs, execution_id: UUID
) -> LockedExecution | None:
    """Lock one execution's row, waiting for whoever holds it; `None` if there is no such row."""
    cursor = connection.cursor(row_factory=namedtuple_row)
    cursor.execute(_SQL["lock_execution"], {"id": execution_id}, prepare=True)
    row: Any = cursor.fetchone()
    return _locked(row, graphs.version(connection, row.version_id)) if row else None


def lock_briefly(
    connection: psycopg.Connection, graphs: Graphs, execution_id: UUID
) -> LockedExecution | None:
    """Lock one execution's row for the scheduler; `None` if it is locked for longer than a moment.

    A short wait in the row's queue, and not SKIP LOCKED: an execution that is never at rest would
    be skipped for as long as it runs, and its timers, retries and deadline with it.
    """
    graphs.prepare(connection, [execution_id])
    try:
        with connection.transaction():
            connection.execute(_SQL["wait_briefly"], {"milliseconds": str(BRIEFLY_MILLISECONDS)})
            return lock_waiting(connection, graphs, execution_id)
    except psycopg.errors.LockNotAvailable:
        return None


def lock_without_graph(
    connection: psycopg.Connection, execution_id: UUID
) -> LockedExecution | None:
    """Lock an execution whose graph cannot be had, as `lock_briefly` does; it has no nodes."""
    cursor = connection.cursor(row_factory=namedtuple_row)
    try:
        with connection.transaction():
            connection.execute(_SQL["wait_briefly"], {"milliseconds": str(BRIEFLY_MILLISECONDS)})
            cursor.execute(_SQL["lock_execution"], {"id": execution_id}, prepare=True)
            row: Any = cursor.fetchone()
    except psycopg.errors.LockNotAvailable:
        return None
    return _locked(row, unread_graph(row.workflow_id)) if row else None


def wait_at_most(connection: psycopg.Connection, seconds: float) -> None:
    """Bound how long this session waits for a row: past that it gets `LockNotAvailable`."""
    connection.execute(_SQL["wait_at_most"], {"milliseconds": str(round(seconds * 1000))})


def _locked(row: Any, graph: CompiledGraph) -> LockedExecution:
    return LockedExecution(
        id=row.id,
        version_id=row.version_id,
        owner=row.owner,
        graph=graph,
        status=ExecutionStatus(row.status),
        outstanding=row.outstanding,
        next_seq=row.next_seq,
        node_count=row.node_count,
        priority=row.priority,
        paused=row.paused,
        failure=row.failure,
        questions=row.questions,
        now=row.now,
    )
