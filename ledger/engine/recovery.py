"""Recovery: what the scheduler mends in one execution, a transaction each (rules 7, 8, 10).

All of these are queries that go on, not events: whoever comes by does what is due, or nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Failed
from treadle.dag.retries import apply_retry_policy
from treadle.dag.states import FINAL_EXECUTION_STATUSES, LoopPhase
from treadle.ledger.engine.arrivals import Arrivals, place_rows
from treadle.ledger.engine.control import note
from treadle.ledger.engine.endings import end_finished
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.locking import lock_briefly
from treadle.ledger.engine.loops import Failures, settle_scopes
from treadle.ledger.engine.rows import Claim, DispatchQueue, LockedExecution, PostCommit, Ref
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.engine.settlements import settle
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.monitoring.facts import Fact
from treadle.wire.events import EventType

#: Losses after which a node is a suspect and runs in a child of its own (rule 8).
SUSPECT_AFTER = 2
#: Losses after which it fails: two as anybody's, two more in its own child.
LOST_LIMIT = 4


class AttemptTimedOut(TreadleError):
    """An attempt took longer than its limit."""

    reason: ClassVar[str] = "attempt_timed_out"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Raise the node's `timeout`, or make the step shorter."


class WorkerLost(TreadleError):
    """Whatever runs this node dies of it."""

    reason: ClassVar[str] = "worker_lost"
    solution: ClassVar[str] = (
        "Look at the memory and the native code that this step uses: its process was killed."
    )


def wake(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, execution_id: UUID
) -> PostCommit | None:
    """Do what is due in an execution: retries become ready, timers complete."""
    with connection.transaction():
        locked = lock_briefly(connection, graphs, execution_id)
        if locked is None:
            return None
        unit = UnitOfWork(connection, [locked], queue=queue)
        if locked.status not in FINAL_EXECUTION_STATUSES:
            _wake_retries(unit, execution_id)
            _complete_timers(unit, execution_id)
            unit.save()
    return unit.committed()


def _wake_retries(unit: UnitOfWork, execution_id: UUID) -> None:
    locked = unit.locked[execution_id]
    placed = []
    for row in unit.run("due_retries", id=execution_id).fetchall():
        ref = Ref(row.execution_id, row.scope, row.node)
        state, lease_id, epoch = unit.place(locked, ref, -1)
        placed.append((*ref, state, None, None, None, lease_id, None, epoch))
    place_rows(unit, placed)


def _complete_timers(unit: UnitOfWork, execution_id: UUID) -> None:
    locked = unit.locked[execution_id]
    arrivals = Arrivals(unit)
    for row in unit.run("complete_timers", id=execution_id).fetchall():
        ref = Ref(row.execution_id, row.scope, row.node)
        unit.event(
            locked,
            EventType.NODE_COMPLETED,
            node_id=ref.node,
            scope=ref.scope,
            output_key=row.output_key,
        )
        unit.count(locked, ref.scope, -1, -1)
        unit.facts.append(
            Fact("node_settled", (locked.graph.nodes[ref.node].spec.key, "completed"))
        )
        arrivals.leave(ref, row.output_key, cause=-1)
    settle_scopes(unit, arrivals, Failures())
    end_finished(unit)


def reclaim(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
    execution_id: UUID,
    *,
    worker_id: UUID,
    beat: int | None,
) -> PostCommit | None:
    """Make ready again what a dead process runs of one execution.

    Args:
        beat: the beat at which the process has stood still; `None` for one that has no row.
            If it moved meanwhile, nothing is taken (rule 10).
    """
    with connection.transaction():
        locked = lock_briefly(connection, graphs, execution_id)
        if locked is None:
            return None
        unit = UnitOfWork(connection, [locked], queue=queue)
        row = unit.run("beat_for_share", worker_id=worker_id).fetchone()
        if (row.beat if row else None) == beat:
            rows = unit.run(
                "reclaim", id=execution_id, worker_id=worker_id, suspect=SUSPECT_AFTER
            ).fetchall()
            if not locked.paused:
                note(unit, locked, [Ref(*row) for row in rows])
    return unit.committed()


def end_overdue(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
    execution_id: UUID,
    *,
    grace_seconds: float,
) -> PostCommit | None:
    """Settle attempts that are past their limit and whose process does not see to it (rule 7).

    Members of chunks that wait behind them are released, uncharged (rule 8).
    """
    with connection.transaction():
        locked = lock_briefly(connection, graphs, execution_id)
        if locked is None:
            return None
        unit = UnitOfWork(connection, [locked], queue=queue)
        rows = unit.run("overdue", id=execution_id, grace_seconds=grace_seconds).fetchall()
        settlements = []
        for row in rows:
            claim = _claim_of(row, locked.graph)
            failed = timed_out(row.limit_seconds)
            outcome = apply_retry_policy(
                claim.node, claim.retry_count, failed, max_retries=row.max_retries
            )
            settlements.append((-1, settlement_of(claim, outcome)))
        if settlements:
            settle(unit, settlements)
            _release_unstarted(unit, locked, {row.worker_id for row in rows})
            unit.save()
    return unit.committed()


def _release_unstarted(
    unit: UnitOfWork, locked: LockedExecution, workers: Collection[UUID]
) -> None:
    """Make ready again what processes with a hanging thread have claimed and not started."""
    rows = unit.run("release_unstarted", id=locked.id, workers=list(workers)).fetchall()
    if not locked.paused:
        note(unit, locked, [Ref(*row) for row in rows])


def timed_out(limit_seconds: float) -> Failed:
    """Return the failure of an attempt that is past its limit."""
    error = AttemptTimedOut(
        f"The attempt took longer than its limit of {limit_seconds:g} s.",
        limit_seconds=limit_seconds,
    )
    return Failed(error.to_wire())


def _claim_of(row: Any, graph: Any) -> Claim:
    return Claim(
        ref=Ref(row.execution_id, row.scope, row.node),
        lease_id=row.lease_id,
        graph=graph,
        attempt=row.attempt,
        retry_count=row.retry_count,
        lost_count=row.lost_count,
        phase=LoopPhase(row.phase) if row.phase else None,
        turn=row.loop_next or 0,
    )
