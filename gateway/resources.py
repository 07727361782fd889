"""The resources of a gateway process: sessions to the ledger, the engine, metrics, readiness."""

from __future__ import annotations

import psycopg
from psycopg_pool import ConnectionPool

from treadle.core.postgres import open_pool
from treadle.core.settings import Settings
from treadle.core.vital import Vital
from treadle.gateway.address_rates import AddressRates
from treadle.gateway.submitter import Submitter
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.versions import Graphs
from treadle.monitoring.dependencies import DependencyWatch
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import PoolProbe, Readiness, RedisProbe
from treadle.transport.connections import Connections
from treadle.transport.process_reports import Reporter, Role


class Resources:
    """Opened when the app starts, closed when it ends; safe for threads."""

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
        self.open_rates = AddressRates(settings.open_requests_per_second)
        self.exposition = Exposition()
        self.vital = Vital()
        """The threads and tasks that it cannot do without."""
        self.vital.watch(self.submitter.thread)
        # Without Redis all is answered, and nodes are sent by the dispatcher.
        self.readiness = Readiness(
            {"database": PoolProbe(self.pool), "threads": self.vital.check},
            {"redis": RedisProbe(settings.redis_url)},
        )
        client = self._connections.broker.client
        self._reporter = Reporter(client, Role.GATEWAY, self.readiness, self.vital)
        self._reporter.start()

        self._dependencies = DependencyWatch(settings)
        self._dependencies.start()

    @property
    def engine(self) -> Engine:
        """What changes executions."""
        return self._connections.engine

    @property
    def graphs(self) -> Graphs:
        """The compiled graphs that this process knows."""
        return self._connections.engine.graphs

    def close(self) -> None:
        """Close every connection."""
        self._reporter.stop()
        self._dependencies.stop()
        self.submitter.close()
        self.pool.close()
        self._connections.broker.client.close()
