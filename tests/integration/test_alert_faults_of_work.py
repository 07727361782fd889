"""Alerts about work that stands still or goes wrong: each fires for its fault on a cluster."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from tests.conftest import WaitUntil
from tests.support.alert_rules import Scrape, fire
from tests.support.killed_part import killed
from tests.support.observed_cluster import Observed, observing
from tests.support.own_mounts import own_mounts
from tests.support.ports import port_base
from tests.support.workflows import chain, node, start, workflow
from treadle.core.postgres import connect
from treadle.core.settings import child_environment
from treadle.gateway import connections
from treadle.hil import sweeper
from treadle.scheduler import stranded_queues

pytestmark = pytest.mark.slow

ASKING = node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations={"title": "Go on?"})
#: A file system of its own, without being root: filled once a line is read.
SMALL_DISK = """
mount -t tmpfs -o size=16m tmpfs "$0" || exit 77
exec 3<&0
( read -r line <&3; head -c 15500k /dev/zero > "$0/fills_it" ) &
exec "$@"
"""


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, wait_until: WaitUntil) -> Iterator[Observed]:
    """Return a cluster that is up, and patient for less than a second."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(sweeper, "_SWEEP_SECONDS", 0.5)
        patch.setattr(sweeper, "_LOOK_SECONDS", 0.5)
        patch.setattr(stranded_queues, "_PERIOD_SECONDS", 0.1)
        patch.setattr(stranded_queues, "_PATIENCE_SECONDS", 0.5)
        made = stack.enter_context(observing(tmp_path_factory.mktemp("cluster")))
        wait_until(made.client.is_served)
        yield made


def test_work_without_a_worker_alerts(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """That none is up, that its queue stands still, and that nobody takes it; not once one does."""
    alerts = ["TreadleNoWorkers", "TreadleQueueStuck", "TreadleQueueUnserved"]
    observed.worker.close()
    try:
        execution = observed.client.submit(chain(node("a")))
        wait_until(lambda: observed.scrape().value("treadle_stranded_queues") == 1, timeout=30)
        before, after = observed.scrape(), observed.scrape()
    finally:
        observed.start_worker()
    fire(tmp_path, before, after, firing=alerts)

    wait_until(lambda: observed.client.has_ended(execution), timeout=30)
    wait_until(lambda: observed.scrape().value("treadle_stranded_queues") == 0, timeout=30)
    before, after = observed.scrape(), observed.scrape()
    fire(tmp_path, before, after, quiet=alerts)


def test_a_question_that_no_sweeper_can_end_is_overdue(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Here because somebody holds its execution; once they let go of it, it is ended."""
    execution = asked(observed, wait_until)
    with connect(observed.settings.database_url) as session:
        session.execute("select from executions where id = %s for update", (execution,))
        observed.execute(
            "update interactions set timeout_at = now() where execution_id = %s", execution
        )
        wait_until(lambda: observed.scrape().value("treadle_questions_overdue") == 1)
        before, after = observed.scrape(), observed.scrape()
        session.rollback()

    fire(tmp_path, before, after, firing=["TreadleQuestionsOverdue"])
    wait_until(lambda: observed.client.has_ended(execution), timeout=30)
    ended = observed.scrape()
    fire(tmp_path, ended, ended, quiet=["TreadleQuestionsOverdue"])


def test_a_redis_that_is_emptied_again_and_again_is_repaired_and_alerts(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Its table of pauses is put back each time."""
    name, kind = "treadle_repairs_total", "pauses_restored"
    execution = asked(observed, wait_until)
    before = observed.scrape()
    first = before.value(name, kind=kind)
    for times in (1, 2):
        observed.client.connections.broker.client.flushall()
        wait_until(lambda: observed.scrape().value(name, kind=kind) >= first + times, 30)  # noqa: B023
    after = observed.scrape()
    observed.execute("update interactions set timeout_at = now()")

    fire(tmp_path, before, after, firing=["TreadleRepairing"])
    fire(tmp_path, after, after, quiet=["TreadleRepairing"])
    wait_until(lambda: observed.client.has_ended(execution), timeout=30)


def test_counts_that_contradict_each_other_alert(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Here because somebody changed the ledger: a join has forgotten an arrival."""
    document = workflow(
        start(), node("a"), ASKING, node("join"),
        connect="start -> a, start -> ask, a -> join, ask:confirmed -> join",
    )  # fmt: skip
    execution = UUID(observed.http.submit(document))
    question = wait_until(lambda: question_of(observed, execution))
    wait_until(lambda: state_of(observed, execution, "a") == "completed")
    before = observed.scrape()
    observed.execute(
        "update node_executions set arrived = 0 where execution_id = %s and node = 'join'",
        execution,
    )
    observed.http.post(f"/v1/interactions/{question}/answer", {"decision": "confirmed"})
    wait_until(lambda: observed.client.has_ended(execution), timeout=30)

    error = observed.client.shown(execution, records=0)["error"]
    assert error["error_code"] == "ledger_inconsistent"
    fire(tmp_path, before, observed.scrape(), firing=["TreadleLedgerInconsistent"], once=True)
    fire(tmp_path, before, before, quiet=["TreadleLedgerInconsistent"])


def test_a_row_that_cannot_be_understood_alerts(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Here a timer of a node that its version does not have."""
    delay = node("later", "FLOW.DELAY", configurations={"duration_seconds": 600})
    execution = observed.client.submit(chain(delay))
    wait_until(lambda: state_of(observed, execution, "later") == "waiting")
    before = observed.scrape()
    observed.execute(
        "update node_executions set node = 'ghost', due_at = now()"
        " where execution_id = %s and state = 'waiting'",
        execution,
    )
    wait_until(lambda: observed.client.has_ended(execution), timeout=30)

    fire(tmp_path, before, observed.scrape(), firing=["TreadleRowsNotUnderstood"], once=True)
    fire(tmp_path, before, before, quiet=["TreadleRowsNotUnderstood"])


def test_a_disk_that_is_filled_alerts(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """A scheduler's data folder on a small file system of its own, which only it can see."""
    with scheduler_on_a_small_disk(observed, tmp_path) as (process, port):

        def share() -> float:
            assert process.poll() is None
            page = Scrape.of(port)
            if not page.up:
                return -1.0
            free, total = (page.value("treadle_disk_bytes", part=p) for p in ("free", "total"))
            return free / total if total else -1.0

        wait_until(lambda: share() > 0.9, timeout=60)
        well = Scrape.of(port)
        assert process.stdin is not None
        process.stdin.write(b"fill it\n")
        process.stdin.flush()
        wait_until(lambda: 0 <= share() < 0.1, timeout=30)
        full = Scrape.of(port)

    fire(tmp_path, well, well, quiet=["TreadleDiskFull"])
    fire(tmp_path, full, full, firing=["TreadleDiskFull"])


def test_connections_that_send_nothing_alert_once_they_are_too_many(
    observed: Observed, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are only slow do not."""
    monkeypatch.setattr(connections, "WAITING", 10)
    name = "treadle_gateway_connections_dropped_total"
    before = observed.scrape()
    first = before.value(name, reason="too_many")
    address = ("127.0.0.1", observed.gateway.server.port)
    with ExitStack() as lines:
        for _ in range(50):
            lines.enter_context(socket.create_connection(address))
        wait_until(lambda: observed.scrape().value(name, reason="too_many") >= first + 30)
    after = observed.scrape()

    fire(tmp_path, before, after, firing=["TreadleGatewayCrowded"])
    fire(tmp_path, after, after, quiet=["TreadleGatewayCrowded"])


def test_a_vital_part_that_died_alerts_by_its_name(observed: Observed, tmp_path: Path) -> None:
    """After its process has ended, which nobody has scraped."""
    name, labels = "treadle_vital_parts_died_total", {"role": "worker", "part": "heartbeat"}
    before = observed.scrape()
    found = killed(observed.settings, "worker", "heartbeat")
    after = observed.scrape()

    assert found["ended_by"] == "heartbeat"
    assert after.value(name, **labels) == before.value(name, **labels) + 1
    fire(tmp_path, before, after, firing=["TreadleVitalPartDied"], once=True)
    fire(tmp_path, before, before, quiet=["TreadleVitalPartDied"])


@contextmanager
def scheduler_on_a_small_disk(
    observed: Observed, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a scheduler while inside; skip where no namespace of one's own is to be had."""
    (folder / "small").mkdir()
    port = port_base()[1]
    environment = child_environment(
        TREADLE_DATABASE_URL=observed.servers.database_url,
        TREADLE_REDIS_URL=observed.servers.redis_url,
        TREADLE_DATA_DIR=str(folder / "small"),
    )
    command = [sys.executable, "-P", "-m", "treadle", "scheduler", "--port", port]
    process = subprocess.Popen(
        [*own_mounts(), "sh", "-c", SMALL_DISK, str(folder / "small"), *command],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield process, int(port)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def asked(observed: Observed, wait_until: WaitUntil) -> UUID:
    """Return an execution that has asked its question."""
    execution = observed.client.submit(chain(ASKING))
    wait_until(lambda: question_of(observed, execution))
    return execution


def question_of(observed: Observed, execution: UUID) -> str | None:
    """Return the id of the question that an execution asks."""
    found = observed.client.session.execute(
        b"select id from interactions where execution_id = %s", (execution,)
    ).fetchone()
    return str(found[0]) if found else None


def state_of(observed: Observed, execution: UUID, name: str) -> str | None:
    """Return the state of a node."""
    found = observed.client.session.execute(
        b"select state from node_executions where execution_id = %s and node = %s",
        (execution, name),
    ).fetchone()
    return found[0] if found else None
