"""Each alert fires for its fault: made on a cluster, scraped from it, evaluated by promtool."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.support.alert_rules import Scrape, fire
from tests.support.loopback_server import Answer
from tests.support.loopback_server import serving as receiving
from tests.support.model_servers import refusal
from tests.support.observed_cluster import Observed, observing
from tests.support.ports import port_base
from tests.support.workflows import chain, node
from treadle.core.embedded.server import EmbeddedServer
from treadle.core.postgres import connect
from treadle.core.processes import Command, Service, Supervisor
from treadle.core.settings import COUNTS_FOLDER, child_environment

pytestmark = pytest.mark.slow

SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, wait_until: WaitUntil) -> Iterator[Observed]:
    """Return a cluster that is up."""
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("TREADLE_SECRET_HOOK", SECRET)
        made = stack.enter_context(observing(tmp_path_factory.mktemp("cluster")))
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
    if name == "postgresql":  # no scheduler says anything of the cluster, as long as it lasts
        fire(tmp_path, before, after, firing=["TreadleUnobserved"], quiet=["TreadleNoWorkers"])
    wait_until(lambda: observed.sees(name) == 1, timeout=30)
    observed.reopen_session()


def test_the_disk_is_measured_where_the_data_is(observed: Observed, wait_until: WaitUntil) -> None:
    """Its size, and what is free."""
    total = shutil.disk_usage(observed.settings.data_dir).total
    wait_until(lambda: observed.sees("redis") == 1)
    page = observed.scrape()

    assert page.value("treadle_disk_bytes", part="total") == total
    assert 0 <= page.value("treadle_disk_bytes", part="free") <= total


@pytest.mark.parametrize(
    ("status", "alert", "other"),
    [
        (429, "TreadleModelsRateLimited", "TreadleModelsFailing"),
        (500, "TreadleModelsFailing", "TreadleModelsRateLimited"),
        (401, "TreadleModelsFailing", "TreadleModelsRateLimited"),
    ],
)
def test_a_model_that_fails_alerts_by_its_kind(
    observed: Observed, status: int, alert: str, other: str, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Refused for the rate is another thing than an outage or a wrong key."""
    observed.provider.answers(refusal(status, "no", connection="close"))
    before = observed.scrape()
    asks = {"user_prompt": "Say it.", "max_retries": 0}
    document = chain(node("a", "AI_AGENT.OPENAI_CHATGPT", configurations=asks))
    executions = [observed.client.submit(document) for _ in range(3)]
    wait_until(lambda: all(map(observed.client.has_ended, executions)), timeout=30)

    fire(tmp_path, before, observed.scrape(), firing=[alert], quiet=[other])


def test_a_gateway_that_answers_5xx_alerts(observed: Observed, tmp_path: Path) -> None:
    """Here because a table of the ledger is missing; requests that are answered do not."""
    before = observed.scrape()
    assert observed.http.http.get("/v1/workflows").status_code == 200
    well = observed.scrape()
    fire(tmp_path, before, well, quiet=["TreadleGatewayErrors", "TreadleGatewaySlow"])

    with missing(observed, "workflows"):
        assert observed.http.http.get("/v1/workflows").status_code >= 500
    fire(tmp_path, well, observed.scrape(), firing=["TreadleGatewayErrors"])


def test_a_gateway_that_is_slow_alerts(observed: Observed, tmp_path: Path) -> None:
    """Here because somebody holds a lock on a table of the ledger."""
    before = observed.scrape()
    with ThreadPoolExecutor() as pool, connect(observed.settings.database_url) as session:
        session.execute("lock table workflows in access exclusive mode")
        asked = pool.submit(observed.http.http.get, "/v1/workflows")
        wait([asked], timeout=3.0)
        session.rollback()
        assert asked.result(20).status_code < 600

    fire(tmp_path, before, observed.scrape(), firing=["TreadleGatewaySlow"])


@contextmanager
def missing(observed: Observed, table: str) -> Iterator[None]:
    """Take a table of the ledger away while inside."""
    with connect(observed.settings.database_url, autocommit=True) as session:
        session.execute(f"alter table {table} rename to gone")
        try:
            yield
        finally:
            session.execute(f"alter table gone rename to {table}")


def test_a_worker_that_is_killed_again_and_again_alerts(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Its counts are those of all that counted behind its address, also of those that ended."""
    port, lines = port_base()[1], []
    environment = child_environment(
        TREADLE_DATABASE_URL=observed.servers.database_url,
        TREADLE_REDIS_URL=observed.servers.redis_url,
        **{COUNTS_FOLDER: str(tmp_path / "counts")},
    )
    (tmp_path / "counts").mkdir()
    command = [sys.executable, "-P", "-m", "treadle", "worker"]
    stages = [
        Service("serves", Command([*command, "--port", port], environment), 5),
        Service("dies", Command(command, environment), 5),
    ]
    pids: list[int] = []

    def tell(name: str, line: str) -> None:
        if "worker.started" in line:
            lines.append(name)

    with Supervisor([stages], tell) as supervisor:
        wait_until(lambda: set(lines) == {"serves", "dies"}, timeout=30)
        before = Scrape.of(int(port), job="treadle-worker")
        for turn in range(4):
            pids.append(kill(supervisor))
            wait_until(lambda: lines.count("dies") == turn + 2, timeout=30)  # noqa: B023
        after = Scrape.of(int(port), job="treadle-worker")
    gone = Scrape.of(int(port), job="treadle-worker")

    assert len(set(pids)) == 4
    name = "treadle_process_starts_total"
    assert after.value(name) == before.value(name) + 4
    fire(tmp_path, before, after, firing=["TreadleCrashLoop"])
    fire(tmp_path, after, after, quiet=["TreadleCrashLoop", "TreadleNotScraped"])
    fire(tmp_path, gone, gone, firing=["TreadleNotScraped", "TreadleUnobserved"])


def kill(supervisor: Supervisor) -> int:
    """Kill the process of the second service."""
    pid = supervisor._children[1].running().pid
    os.kill(pid, signal.SIGKILL)
    return pid


def test_sessions_that_are_nearly_used_up_alert(observed: Observed, tmp_path: Path) -> None:
    """Before nobody gets a further one: here somebody else holds them."""
    well = observed.scrape()
    fire(tmp_path, well, well, quiet=["TreadleSessionsUsedUp"])
    used = well.value("treadle_postgres_sessions")
    limit = well.value("treadle_postgres_sessions_limit")
    with ExitStack() as stack:
        for _ in range(int(limit * 0.9 - used) + 1):
            stack.enter_context(connect(observed.settings.database_url))
        full = observed.scrape()

    fire(tmp_path, full, full, firing=["TreadleSessionsUsedUp"])
