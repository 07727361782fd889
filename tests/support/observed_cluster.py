"""A cluster whose metrics a test scrapes, and whose parts it can stop: what alerts look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY
from pydantic import SecretStr

from tests.support.alert_rules import Scrape
from tests.support.gateway_server import Client, Served
from tests.support.gateway_server import serving as serving_gateway
from tests.support.in_process_cluster import InProcess, in_threads
from tests.support.model_servers import Provider, providing
from treadle.core.embedded import EmbeddedServers
from treadle.core.settings import Settings
from treadle.ledger.migrations import migrate
from treadle.monitoring.exposition import Exposition
from treadle.scheduler.cluster_stats import ClusterStats
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.workers.process import WorkerProcess


class Observed:
    """A whole cluster in this process on servers of its own, which a test may stop."""

    def __init__(
        self, servers: EmbeddedServers, settings: Settings, provider: Provider, stack: ExitStack
    ) -> None:
        self.servers, self.settings, self.provider = servers, settings, provider
        self.gateway: Served = stack.enter_context(serving_gateway(settings))
        stack.enter_context(in_threads(Scheduler(Connections.to(settings)).run_until))
        self.worker = stack.enter_context(ExitStack())
        self.start_worker()
        self.client = InProcess(settings)
        stack.callback(self.client.close)
        self.http: Client = self.gateway.client()
        stack.callback(self.http.close)

    def start_worker(self) -> None:
        """Run a worker; `worker.close()` stops it."""
        self.worker.enter_context(in_threads(WorkerProcess(self.settings).run_until))

    def scrape(self) -> Scrape:
        """Return the metrics of all of it, with gauges that are looked up anew."""
        page, _ = Exposition(ClusterStats(self.client.connections)).page()
        return Scrape(page.decode())

    def execute(self, query: str, *values: Any) -> None:
        """Change the ledger by hand."""
        self.client.session.execute(query.encode(), values)

    def reopen_session(self) -> None:
        """Give the test a session again, where a fault ended its own."""
        self.client.session.close()
        self.client.session = self.client.connections.open_session()

    def sees(self, dependency: str) -> float | None:
        """Return whether a process reaches a server, as it says."""
        return REGISTRY.get_sample_value("treadle_dependency_up", {"dependency": dependency})


@contextmanager
def observing(folder: Path) -> Iterator[Observed]:
    """Run a cluster while inside."""
    with ExitStack() as stack:
        (folder / "servers").mkdir()
        (folder / "data").mkdir()
        servers = stack.enter_context(EmbeddedServers(folder / "servers"))
        migrate(servers.database_url)
        provider = stack.enter_context(providing())
        settings = Settings(
            configured_database_url=servers.database_url,
            configured_redis_url=servers.redis_url,
            data_dir=folder / "data",
            allowed_private_addresses=(ip_network("127.0.0.1"),),
        )
        key = SecretStr("sk-operators-own")
        settings = provider.settings(settings, openai_api_key=key)
        yield Observed(servers, settings, provider, stack)
