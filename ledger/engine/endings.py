"""Endings: how an execution comes to its final status, exactly once (rule 3, invariant 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from treadle.core.errors import TreadleError
from treadle.dag.states import ExecutionStatus, NodeState
from treadle.dag.values import loads
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.interactions import withdraw, withdraw_in_scopes
from treadle.ledger.engine.row_errors import understanding
from treadle.ledger.engine.scopes import ScopeRef
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.monitoring.facts import Fact


class LedgerInconsistent(TreadleError):
    """An execution has nothing left to run, but a node still waits for its input."""

    reason: ClassVar[str] = "ledger_inconsistent"
    solution: ClassVar[str] = (
        "Report this with the execution's id; until it is fixed, retry the execution."
    )


def end_early(
    unit: UnitOfWork,
    executions: list[LockedExecution],
    status: ExecutionStatus,
    error: Mapping[str, Any] | None,
) -> None:
    """End executions now, and cancel in the same transaction all of theirs that is not final."""
    going = [locked for locked in executions if not locked.is_final]
    if not going:
        return
    ids = [locked.id for locked in going]
    _count_canceled(unit, unit.run("cancel_nodes", ids=ids).fetchall())
    unit.run("cancel_open_scopes", ids=ids)
    withdraw(unit, going)
    for locked in going:
        unit.end(locked, status, error)


def end_finished(unit: UnitOfWork) -> None:
    """End the executions of which nothing is open any more."""
    finished = [
        locked for locked in unit.executions if locked.outstanding == 0 and not locked.is_final
    ]
    if not finished:
        return
    rows = unit.run("stranded", ids=[locked.id for locked in finished]).fetchall()
    stranded = {row.execution_id for row in rows}
    for locked in finished:
        if locked.id in stranded:
            unit.count_facts([Fact("ledger_inconsistent")])
            error = LedgerInconsistent("A node waits for an arrival that cannot come.").to_wire()
            end_early(unit, [locked], ExecutionStatus.ERROR, error)
        elif locked.failure is not None:
            with understanding("The failure that an execution went on after"):
                failure: Any = loads(locked.failure)
            unit.end(locked, ExecutionStatus.ERROR, failure)
        else:
            unit.end(locked, ExecutionStatus.SUCCESS, None)


def cancel_scopes(unit: UnitOfWork, scopes: Sequence[ScopeRef]) -> None:
    """Cancel every row and scope in `scopes` that is not final, inner ones too."""
    if not scopes:
        return
    unit.save_scopes()
    unit.scopes.cancel(scopes)
    _count_canceled(unit, unit.run_rows("cancel_scope_nodes", scopes).fetchall())
    unit.run_rows("cancel_scopes", scopes)
    withdraw_in_scopes(unit, scopes)


def _count_canceled(unit: UnitOfWork, rows: Sequence[Any]) -> None:
    for row in rows:
        locked = unit.of(row.execution_id)
        unit.open_counts.move(
            locked, row.queue, NodeState(row.state), NodeState.CANCELED, rows=row.count
        )
