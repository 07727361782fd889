"""Each alert fires for its fault: made on a cluster, scraped from it, evaluated by promtool."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from tests.conftest import WaitUntil
from tests.support.alert_rules import Scrape, fire
from tests.support.gateway_server import Client, Served
from tests.support.gateway_server import serving as serving_gateway
from tests.support.in_process_cluster import InProcess, running
from tests.support.loopback_server import Answer
from tests.support.loopback_server import serving as receiving
from tests.support.workflows import chain, node
from treadle.core.embedded import EmbeddedServers
from treadle.core.embedded.server import EmbeddedServer
from treadle.core.settings import Settings
from treadle.ledger.migrations import migrate
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import Readiness
from treadle.monitoring.server import Address, MonitoringServer
from treadle.scheduler.cluster_stats import ClusterStats

pytestmark = pytest.mark.slow

SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"


class Observed:
    """A whole cluster in this process on servers of its own, which a test may stop."""

    def __init__(self, servers: EmbeddedServers, settings: Settings, stack: ExitStack) -> None:
        self.servers, self.settings = servers, settings
        self.gateway: Served = stack.enter_context(serving_gateway(settings))
        self.client: InProcess = stack.enter_context(running(settings))
        self.http: Client = self.gateway.client()
        stack.callback(self.http.close)

    def scrape(self) -> Scrape:
        """Ask for the metrics of all of it, with gauges that are looked up anew."""
        server = MonitoringServer(Address("127.0.0.1", 0))
        server.start(Exposition(ClusterStats(self.client.connections)), Readiness({}))
        try:
            return Scrape.of(server.port)
        finally:
            server.close()

    def sees(self, dependency: str) -> float | None:
        """Return whether a process reaches a server, as it says."""
        return REGISTRY.get_sample_value("treadle_dependency_up", {"dependency": dependency})


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, wait_until: WaitUntil) -> Iterator[Observed]:
    """Return a cluster that is up."""
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("TREADLE_SECRET_HOOK", SECRET)
        servers = stack.enter_context(EmbeddedServers(tmp_path_factory.mktemp("servers")))
        migrate(servers.database_url)
        settings = Settings(
            configured_database_url=servers.database_url,
            configured_redis_url=servers.redis_url,
            data_dir=tmp_path_factory.mktemp("data"),
            allowed_private_addresses=(ip_network("127.0.0.1"),),
        )
        made = Observed(servers, settings, stack)
        wait_until(made.client.is_served)
        yield made


def test_a_question_that_is_tried_again_and_again_is_undelivered(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Its age counts from when it was asked, not from the last try."""
    with receiving() as receiver:
        url = receiver.on("/hook", Answer(503))
        asking = {
            "title": "Go on?",
            "channel_type": "webhook",
            "webhook_url": url,
            "webhook_secret": "hook",
        }
        observed.client.submit(chain(node("ask", APPROVAL, configurations=asking)))
        wait_until(lambda: len(receiver.seen) >= 1)
        before = observed.scrape()
        wait_until(lambda: len(receiver.seen) >= 3, timeout=20)
        after = observed.scrape()
        receiver.on("/hook", Answer(204))

        assert after.value("treadle_questions_undelivered") == 1
        name = "treadle_outbox_oldest_seconds"
        assert after.value(name) > before.value(name)
        fire(tmp_path, before, after, firing=["TreadleQuestionsUndelivered"])
        wait_until(lambda: observed.scrape().value("treadle_questions_undelivered") == 0, 30)


@pytest.mark.parametrize("name", ["redis", "postgresql"])
def test_a_server_that_is_down_alerts_by_its_name(
    observed: Observed, name: str, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Within a minute, before what follows from it; workers are not blamed for it."""
    server = observed.servers.valkey if name == "redis" else observed.servers.postgres
    wait_until(lambda: observed.sees(name) == 1)
    well = observed.scrape()
    fire(tmp_path, well, well, quiet=["TreadleDependencyDown"])
    EmbeddedServer.stop(server)
    try:
        wait_until(lambda: observed.sees(name) == 0, timeout=30)
        before, after = observed.scrape(), observed.scrape()
    finally:
        server.restart(immediate=False)

    others = ["TreadleNoWorkers", "TreadleQueueStuck", "TreadleUnobserved", "TreadleRepairing"]
    fire(tmp_path, before, after, firing=["TreadleDependencyDown"], quiet=others, minutes=1)
    wait_until(lambda: observed.sees(name) == 1, timeout=30)


def test_the_disk_is_measured_where_the_data_is(observed: Observed, wait_until: WaitUntil) -> None:
    """Its size, and what is free."""
    total = shutil.disk_usage(observed.settings.data_dir).total
    wait_until(lambda: observed.sees("redis") == 1)
    page = observed.scrape()

    assert page.value("treadle_disk_bytes", part="total") == total
    assert 0 <= page.value("treadle_disk_bytes", part="free") <= total
