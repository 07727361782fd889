"""The worker process: Dramatiq's threads around the runner, from boot to drain (rule 11)."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any

import dramatiq
import structlog
from dramatiq import Worker

from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.postgres import open_pool
from treadle.core.settings import Settings, hidden_values, secrets_given
from treadle.core.vital import Vital
from treadle.dag.specs import CORE_QUEUE
from treadle.dag.specs.tasks import task_queue
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.versions import Graphs
from treadle.transport.background_publisher import BackgroundPublisher
from treadle.transport.connections import Connections
from treadle.transport.messages import ACTOR, NODES, carried_by
from treadle.workers.attempts.executor import Executor
from treadle.workers.attempts.records import Records
from treadle.workers.committer import Committer
from treadle.workers.heartbeat import Heartbeat
from treadle.workers.lanes.event_loop import EventLoop
from treadle.workers.lanes.isolated_runner import IsolatedRunner
from treadle.workers.leases import Leases
from treadle.workers.logs.capture import capturing
from treadle.workers.logs.collected import TaskLogs
from treadle.workers.middleware import (
    Drain,
    LeaseKeeping,
    LedgerRetries,
    MessageMetrics,
    TimeLimits,
)
from treadle.workers.nodes.tasks.limits import within_task_limits
from treadle.workers.runner import Runner
from treadle.workers.secrets import Secrets
from treadle.workers.tasks import TASKS

#: Sessions that threads read by: a read takes a fraction of a millisecond, and then they are free.
_READING_SESSIONS = 8
#: Milliseconds after which an idle thread looks whether it should stop.
_IDLE_MILLISECONDS = 250

_log = structlog.get_logger()


class WorkerProcess:
    """One process that runs nodes."""

    def __init__(self, settings: Settings, queues: Sequence[str] | None = None) -> None:
        """Prepare a process that takes from `queues`; by default all but other processes' own."""
        queues = queues or [CORE_QUEUE, *sorted(task_queue(task.name) for task in TASKS)]
        self._connections = connections = Connections.to(
            settings, queues=queues, graphs=Graphs(within_task_limits)
        )
        readers = min(settings.worker_threads, _READING_SESSIONS)
        self._pool = open_pool(settings.database_url, max_size=readers, autocommit=True)
        self._publisher = BackgroundPublisher(connections.queue)
        engine = Engine(connections.engine.graphs, self._publisher)
        self._committer = Committer(connections.open_session, engine)
        self._loop = EventLoop(settings.async_bound)
        records, leases = Records(self._pool), Leases()
        dialer = Dialer(AddressPolicy(settings.allowed_private_addresses))
        self._secrets = Secrets(secrets_given(), settings.offered_secrets)
        logs = TaskLogs(hidden_values())
        executor = Executor(records, dialer, self._secrets, settings, logs)
        self.runner = Runner(
            queues=frozenset(queues),
            committer=self._committer,
            queue=connections.queue,
            records=records,
            executor=executor,
            leases=leases,
            loop=self._loop,
            isolated=IsolatedRunner(settings, executor, leases),
            durations=connections.durations,
            logs=logs,
        )
        heartbeat = Heartbeat(
            connections.open_session,
            runner=self.runner,
            leases=leases,
            graphs=engine.graphs,
            period_seconds=settings.heartbeat_seconds,
        )
        limits = TimeLimits(leases, self.runner.look_after)
        self._worker = _threads(connections, self.runner, heartbeat, limits)
        self._grace_seconds = settings.drain_grace_seconds
        self.vital = Vital()
        """The threads that it cannot do without."""
        self._watched = (heartbeat, limits, self._committer, self._publisher, self._loop)

    def run_until(self, stop: Event) -> None:
        """Run nodes until `stop` is set, then drain: claim nothing more, let what runs end within
        the grace time, and release the rest. The death of a vital thread sets `stop`.

        Raises:
            VitalPartDied: after the drain.
        """
        self._connections.queue.refresh(force=True)
        self._publisher.start()
        self._committer.start()
        self._loop.start()
        self._worker.start()
        _log.info("worker.started", worker_id=str(self.runner.worker_id))
        self._secrets.log_offers()
        self.vital.watch(*(each.thread for each in self._watched))
        self.vital.watch(*self._worker.consumers.values(), *self._worker.workers)
        with capturing():
            try:
                self.vital.wait(stop)
            finally:
                self._drain()

    def _drain(self) -> None:
        _log.info("drain.started")
        self._worker.stop(timeout=round(self._grace_seconds * 1000))
        self._committer.stop()
        self._publisher.stop()
        self._pool.close()
        _log.info("worker.stopped")


def _add_middleware(
    connections: Connections, heartbeat: Heartbeat, limits: TimeLimits, runner: Runner
) -> None:
    """Add the policies around messages and threads: what is first begins first and ends last."""
    for middleware in (
        LeaseKeeping(heartbeat),
        limits,
        Drain(runner, grace_seconds=connections.settings.drain_grace_seconds),
        LedgerRetries(),
        MessageMetrics(),
    ):
        connections.broker.add_middleware(middleware)


def _threads(
    connections: Connections, runner: Runner, heartbeat: Heartbeat, limits: TimeLimits
) -> Worker:
    """Return Dramatiq's threads, which take messages once they are started."""
    _add_middleware(connections, heartbeat, limits, runner)
    _declare(connections, runner)
    return Worker(
        connections.broker,
        worker_timeout=_IDLE_MILLISECONDS,
        worker_threads=connections.settings.worker_threads,
    )


def _declare(connections: Connections, runner: Runner) -> None:
    """Declare the one actor: it runs the nodes that a message names."""

    @dramatiq.actor(broker=connections.broker, queue_name=NODES, actor_name=ACTOR)
    def run_nodes(*args: Any) -> None:
        runner.run_message(*carried_by(args))
