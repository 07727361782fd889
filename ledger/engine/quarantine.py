"""Quarantine: an execution that cannot be understood ends with a reason, and nothing else does.

Whoever acts on executions meets rows that say what their version does not have, or versions that do
not compile. Acting fails then, each time anew, so the execution is ended as ERROR without its
graph. Where that fails too, or the error is a defect of another kind, the caller sets it aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import psycopg
import structlog

from treadle.core.postgres import LOST
from treadle.dag.states import ExecutionStatus
from treadle.ledger.engine.endings import end_early
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.locking import lock_without_graph
from treadle.ledger.engine.row_errors import RowNotUnderstood
from treadle.monitoring import facts
from treadle.monitoring.facts import Fact

_log = structlog.get_logger()


def quarantine(
    engine: Engine, connection: psycopg.Connection, execution_id: UUID, error: Exception
) -> bool:
    """End an execution of which something cannot be understood, with that as its error.

    Args:
        error: what acting on it failed by. Only `row_not_understood` ends it.

    Returns:
        Whether it has ended. If not, that is logged and counted: leave it alone for a while.

    Raises:
        psycopg.Error: the database does not answer (`LOST`).
    """
    if isinstance(error, RowNotUnderstood):
        error.context.setdefault("execution_id", str(execution_id))
        try:
            if _end(engine, connection, execution_id, error):
                _log.error("execution.quarantined", **error.context, detail=error.message)
                return True
        except LOST:
            raise
        except Exception as another:  # noqa: BLE001 - the edge: it cannot even be ended
            error = another
    facts.count([Fact("row_not_understood", ("set_aside",))])
    _log.error(
        "execution.deferred", execution_id=str(execution_id), error=repr(error), exc_info=error
    )
    return False


def _end(
    engine: Engine, connection: psycopg.Connection, execution_id: UUID, error: RowNotUnderstood
) -> bool:
    def lock(session: psycopg.Connection) -> Iterable[LockedExecution]:
        one = lock_without_graph(session, execution_id)
        return [one] if one else []

    with engine.acting(connection, lock, pipelined=False) as unit:
        going = [each for each in unit.executions if not each.is_final]
        end_early(unit, going, ExecutionStatus.ERROR, error.to_wire())
        unit.count_facts(Fact("row_not_understood", ("ended",)) for _ in going)
    return execution_id in unit
