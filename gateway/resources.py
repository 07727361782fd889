"""What a gateway process holds: sessions to the ledger, the queue, live readers, its readiness."""

from __future__ import annotations

import psycopg
from psycopg_pool import ConnectionPool

from treadle.core.postgres import open_pool
from treadle.core.settings import Settings
from treadle.gateway.submitter import Submitter
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.rows import DispatchQueue, PostCommit
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import readiness
from treadle.transport.connections import Connections


class Resources:
    """Opened by the app's start, closed by its end; safe for threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._connections = Connections.to(settings)
        self.pool: ConnectionPool[psycopg.Connection] = open_pool(
            settings.database_url,
            max_size=settings.gateway_sessions,
            autocommit=True,
            application_name="treadle gateway",
        )
        self.submitter = Submitter(self._connections)
        self.exposition = Exposition()
        self.readiness = readiness(settings)

    @property
    def graphs(self) -> Graphs:
        """The compiled graphs that this process knows."""
        return self._connections.graphs

    @property
    def queue(self) -> DispatchQueue:
        """Where rows that become ready are placed."""
        self._connections.queue.refresh()
        return self._connections.queue

    def deliver(self, post_commit: PostCommit) -> None:
        """Do what a committed transaction leaves to its caller."""
        self._connections.queue.publish(post_commit)

    def close(self) -> None:
        """Close every connection."""
        self.submitter.close()
        self.pool.close()
        self._connections.broker.client.close()
