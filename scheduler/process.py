"""The scheduler process: what time, loss and a full queue have left to do, over and over.

Any number of replicas is safe: each act is one transaction on one execution that it locks first and
leaves alone if another holds it. An idle pass is two statements; between passes the process sleeps
until the next due time, a notification, or a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from threading import Event
from uuid import UUID

import psycopg
import redis
import structlog

from treadle.core.postgres import LOST
from treadle.core.vital import Vital
from treadle.ledger.engine import schedule
from treadle.ledger.engine.control import end_by_deadline
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.open_counts import fold
from treadle.ledger.engine.recovery import end_overdue, reclaim, wake
from treadle.ledger.views import processes
from treadle.monitoring.metrics import REPAIRS, STRANDED_QUEUES
from treadle.scheduler.dispatcher import Dispatcher
from treadle.scheduler.failure_detector import FailureDetector
from treadle.scheduler.hil_services import running_hil_services
from treadle.scheduler.set_aside import SetAside
from treadle.scheduler.stranded_queues import StrandedQueues
from treadle.transport import scheduler_heartbeat
from treadle.transport.connections import Connections
from treadle.transport.redis_keys import TIMERS_KEY, delete_wrong_types
from treadle.transport.served_queues import Announcer

#: Seconds between two passes when nothing is known to be due earlier.
_PASS_SECONDS = 1.0
#: Seconds after which one that sleeps looks whether it should stop.
_IDLE_SECONDS = 0.25
#: Seconds before what is due is tried again whose execution somebody else holds.
_BUSY_SECONDS = 0.02
#: Seconds past its limit that an attempt's own process has to see to it.
_OVERDUE_GRACE_SECONDS = 5.0
#: The part of a lease between two looks at the processes' beats.
_WATCH_SHARE = 0.2
#: Seconds between two rounds that make the kept counts few rows again.
_FOLD_SECONDS = 5.0
#: Seconds between two rounds of retention.
_RETENTION_SECONDS = 3600.0

#: What is done about each kind of what is due.
_ACTS: Mapping[str, Callable[[Engine, psycopg.Connection, UUID], bool]] = {
    "wake": wake,
    "deadline": end_by_deadline,
    "overdue": partial(end_overdue, grace_seconds=_OVERDUE_GRACE_SECONDS),
}

_log = structlog.get_logger()


class Scheduler:
    """Wakes, ends, reclaims, refills, folds and drops."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._session: psycopg.Connection | None = None
        settings = connections.settings
        self._failures = FailureDetector(lease_seconds=settings.lease_seconds)
        #: Seconds between two looks at heartbeats: how exactly a silence is measured.
        self._watch_seconds = settings.lease_seconds * _WATCH_SHARE
        self._watched = -self._watch_seconds
        self._set_aside = SetAside(connections.engine)
        self._dispatcher = Dispatcher(connections, self._set_aside)
        self._stranded = StrandedQueues()
        self._announcer = Announcer(connections.broker.client)
        self._folded = -_FOLD_SECONDS
        self._retained = -_RETENTION_SECONDS
        #: When the last whole pass ended, on the monotonic clock.
        self._passed = time.monotonic()
        self.vital = Vital()
        """The threads that it cannot do without."""

    def silent_seconds(self) -> float:
        """Return the seconds since the last whole pass, or since the beginning."""
        return time.monotonic() - self._passed

    def run_until(self, stop: Event) -> None:
        """Pass until `stop` is set. A database outage is waited out, and kills no lease.

        Raises:
            VitalPartDied
        """
        _log.info("scheduler.started")
        try:
            with running_hil_services(self._connections) as threads:
                self.vital.watch(*threads)
                while not stop.is_set():
                    self.vital.check()
                    self._sleep(stop, self._passed_or_recovered())
                self.vital.release()
        finally:
            self._close()
        _log.info("scheduler.stopped")

    def _passed_or_recovered(self) -> float:
        """Pass once, and survive what fails; return the seconds until the next pass."""
        try:
            pause = self.run_pass()
            self._passed = time.monotonic()
            scheduler_heartbeat.announce(self._connections.broker.client)
        except LOST as error:
            _log.warning("scheduler.missed", error=str(error))
            return self._recovered()
        except Exception as error:  # noqa: BLE001 - the edge: no row ends the scheduler
            _log.error("scheduler.failed", exc_info=error)
            return self._recovered()
        return pause

    def _recovered(self) -> float:
        """Begin anew after a pass that failed; return the seconds until the next one."""
        self._failures.forget()
        self._close()
        return _PASS_SECONDS

    def run_pass(self) -> float:
        """Do what is due; return the seconds until something is due again."""
        session = self._open()
        grace, aside = _OVERDUE_GRACE_SECONDS, self._set_aside.ids()
        seconds = schedule.next_due(session, grace_seconds=grace, aside=aside)
        if seconds is not None and seconds <= 0:
            for kind, execution_id in schedule.due(session, grace_seconds=grace, aside=aside):
                self._act(kind, execution_id)
        self._watch()
        again = self._dispatcher.refill(session)
        STRANDED_QUEUES.set(len(self._stranded.look(session)))
        self._fold()
        self._retain()
        if seconds is not None:
            seconds = max(_BUSY_SECONDS, seconds)
        return min(each for each in (seconds, again, _PASS_SECONDS) if each is not None)

    def _act(self, kind: str, execution_id: UUID) -> None:
        session = self._open()
        act = _ACTS[kind]
        call = partial(act, self._connections.engine, session, execution_id)
        if self._set_aside.act(session, execution_id, call):
            REPAIRS.labels(kind).inc()
            _log.info("execution.woken", kind=kind, execution_id=str(execution_id))

    def _tend_redis(self, session: psycopg.Connection) -> None:
        """Put keys right, and say what is served for workers of the release before, too."""
        queues = {queue for each in processes.workers(session) for queue in each.queues}
        with suppress(redis.RedisError):
            delete_wrong_types(self._connections.broker.client)
            self._announcer.announce_for_others(queues)

    def _watch(self) -> None:
        """Reclaim what dead processes run; beats are seconds apart, so not at each pass."""
        now = time.monotonic()
        if now - self._watched < self._watch_seconds:
            return
        self._watched = now
        engine, session = self._connections.engine, self._open()
        self._tend_redis(session)
        aside = set(self._set_aside.ids())
        for worker, beat, executions in self._failures.find(session):
            for execution_id in executions - aside:
                call = partial(reclaim, engine, session, execution_id, worker_id=worker, beat=beat)
                if self._set_aside.act(session, execution_id, call):
                    REPAIRS.labels("reclaim").inc()
                    _log.warning(
                        "lease.reclaimed", worker_id=str(worker), execution_id=str(execution_id)
                    )

    def _fold(self) -> None:
        now = time.monotonic()
        if now - self._folded >= _FOLD_SECONDS:
            self._folded = now
            fold(self._open())

    def _retain(self) -> None:
        now = time.monotonic()
        if now - self._retained < _RETENTION_SECONDS:
            return
        self._retained = now
        dropped = schedule.retain(self._open(), days=self._connections.settings.retention_days)
        if dropped:
            _log.info("partition.dropped", partitions=dropped)

    def _open(self) -> psycopg.Connection:
        if self._session is None or self._session.closed:
            self._session = self._connections.open_session()
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _sleep(self, stop: Event, seconds: float) -> None:
        client, until = self._connections.broker.client, time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            try:
                if client.blpop([TIMERS_KEY], timeout=min(left, _IDLE_SECONDS)):
                    client.delete(TIMERS_KEY)
                    return
            except redis.RedisError:
                stop.wait(left)
