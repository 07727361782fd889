"""Quarantine: an execution that cannot be understood ends with a reason, and nothing else does.

Whoever acts on executions meets rows that say what their version does not have, or versions that do
not compile. Acting fails then, each time anew, so the execution is ended as ERROR without its
graph. Where that fails too, or the error is a defect of another kind, the caller sets it aside.

A definition that is as it was stored compiled in the release that stored it. In a rolling upgrade
such a release runs beside this one, so for an hour from an execution's begin it is left to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import structlog

from treadle.core.ids import made_at
from treadle.core.postgres import LOST
from treadle.dag.states import ExecutionStatus
from treadle.ledger.engine.endings import end_early
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.locking import lock_without_graph
from treadle.ledger.engine.row_errors import ReleaseDiffers, RowNotUnderstood
from treadle.monitoring import facts
from treadle.monitoring.facts import Fact

#: Seconds from an execution's begin for which it is left to other releases that can read it.
UPGRADE_SECONDS = 3_600.0

_log = structlog.get_logger()


def quarantine(
    engine: Engine,
    connection: psycopg.Connection,
    execution_id: UUID,
    error: Exception,
    *,
    asked_to: bool = False,
) -> bool:
    """End an execution of which something cannot be understood, with that as its error.

    Args:
        error: what acting on it failed by. Only `row_not_understood` ends it.
        asked_to: whether a person wants it to end, so that it is left to no other release.

    Returns:
        Whether it has ended. If not, that is logged and counted: leave it alone for a while.

    Raises:
        psycopg.Error: the database does not answer (`LOST`).
    """
    if isinstance(error, ReleaseDiffers):
        if not asked_to and _is_young(execution_id):
            facts.count([Fact("row_not_understood", ("left",))])
            _log.warning(
                "execution.left", execution_id=str(execution_id), detail=error.message,
                version_id=error.context["version_id"],
            )  # fmt: skip
            return False
        error = RowNotUnderstood(error.message, **error.context)
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


def send_anew(
    engine: Engine, connection: psycopg.Connection, execution_id: UUID, refs: Sequence[Ref]
) -> None:
    """Have rows sent again that this process cannot claim; no attempt and no loss is counted.

    Raises:
        psycopg.Error: the database does not answer (`LOST`).
    """

    def lock(session: psycopg.Connection) -> Iterable[LockedExecution]:
        one = lock_without_graph(session, execution_id)
        return [one] if one else []

    with engine.acting(connection, lock, pipelined=False) as unit:
        if execution_id in unit:  # else its messages are lost, and found to be
            unit.run_rows("clear_notes", refs)


def _is_young(execution_id: UUID) -> bool:
    """Return whether an execution began so lately that an upgrade may still be under way."""
    return (datetime.now(UTC) - made_at(execution_id)).total_seconds() < UPGRADE_SECONDS


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
