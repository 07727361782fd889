"""Retrying: a new execution of the same version that keeps what stands of a final one.

Nothing is ever reopened. What stays is copied and settled once more for its arrivals, by the same
code as any settle, in the transaction that creates the new execution.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.dag.events import EventType
from treadle.dag.graph import CompiledGraph
from treadle.dag.retained_nodes import retained_nodes
from treadle.dag.scopes import ROOT
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus, NodeState
from treadle.dag.values import loads
from treadle.ledger.engine.arrivals import Arrivals
from treadle.ledger.engine.endings import end_finished
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution, NewExecution, NoSuchExecution
from treadle.ledger.engine.idempotency import IdempotencyConflict, Key, reserve
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.submission_check import check_key
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.queries import fetching, queries

_SQL = queries("retrying")
_fetch = fetching("retrying")


class ExecutionNotFinal(TreadleError):
    """The execution still runs, so it cannot be retried yet."""

    reason: ClassVar[str] = "execution_not_final"
    solution: ClassVar[str] = "Wait until it ends, or cancel it first with `treadle cancel`."


class NothingToRetry(TreadleError):
    """The execution succeeded, so nothing has to run again."""

    reason: ClassVar[str] = "nothing_to_retry"
    solution: ClassVar[str] = "Submit the workflow again to run it again."


def retry(
    engine: Engine,
    connection: psycopg.Connection,
    execution_id: UUID,
    *,
    idempotency_key: str | None = None,
) -> UUID:
    """Create an execution that repeats a final one from where it failed; return its id.

    With a key that was used for this before, the execution that was created then is returned.

    Raises:
        NoSuchExecution, ExecutionNotFinal, NothingToRetry
        IdempotencyConflict: the key was used to retry another execution.
        IdempotencyKeyInvalid
    """
    check_key(idempotency_key)
    old = _retried(connection, execution_id)
    graph = engine.graphs.version(connection, old.version_id)
    new = _new(old, execution_id, graph)
    held: dict[UUID, UUID | IdempotencyConflict] = {}

    def begin(session: psycopg.Connection) -> list[LockedExecution]:
        if idempotency_key is not None:
            key = Key(old.owner, "retry", idempotency_key, execution_id.bytes, new.id)
            held.update(reserve(session, [key]))
        return [] if held else [new]

    with engine.acting(connection, begin, pipelined=False) as unit:
        if not held:
            _begin(unit, connection, old, new, execution_id)
    holder = held.get(new.id, new.id)
    if isinstance(holder, IdempotencyConflict):
        raise holder
    return holder


def _begin(
    unit: UnitOfWork,
    connection: psycopg.Connection,
    old: Any,
    new: LockedExecution,
    execution_id: UUID,
) -> None:
    """Copy what stands, and settle it once more for what has to run."""
    ended = {
        row.node: (NodeState(row.state), row.output_key)
        for row in _fetch(connection, "root_rows", id=execution_id)
    }
    standing = retained_nodes(new.graph, ended)
    _copy(connection, execution_id, new, standing)
    started = {"trigger_id": old.trigger_node, "retry_of": str(execution_id)}
    unit.event(new, EventType.EXECUTION_STARTED, **started)
    refs = {node: Ref(new.id, ROOT, node) for node in standing}
    arrivals = Arrivals(unit, settled_before=frozenset(refs.values()))
    for node in new.graph.order:
        if node in refs:
            arrivals.leave(refs[node], ended[node][1], unit.nobody)
    arrivals.write()
    end_finished(unit)


def _new(old: Any, execution_id: UUID, graph: CompiledGraph) -> LockedExecution:
    return LockedExecution.begun(
        NewExecution(
            id=new_id(),
            version_id=old.version_id,
            graph=graph,
            owner=old.owner,
            trigger=old.trigger_node,
            trigger_info={**loads(old.trigger_info), "retry_of": str(execution_id)},
            priority=old.priority,
            deadline=_deadline(old.deadline_seconds),
            retry_of=execution_id,
        )
    )


def _deadline(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _copy(
    connection: psycopg.Connection, old: UUID, new: LockedExecution, standing: frozenset[str]
) -> None:
    """Copy the rows of nodes that stand, with those of the scopes inside them."""
    copied = {"id": old, "new_id": new.id, "nodes": sorted(standing)}
    connection.execute(_SQL["copy_scopes"], copied)
    in_scopes = connection.execute(_SQL["copy_nodes"], copied).rowcount - len(standing)
    new.node_count += in_scopes


def _retried(connection: psycopg.Connection, execution_id: UUID) -> Any:
    rows = _fetch(connection, "retried", id=execution_id)
    if not rows:
        raise NoSuchExecution(execution_id)
    old = rows[0]
    status = ExecutionStatus(old.status)
    if status not in FINAL_EXECUTION_STATUSES:
        raise ExecutionNotFinal(
            f"The execution is {status}.", execution_id=str(execution_id), status=status
        )
    if status is ExecutionStatus.SUCCESS:
        raise NothingToRetry("The execution succeeded.", execution_id=str(execution_id))
    return old
