"""Endings: how an execution comes to its final status, exactly once (rule 3, invariant 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from treadle.core.errors import TreadleError
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus
from treadle.dag.values import loads
from treadle.ledger.engine.interactions import withdraw
from treadle.ledger.engine.rows import Held
from treadle.ledger.engine.unit_of_work import Unit
from treadle.monitoring.facts import Fact


class LedgerInconsistent(TreadleError):
    """Nothing of an execution is open, and yet a node still waits for an arrival."""

    reason: ClassVar[str] = "ledger_inconsistent"
    solution: ClassVar[str] = "Report this with the execution's id; retry the execution meanwhile."


def end_early(
    unit: Unit, executions: list[Held], status: ExecutionStatus, error: Mapping[str, Any] | None
) -> None:
    """End executions now, and cancel in the same transaction all of theirs that is not final."""
    going = [held for held in executions if held.status not in FINAL_EXECUTION_STATUSES]
    if not going:
        return
    ids = [held.id for held in going]
    unit.run("cancel_nodes", ids=ids)
    unit.run("cancel_open_scopes", ids=ids)
    withdraw(unit, going)
    for held in going:
        unit.end(held, status, error)


def end_finished(unit: Unit) -> None:
    """End the executions of which nothing is open any more."""
    finished = [
        held
        for held in unit.held.values()
        if held.outstanding == 0 and held.status not in FINAL_EXECUTION_STATUSES
    ]
    if not finished:
        return
    rows = unit.run("stranded", ids=[held.id for held in finished]).fetchall()
    stranded = {row.execution_id for row in rows}
    for held in finished:
        if held.id in stranded:
            unit.facts.append(Fact("ledger_inconsistent"))
            error = LedgerInconsistent("A node waits for an arrival that cannot come.").to_wire()
            end_early(unit, [held], ExecutionStatus.ERROR, error)
        elif held.failure is not None:
            unit.end(held, ExecutionStatus.ERROR, loads(held.failure))
        else:
            unit.end(held, ExecutionStatus.SUCCESS, None)
