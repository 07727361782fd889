"""The engine: it locks executions, lets a unit of work act on them, commits, and publishes.

Nobody who calls it carries what it needs, or has to remember what is to be done after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import psycopg

from treadle.core.postgres import pipelined_transaction
from treadle.ledger.engine.execution_lines import log_executions
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.interactions import derive_statuses
from treadle.ledger.engine.locking import lock_available, lock_briefly, lock_waiting
from treadle.ledger.engine.post_commit import DispatchQueue, PostCommit
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.engine.versions import Graphs
from treadle.monitoring import facts

Lock = Callable[[psycopg.Connection], Iterable[LockedExecution]]
"""Locks executions, or brings new ones along."""


class Engine:
    """What changes executions; safe for threads, each with a session of its own."""

    def __init__(self, graphs: Graphs, queue: DispatchQueue) -> None:
        self.graphs = graphs
        self._queue = queue

    def waiting(
        self, connection: psycopg.Connection, execution_id: UUID
    ) -> AbstractContextManager[tuple[UnitOfWork, LockedExecution] | None]:
        """Act on one execution while inside, once whoever holds it lets go.

        It gives `None` if there is no such execution: retention has dropped it.
        """
        return self._one(connection, lock_waiting, execution_id)

    def briefly(
        self, connection: psycopg.Connection, execution_id: UUID
    ) -> AbstractContextManager[tuple[UnitOfWork, LockedExecution] | None]:
        """Act on one execution while inside, if it is held no longer than a moment.

        Else it gives `None`, and the caller comes again.
        """
        return self._one(connection, lock_briefly, execution_id)

    @contextmanager
    def available(
        self, connection: psycopg.Connection, executions: Sequence[UUID]
    ) -> Iterator[UnitOfWork]:
        """Act on those of several executions that nobody else holds, in one transaction."""
        self.graphs.prepare(connection, executions)

        def lock(session: psycopg.Connection) -> Iterable[LockedExecution]:
            return lock_available(session, self.graphs, executions)

        with self.acting(connection, lock) as unit:
            yield unit

    @contextmanager
    def acting(
        self,
        connection: psycopg.Connection,
        lock: Lock,
        *,
        pipelined: bool = True,
        worker_id: UUID | None = None,
    ) -> Iterator[UnitOfWork]:
        """Act in one transaction on what `lock` returns; publish once it has committed.

        Args:
            pipelined: whether statements are sent without waiting for the one before.
            worker_id: the process that leases are taken for.
        """
        self._queue.refresh()
        begin = pipelined_transaction if pipelined else psycopg.Connection.transaction
        with begin(connection):
            unit = UnitOfWork(connection, lock(connection), queue=self._queue, worker_id=worker_id)
            yield unit
            unit.save_scopes()
            derive_statuses(unit)
            unit.save()
        facts.count(unit.facts)
        self._queue.publish(unit.post_commit)
        log_executions(unit.executions, unit.ended)

    def publish(self, work: PostCommit) -> None:
        """Publish what no transaction left: for what was found out without one."""
        self._queue.publish(work)

    @contextmanager
    def _one(
        self,
        connection: psycopg.Connection,
        lock: Callable[[psycopg.Connection, Graphs, UUID], LockedExecution | None],
        execution_id: UUID,
    ) -> Iterator[tuple[UnitOfWork, LockedExecution] | None]:
        def locked(session: psycopg.Connection) -> Iterable[LockedExecution]:
            one = lock(session, self.graphs, execution_id)
            return [one] if one else []

        # Not pipelined: a wait for the row may be refused, which ends no more than the wait.
        with self.acting(connection, locked, pipelined=False) as unit:
            yield (unit, unit.of(execution_id)) if execution_id in unit else None
