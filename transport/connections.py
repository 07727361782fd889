"""What every process of the cluster opens: sessions, Redis, the dispatch queue and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from treadle.core.postgres import connect
from treadle.core.redis import connect as connect_redis
from treadle.core.settings import Settings
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.versions import Graphs
from treadle.transport.broker import ListBroker
from treadle.transport.dispatch_queue import RedisDispatchQueue
from treadle.transport.duration_estimator import DurationEstimator


@dataclass(frozen=True)
class Connections:
    """How one process reaches the ledger and the queue."""

    settings: Settings
    broker: ListBroker
    queue: RedisDispatchQueue
    durations: DurationEstimator
    engine: Engine

    @classmethod
    def to(
        cls,
        settings: Settings,
        *,
        queues: Sequence[str] = (),
        graphs: Graphs | None = None,
    ) -> Connections:
        """Connect lazily.

        Args:
            queues: what this process takes messages of.
            graphs: where it keeps graphs, if it knows more of them than was compiled.
        """
        durations = DurationEstimator()
        broker = ListBroker(
            connect_redis(settings.redis_url),
            queues=queues,
            threads=settings.worker_threads,
            durations=durations,
        )
        queue = RedisDispatchQueue(
            broker, durations, queue_buffer_seconds=settings.queue_buffer_seconds
        )
        return cls(settings, broker, queue, durations, Engine(graphs or Graphs(), queue))

    def open_session(self) -> psycopg.Connection:
        """Open a session to the ledger: a transaction is where a call says so, and nowhere else."""
        return connect(self.settings.database_url, autocommit=True)
