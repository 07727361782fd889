"""The heartbeat: one thread that beats for the process and keeps its leases honest (rules 7, 10).

With each beat the ledger says what it has this process run. A lease that nothing here holds, twice
in a row, is released. A lease that something here holds and the ledger has not, twice in a row,
is lost, and its attempt is interrupted.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from threading import Event
from uuid import UUID

import psycopg
import structlog

from treadle.core.ids import new_id
from treadle.core.postgres import LOST
from treadle.core.vital import VitalThread
from treadle.dag.outcomes import Released
from treadle.dag.specs.tasks import task_queue
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.row_errors import RowNotUnderstood
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.engine.versions import Graphs
from treadle.ledger.views import processes
from treadle.monitoring.metrics import WORKER_IN_FLIGHT, pool_used
from treadle.workers.leases import Leases
from treadle.workers.runner import Runner
from treadle.workers.tasks import TASKS

_log = structlog.get_logger()


class Heartbeat:
    """Registers the process, beats, and takes it off the list at the end."""

    def __init__(
        self,
        open_session: Callable[[], psycopg.Connection],
        *,
        runner: Runner,
        leases: Leases,
        graphs: Graphs,
        period_seconds: float,
    ) -> None:
        self._open_session = open_session
        self._runner = runner
        self._leases = leases
        self._graphs = graphs
        self._period_seconds = period_seconds
        self._connection: psycopg.Connection | None = None
        self._stopping = Event()
        self.thread = VitalThread(self._run, "heartbeat")
        #: Leases that were out of step at the last beat: unknown here, or unknown to the ledger.
        self._orphans: frozenset[UUID] = frozenset()
        self._lost: frozenset[UUID] = frozenset()

    def start(self) -> None:
        """Register the process, then beat until `stop`."""
        self._register()
        self.thread.start()

    def stop(self) -> None:
        """Beat no more, and take the process off the list."""
        self._stopping.set()
        self.thread.join()
        try:
            if self._runner.worker_id is not None:
                processes.unregister(self._session(), self._runner.worker_id)
        except LOST:
            _log.warning("worker.left", detail="the ledger cannot be reached; its beat will end")
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while not self._stopping.wait(self._period_seconds):
            self._beat()

    def _beat(self) -> None:
        worker_id = self._runner.worker_id
        try:
            if worker_id is None:
                self._register()
                return
            draining = self._runner.draining.is_set()
            known = processes.beat(self._session(), worker_id, draining=draining)
            if known is None:
                _log.warning("worker.forgotten", worker_id=str(worker_id))
                self._runner.worker_id = None
                self._register()
                return
            self._compare(known)
        except LOST as error:
            _log.warning("heartbeat.missed", error=str(error))
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _compare(self, known: dict[UUID, Ref]) -> None:
        held = self._leases.held()
        WORKER_IN_FLIGHT.set(len(held))
        pool_used(self._runner.records.pool_stats())
        orphans = frozenset(known) - held.keys()
        for lease_id in orphans & self._orphans:
            try:
                self._release(known[lease_id], lease_id)
            except (KeyError, RowNotUnderstood) as error:
                # Past retention, or the scheduler ends it at its limit.
                _log.warning("lease.orphaned", detail=f"its graph is not there: {error}")
        lost = frozenset(held) - known.keys()
        self._leases.interrupt(lost & self._lost)
        self._orphans, self._lost = orphans, lost

    def _release(self, ref: Ref, lease_id: UUID) -> None:
        session = self._session()
        claim = Claim(ref, lease_id, self._graphs.execution(session, ref.execution_id))
        _log.warning("lease.orphaned", node_id=ref.node, execution_id=str(ref.execution_id))
        outcome = settlement_of(claim, Released())
        self._runner.committer.commit([Request(ref.execution_id, settlements=[outcome])])

    def _register(self) -> None:
        worker_id = new_id()
        processes.register(
            self._session(),
            worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            queues=self._runner.queues,
            max_retries=_retries_allowed(),
            task_inputs=_task_inputs(),
        )
        self._runner.worker_id = worker_id

    def _session(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._open_session()
        return self._connection


def _retries_allowed() -> dict[str, int]:
    """Return how many retries this process's tasks allow, by queue, where they say."""
    return {
        task_queue(task.name): task.max_retries for task in TASKS if task.max_retries is not None
    }


def _task_inputs() -> dict[str, frozenset[str]]:
    """Return which keys of an input this process's tasks read, by queue, where that is known."""
    return {task_queue(task.name): task.keys for task in TASKS if task.keys is not None}
