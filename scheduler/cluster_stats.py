"""Cluster stats: the gauges of what is true of all of it, looked up when a scheduler is asked.

They are nobody's counts, so every scheduler that is asked gives the same ones: take the largest,
not the sum. An answer is kept for a while, and the longer the look took the longer; so however
often anybody asks, the ledger spends little on it, and nothing while nobody does. What is open is
counted again by the first look and from time to time: in a rolling upgrade processes of a release
that keeps no counts change things too.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from threading import Lock, Thread
from typing import NamedTuple

import psycopg
import redis
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from treadle.core.postgres import LOST, SessionLimits, connect
from treadle.dag.specs import CORE_QUEUE
from treadle.dag.specs.planning import PLANNER_QUEUE
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus, NodeState
from treadle.ledger.engine.open_counts import recount
from treadle.ledger.engine.submission import DEFAULT_PRIORITY
from treadle.ledger.views import processes
from treadle.ledger.views.processes import WorkerRow
from treadle.ledger.views.statistics import Open, open_counts, sessions
from treadle.monitoring.metrics import REPAIRS
from treadle.transport import metrics_relay
from treadle.transport.connections import Connections
from treadle.transport.pause_table import PauseTable

#: Seconds for which a look counts at least.
_FRESH_SECONDS = 5.0
#: The part of the time that the ledger spends on being asked, at most.
_SHARE = 0.05
#: Seconds that a page waits for a look; then it shows what the one before found.
_PATIENCE_SECONDS = 2.0
#: Seconds between two looks that count again what is kept.
_RECOUNT_SECONDS = 600.0
#: To count again is to read every open row, which may take its time where there are millions.
_LIMITS = SessionLimits(statement_seconds=60.0, transaction_seconds=90.0)
#: The label of queues that no live process takes. Workflows name them, so they are no closed set.
_UNSERVED = "unserved"
_OPEN_STATES = (NodeState.RUNNING, NodeState.RETRYING, NodeState.WAITING)

_log = structlog.get_logger()


class Gauge(NamedTuple):
    """What is said of one of the cluster's gauges."""

    description: str
    labels: tuple[str, ...] = ()


GAUGES: Mapping[str, Gauge] = {
    "treadle_executions_in_progress": Gauge("Executions that have not ended.", ("status",)),
    "treadle_nodes_open": Gauge(
        "Node executions that run, wait or will be tried again.", ("state",)
    ),
    "treadle_queue_depth": Gauge(
        "Nodes that are ready and wait for a worker; not those of paused executions.",
        ("queue", "priority"),
    ),
    "treadle_queue_oldest_seconds": Gauge(
        "How long the ready node that is next has waited, of all owners' workflows the longest.",
        ("queue", "priority"),
    ),
    "treadle_workers": Gauge(
        "Processes that take nodes (`worker`) or plan (`planner`), `up` or `draining`; a dead one "
        "counts until its lease is over.",
        ("kind", "state"),
    ),
    "treadle_questions_pending": Gauge("Questions that wait for an answer."),
    "treadle_questions_oldest_seconds": Gauge("Age of the oldest question that waits."),
    "treadle_questions_undelivered": Gauge("Questions that have not reached their channel."),
    "treadle_questions_undelivered_seconds": Gauge(
        "How long the oldest of them has waited to be delivered."
    ),
    "treadle_questions_overdue": Gauge(
        "Questions whose time is over and that no sweeper has ended yet."
    ),
    "treadle_questions_overdue_seconds": Gauge("How late the latest question is."),
    "treadle_postgres_sessions": Gauge("Sessions that PostgreSQL has open, of all its clients."),
    "treadle_postgres_sessions_limit": Gauge("How many sessions PostgreSQL gives at most."),
    "treadle_pause_table_parked": Gauge("Questions that stand in Redis; the ledger is the truth."),
    "treadle_outbox_pending": Gauge("Messages that are still to be delivered."),
    "treadle_outbox_oldest_seconds": Gauge(
        "How long the oldest message has waited to be delivered, whatever was tried meanwhile."
    ),
}
"""Every gauge of the cluster, by name, in the order of docs/monitoring.md."""


class ClusterStats(Collector):
    """Looks at the ledger for the cluster's gauges; safe for threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._pauses = PauseTable(connections.broker.client)
        self._lock = Lock()
        self._found: list[Metric] = []
        self._until = 0.0
        self._recounted = -_RECOUNT_SECONDS
        self._looking = Thread(target=self._refresh)

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; none while the ledger cannot be asked."""
        metrics_relay.take(self._connections.broker.client)
        with self._lock:
            if not self._looking.is_alive() and time.monotonic() >= self._until:
                self._looking = Thread(target=self._refresh, name="open_counts", daemon=True)
                self._looking.start()
        self._looking.join(_PATIENCE_SECONDS)
        yield from self._found

    def _refresh(self) -> None:
        began = time.monotonic()
        self._found = self._look()
        spent = time.monotonic() - began
        self._until = began + max(_FRESH_SECONDS, spent / _SHARE)

    def _look(self) -> list[Metric]:
        url = self._connections.settings.database_url
        try:
            with closing(connect(url, autocommit=True, limits=_LIMITS)) as session:
                self._recount(session)
                found, workers = open_counts(session), processes.workers(session)
                in_use, limit = sessions(session)
        except LOST as error:
            _log.warning("statistics.missed", error=str(error))
            return []
        return [
            *_executions(found),
            *_queues(found, workers),
            *_people(found),
            *self._pause_table(),
            _value("treadle_postgres_sessions", in_use),
            _value("treadle_postgres_sessions_limit", limit),
            _workers(workers),
        ]

    def _recount(self, session: psycopg.Connection) -> None:
        now = time.monotonic()
        if now - self._recounted < _RECOUNT_SECONDS:
            return
        wrong = recount(session)
        self._recounted = now
        if wrong:
            REPAIRS.labels("counts").inc()
            _log.warning(
                "counts.corrected",
                corrected={" ".join(map(str, count)): change for count, change in wrong.items()},
            )

    def _pause_table(self) -> Iterator[Metric]:
        try:
            parked = self._pauses.parked()
        except redis.RedisError:
            return
        yield _value("treadle_pause_table_parked", parked)


def _executions(found: list[Open]) -> Iterator[Metric]:
    counts = {each.name: each.count for each in found if each.kind == "executions"}
    in_progress = _gauge("treadle_executions_in_progress")
    for status in ExecutionStatus:
        if status not in FINAL_EXECUTION_STATUSES:
            in_progress.add_metric([status], counts.get(status, 0))
    yield in_progress
    counts = {each.name: each.count for each in found if each.kind == "nodes"}
    nodes = _gauge("treadle_nodes_open")
    for state in _OPEN_STATES:
        nodes.add_metric([state], counts.get(state, 0))
    yield nodes


def _queues(found: list[Open], workers: list[WorkerRow]) -> Iterator[Metric]:
    served = {queue for worker in workers for queue in worker.queues}
    waiting = {(queue, str(DEFAULT_PRIORITY)): (0, 0.0) for queue in (*served, _UNSERVED)}
    for each in found:
        if each.kind == "ready":
            key = (each.name if each.name in served else _UNSERVED, str(each.priority))
            count, seconds = waiting.get(key, (0, 0.0))
            waiting[key] = (count + each.count, max(seconds, each.oldest_seconds or 0.0))
    depth = _gauge("treadle_queue_depth")
    oldest = _gauge("treadle_queue_oldest_seconds")
    for key, (count, seconds) in waiting.items():
        depth.add_metric(key, count)
        oldest.add_metric(key, seconds)
    yield depth
    yield oldest


def _people(found: list[Open]) -> Iterator[Metric]:
    named = {(each.kind, each.name): each for each in found}
    for name, key in (
        ("treadle_questions_pending", ("questions", "pending")),
        ("treadle_questions_undelivered", ("questions", "undelivered")),
        ("treadle_questions_overdue", ("questions", "overdue")),
        ("treadle_outbox_pending", ("outbox", "pending")),
    ):
        yield _value(name, named[key].count)
    for name, key in (
        ("treadle_questions_oldest_seconds", ("questions", "pending")),
        ("treadle_questions_undelivered_seconds", ("questions", "undelivered")),
        ("treadle_questions_overdue_seconds", ("questions", "overdue")),
        ("treadle_outbox_oldest_seconds", ("outbox", "pending")),
    ):
        yield _value(name, max(0.0, named[key].oldest_seconds or 0.0))


def _workers(workers: list[WorkerRow]) -> Metric:
    gauge = _gauge("treadle_workers")
    kinds = {
        "worker": [each for each in workers if CORE_QUEUE in each.queues],
        "planner": [each for each in workers if PLANNER_QUEUE in each.queues],
    }
    for kind, of_it in kinds.items():
        draining = sum(each.draining for each in of_it)
        gauge.add_metric([kind, "up"], len(of_it) - draining)
        gauge.add_metric([kind, "draining"], draining)
    return gauge


def _gauge(name: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name].description, labels=GAUGES[name].labels)


def _value(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name].description, value=value)
