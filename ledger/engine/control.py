"""Control: what a person, a clock or the scheduler does to one execution.

Each call is one transaction on one execution. Those of the scheduler return `None` when another
transaction holds it: they come back. Those of a person wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.core.postgres import pipelined_transaction
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus
from treadle.ledger.engine.endings import end_early
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.locking import lock_available, lock_briefly, lock_waiting
from treadle.ledger.engine.rows import DispatchQueue, LockedExecution, PostCommit, Queued, Ref
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.wire.events import EventType


class NoSuchExecution(TreadleError):
    """No execution has this id."""

    reason: ClassVar[str] = "execution_not_found"
    solution: ClassVar[str] = "Check the id; `treadle executions` lists them."

    def __init__(self, execution_id: UUID | str) -> None:
        super().__init__(f"There is no execution {execution_id}.", execution_id=str(execution_id))


class ExecutionIsFinal(TreadleError):
    """The execution has ended, and a final status is final."""

    reason: ClassVar[str] = "execution_is_final"
    solution: ClassVar[str] = "Start a new execution, or retry this one with `treadle retry`."


class DeadlineExceeded(TreadleError):
    """The execution did not end by its deadline."""

    reason: ClassVar[str] = "execution_deadline_exceeded"
    solution: ClassVar[str] = "Submit it with a longer deadline, or retry it."


def cancel(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, execution_id: UUID
) -> PostCommit:
    """End an execution as CANCELED, with everything of it that is not final."""
    with connection.transaction():
        unit, locked = _hold_for_a_person(connection, graphs, queue, execution_id)
        end_early(unit, [locked], ExecutionStatus.CANCELED, None)
        unit.save()
    return unit.committed()


def pause(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, execution_id: UUID
) -> PostCommit:
    """Close the gate: nothing new is claimed; what runs settles, timers and deadlines go on."""
    with connection.transaction():
        unit, locked = _hold_for_a_person(connection, graphs, queue, execution_id)
        if not locked.paused:
            unit.run("pause", id=locked.id)
            locked.paused = True
            locked.status = ExecutionStatus.PAUSED
            unit.event(locked, EventType.EXECUTION_PAUSED, reason="pause_requested")
        unit.save()
    return unit.committed()


def resume(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, execution_id: UUID
) -> PostCommit:
    """Open the gate again and send what is ready."""
    with connection.transaction():
        unit, locked = _hold_for_a_person(connection, graphs, queue, execution_id)
        if locked.paused:
            unit.run("resume", id=locked.id)
            locked.paused = False
            locked.status = ExecutionStatus.RUNNING
            unit.event(locked, EventType.EXECUTION_RESUMED)
            rows = unit.run("ready_rows", id=locked.id).fetchall()
            note(unit, locked, [Ref(*row) for row in rows])
        unit.save()
    return unit.committed()


def end_by_deadline(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, execution_id: UUID
) -> PostCommit | None:
    """End an execution whose deadline has passed as TIMEOUT."""
    with connection.transaction():
        locked = lock_briefly(connection, graphs, execution_id)
        if locked is None:
            return None
        unit = UnitOfWork(connection, [locked], queue=queue)
        error = DeadlineExceeded("The execution did not end by its deadline.").to_wire()
        end_early(unit, [locked], ExecutionStatus.TIMEOUT, error)
        unit.save()
    return unit.committed()


def refill(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
    execution_id: UUID,
    refs: Sequence[Ref],
) -> PostCommit | None:
    """Note ready rows as sent: what the dispatcher found unsent, or sent and lost (rule 9)."""
    with connection.transaction():
        locked = lock_briefly(connection, graphs, execution_id)
        if locked is None:
            return None
        unit = UnitOfWork(connection, [locked], queue=queue)
        if not locked.paused and locked.status not in FINAL_EXECUTION_STATUSES:
            note(unit, locked, refs)
    return unit.committed()


def refill_together(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
    rows: Mapping[UUID, Sequence[Ref]],
) -> tuple[PostCommit, list[UUID]]:
    """Note the ready rows of several executions as sent, in one transaction.

    Returns:
        What follows, and the executions that somebody else holds: `refill` waits for one a moment.
    """
    graphs.prepare(connection, sorted(rows))
    with pipelined_transaction(connection):
        locked = lock_available(connection, graphs, sorted(rows))
        unit = UnitOfWork(connection, locked, queue=queue)
        for each in locked:
            if not each.paused and each.status not in FINAL_EXECUTION_STATUSES:
                note(unit, each, rows[each.id])
    return unit.committed(), [each for each in rows if each not in unit.locked]


def note(unit: UnitOfWork, locked: LockedExecution, refs: Sequence[Ref]) -> None:
    """Note those of `refs` that are ready and find room on the queue, and leave them to send."""
    rows = []
    for ref in refs:
        epoch = unit.queue.admit(locked.graph.nodes[ref.node].queue)
        if epoch is not None:
            rows.append((*ref, epoch))
    if not rows:
        return
    names = ("execution_id", "scope", "node", "epoch")
    noted = unit.run_rows("note", names, rows).fetchall()
    unit.post_commit[0].noted.extend(queued(locked, Ref(*row)) for row in noted)


def queued(locked: LockedExecution, ref: Ref) -> Queued:
    """Return a ready row as the queue carries it."""
    node = locked.graph.nodes[ref.node]
    return Queued(node.queue, locked.priority, node.lane, ref)


def _hold_for_a_person(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, execution_id: UUID
) -> tuple[UnitOfWork, LockedExecution]:
    locked: Any = lock_waiting(connection, graphs, execution_id)
    if locked is None:
        raise NoSuchExecution(execution_id)
    if locked.status in FINAL_EXECUTION_STATUSES:
        raise ExecutionIsFinal(
            f"The execution has ended with {locked.status}.",
            execution_id=str(execution_id),
            status=locked.status,
        )
    return UnitOfWork(connection, [locked], queue=queue), locked
