"""What every process of the cluster opens: sessions, Redis, the belt and the graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from core.postgres import connect
from core.redis import connect as connect_redis
from core.settings import Settings
from ledger.graphs import Graphs
from workers.belt import Belt
from workers.broker import ListBroker
from workers.pace import Pace


@dataclass(frozen=True)
class Connections:
    """How one process reaches the ledger and the belt."""

    settings: Settings
    broker: ListBroker
    belt: Belt
    pace: Pace
    graphs: Graphs = field(default_factory=Graphs)

    @classmethod
    def to(
        cls,
        settings: Settings,
        *,
        queues: Sequence[str] = (),
    ) -> Connections:
        """Connect lazily; `queues` are what this process takes messages of."""
        broker = ListBroker(
            connect_redis(settings.redis_url), queues=queues, threads=settings.worker_threads
        )
        pace = Pace()
        return cls(settings, broker, Belt(broker, pace, belt_seconds=settings.belt_seconds), pace)

    def open_session(self) -> psycopg.Connection:
        """Open a session to the ledger: a transaction is where a call says so, and nowhere else."""
        return connect(self.settings.database_url, autocommit=True)
