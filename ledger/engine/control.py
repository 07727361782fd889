"""Control: what a person, a clock or the scheduler does to one execution.

Each call is one transaction on one execution. Those of the scheduler say whether they had their
turn: where another transaction holds the execution, they come again. Those of a person wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.dag.events import EventType, PauseReason
from treadle.dag.states import ExecutionStatus, NodeState
from treadle.ledger.engine.endings import end_early
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution, NoSuchExecution
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.quarantine import quarantine
from treadle.ledger.engine.row_errors import RowNotUnderstood
from treadle.ledger.engine.unit_of_work import UnitOfWork


class ExecutionIsFinal(TreadleError):
    """The execution has ended, and its final status does not change."""

    reason: ClassVar[str] = "execution_is_final"
    solution: ClassVar[str] = "Start a new execution, or retry this one with `treadle retry`."


class DeadlineExceeded(TreadleError):
    """The execution did not end by its deadline."""

    reason: ClassVar[str] = "execution_deadline_exceeded"
    solution: ClassVar[str] = "Submit it with a longer deadline, or retry it."


def cancel(engine: Engine, connection: psycopg.Connection, execution_id: UUID) -> None:
    """End an execution as CANCELED, with everything of it that is not final.

    One that cannot be understood ends as ERROR, with that as its reason.

    Raises:
        NoSuchExecution, ExecutionIsFinal
    """
    try:
        with _unfinished(engine, connection, execution_id) as (unit, locked):
            end_early(unit, [locked], ExecutionStatus.CANCELED, None)
    except RowNotUnderstood as error:
        if not quarantine(engine, connection, execution_id, error, asked_to=True):
            raise


def pause(engine: Engine, connection: psycopg.Connection, execution_id: UUID) -> None:
    """Close the gate: nothing new is claimed; what runs settles, timers and deadlines go on."""
    with _unfinished(engine, connection, execution_id) as (unit, locked):
        if not locked.paused:
            unit.run("pause", id=locked.id)
            for row in unit.run("ready_in", id=locked.id).fetchall():
                unit.open_counts.move(locked, row.queue, NodeState.READY, None, rows=row.count)
            unit.run("hold", id=locked.id)
            locked.paused = True
            locked.status = ExecutionStatus.PAUSED
            unit.event(locked, EventType.EXECUTION_PAUSED, reason=PauseReason.PAUSE_REQUESTED)


def resume(engine: Engine, connection: psycopg.Connection, execution_id: UUID) -> None:
    """Open the gate again and send what is ready."""
    with _unfinished(engine, connection, execution_id) as (unit, locked):
        if locked.paused:
            unit.run("resume", id=locked.id)
            locked.paused = False
            locked.status = ExecutionStatus.RUNNING
            unit.event(locked, EventType.EXECUTION_RESUMED)
            rows = unit.run("ready_rows", id=locked.id).fetchall()
            for row in rows:
                unit.open_counts.move(locked, row.queue, None, NodeState.READY)
            unit.note(locked, [Ref(row.execution_id, row.scope, row.node) for row in rows])


def end_by_deadline(engine: Engine, connection: psycopg.Connection, execution_id: UUID) -> bool:
    """End an execution whose deadline has passed as TIMEOUT; return whether it had its turn."""
    with engine.briefly(connection, execution_id) as acting:
        if acting is not None:
            unit, locked = acting
            error = DeadlineExceeded("The execution did not end by its deadline.").to_wire()
            end_early(unit, [locked], ExecutionStatus.TIMEOUT, error)
    return acting is not None


@contextmanager
def _unfinished(
    engine: Engine, connection: psycopg.Connection, execution_id: UUID
) -> Iterator[tuple[UnitOfWork, LockedExecution]]:
    """Act for a person on an execution that has not ended.

    Raises:
        NoSuchExecution, ExecutionIsFinal
    """
    with engine.waiting(connection, execution_id) as acting:
        if acting is None:
            raise NoSuchExecution(execution_id)
        _, locked = acting
        if locked.is_final:
            raise ExecutionIsFinal(
                f"The execution has ended with {locked.status}.",
                execution_id=str(execution_id),
                status=locked.status,
            )
        yield acting
