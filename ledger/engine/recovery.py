"""Recovery: what the scheduler repairs in one execution, a transaction each (rules 7, 8, 10).

All of these are queries that go on, not events: whoever comes by does what is due, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.dag.events import EventType
from treadle.dag.outcomes import Failed
from treadle.dag.retries import apply_retry_policy
from treadle.dag.states import LoopPhase, NodeState
from treadle.ledger.engine.arrivals import Arrivals, PlacedRow, place_rows
from treadle.ledger.engine.endings import end_finished
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.leases import SUSPECT_AFTER, Claim, Ref
from treadle.ledger.engine.loops import Failures, settle_scopes
from treadle.ledger.engine.settle_rows import Settlement, settlement_of
from treadle.ledger.engine.settlements import Settling, settle
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.monitoring.facts import Fact

#: Losses after which it fails: two as anybody's, two more in its own child.
LOST_LIMIT = 4


class AttemptTimedOut(TreadleError):
    """An attempt ran longer than the node's `timeout`."""

    reason: ClassVar[str] = "attempt_timed_out"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Raise the node's `timeout`, or make the step shorter."


class WorkerLost(TreadleError):
    """Every worker process that ran this node died."""

    reason: ClassVar[str] = "worker_lost"
    solution: ClassVar[str] = (
        "Check the memory use and the native code of this step: its process was killed."
    )


def wake(engine: Engine, connection: psycopg.Connection, execution_id: UUID) -> bool:
    """Do what is due in an execution: retries become ready, timers complete.

    Returns:
        Whether it had its turn.
    """
    with engine.briefly(connection, execution_id) as acting:
        if acting is not None and not acting[1].is_final:
            unit, locked = acting
            _wake_retries(unit, locked)
            _complete_timers(unit, locked)
    return acting is not None


def _wake_retries(unit: UnitOfWork, locked: LockedExecution) -> None:
    placed = []
    for row in unit.run("due_retries", id=locked.id).fetchall():
        ref = Ref(row.execution_id, row.scope, row.node)
        place = unit.place(ref, unit.nobody, leaves=NodeState.RETRYING)
        placed.append(
            PlacedRow(
                *ref, place.state, epoch=place.epoch,
                owner=place.owner, workflow_id=place.workflow_id,
            )
        )  # fmt: skip
    place_rows(unit, placed)


def _complete_timers(unit: UnitOfWork, locked: LockedExecution) -> None:
    arrivals = Arrivals(unit)
    for row in unit.run("complete_timers", id=locked.id).fetchall():
        ref = Ref(row.execution_id, row.scope, row.node)
        unit.node_event(ref, EventType.NODE_COMPLETED, output_key=row.output_key)
        unit.count(ref, -1, unit.nobody)
        node = locked.node(ref)
        unit.open_counts.move(locked, node.queue, NodeState.WAITING, NodeState.COMPLETED)
        unit.count_facts([Fact("node_settled", (node.spec.key, "completed"))])
        arrivals.leave(ref, row.output_key, unit.nobody)
    settle_scopes(unit, arrivals, Failures())
    end_finished(unit)


def reclaim(
    engine: Engine,
    connection: psycopg.Connection,
    execution_id: UUID,
    *,
    worker_id: UUID,
    beat: int | None,
) -> bool:
    """Make ready again what a dead process runs of one execution.

    Args:
        beat: the beat at which the process has stood still; `None` for one that has no row.
            If it moved meanwhile, nothing is taken (rule 10).

    Returns:
        Whether it had its turn.
    """
    with engine.briefly(connection, execution_id) as acting:
        if acting is not None:
            unit, locked = acting
            row = unit.run("beat_for_share", worker_id=worker_id).fetchone()
            if (row.beat if row else None) == beat:
                taken = unit.run(
                    "reclaim", id=execution_id, worker_id=worker_id, suspect=SUSPECT_AFTER
                )
                _ready_again(unit, locked, taken.fetchall())
    return acting is not None


def end_overdue(
    engine: Engine, connection: psycopg.Connection, execution_id: UUID, *, grace_seconds: float
) -> bool:
    """Settle attempts that are past their limit and whose process does not see to it (rule 7).

    Members of chunks that wait behind them are released, uncharged (rule 8).

    Returns:
        Whether it had its turn.
    """
    with engine.briefly(connection, execution_id) as acting:
        if acting is not None:
            unit, locked = acting
            rows = unit.run("overdue", id=execution_id, grace_seconds=grace_seconds).fetchall()
            if rows:
                settle(unit, [Settling(unit.nobody, _overdue(row, locked)) for row in rows])
                workers = list({row.worker_id for row in rows})
                unstarted = unit.run("release_unstarted", id=locked.id, workers=workers)
                _ready_again(unit, locked, unstarted.fetchall())
    return acting is not None


def _ready_again(unit: UnitOfWork, locked: LockedExecution, rows: Sequence[Any]) -> None:
    """Count rows that ran and are ready now, and have them sent."""
    for row in rows:
        unit.open_counts.move(locked, row.queue, NodeState.RUNNING, NodeState.READY)
    unit.note(locked, [Ref(row.execution_id, row.scope, row.node) for row in rows])


def timed_out(limit_seconds: float) -> Failed:
    """Return the failure of an attempt that is past its limit."""
    error = AttemptTimedOut(
        f"The attempt took longer than its limit of {limit_seconds:g} s.",
        limit_seconds=limit_seconds,
    )
    return Failed(error.to_wire())


def _overdue(row: Any, locked: LockedExecution) -> Settlement:
    """Return the outcome of an attempt that is past its limit."""
    claim = Claim(
        ref=Ref(row.execution_id, row.scope, row.node),
        lease_id=row.lease_id,
        graph=locked.graph,
        attempt=row.attempt,
        retry_count=row.retry_count,
        lost_count=row.lost_count,
        phase=LoopPhase(row.phase) if row.phase else None,
        turn=row.loop_next or 0,
    )
    failed = timed_out(row.limit_seconds)
    outcome = apply_retry_policy(claim.node, claim.retry_count, failed, max_retries=row.max_retries)
    return settlement_of(claim, outcome)
