"""What processes tell: one line an attempt, the cluster's gauges, and a command's facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import running
from tests.support.ledger_driver import Hand
from tests.support.workflows import chain, node
from treadle import NonRetryable, task
from treadle.core.ids import new_id
from treadle.core.redis import connect
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed
from treadle.dag.specs import CORE_QUEUE
from treadle.ledger.engine import control
from treadle.ledger.views import processes
from treadle.monitoring import facts
from treadle.monitoring.facts import Fact
from treadle.scheduler.cluster_stats import ClusterStats
from treadle.transport import metrics_relay
from treadle.transport.connections import Connections

pytestmark = pytest.mark.slow


@task
def takes_no_time() -> None:
    pass


@task
def cannot_be_done() -> None:
    raise NonRetryable("no")


@pytest.fixture
def own(fresh_postgres_url: str) -> Iterator[Hand]:
    """Return a hand on a ledger that nobody else writes to."""
    made = Hand(fresh_postgres_url)
    yield made
    made.close()


@pytest.fixture
def connections(own: Hand, redis_url: str, tmp_path: Path) -> Connections:
    """Return a scheduler's connections to that ledger."""
    return Connections.to(
        Settings(configured_database_url=own.url, configured_redis_url=redis_url, data_dir=tmp_path)
    )


def gauges(stats: ClusterStats) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the cluster's gauges by name, and each by its labels."""
    return {
        metric.name: {tuple(s.labels.values()): s.value for s in metric.samples}
        for metric in stats.collect()
    }


def value(name: str, **labels: str) -> float:
    """Return what this process has counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def settings(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings of a database that holds nothing of other tests: all lines are counted."""
    return Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path / ".treadle",
    )


def test_each_attempt_has_one_line(settings: Settings, wait_until: WaitUntil) -> None:
    """With what, where, how it ended, how long it took and had waited, and who ran it."""
    tasks = (
        {"configurations": {"task": "takes_no_time"}},
        {"configurations": {"task": "cannot_be_done"}},
    )
    document = chain(
        node("first", "ACTION.PYTHON_TASK", **tasks[0]),
        node("pure"),
        node("bad", "ACTION.PYTHON_TASK", **tasks[1]),
    )
    with capture_logs() as lines, running(settings) as cluster:
        execution = cluster.submit(document)
        wait_until(lambda: cluster.has_ended(execution))
        (worker_id,) = [str(row.id) for row in processes.workers(cluster.session)]
    told = {line["node_id"]: line for line in lines if line["event"] == "attempt.settled"}

    assert sum(line["event"] == "attempt.settled" for line in lines) == 3
    assert {name: line["log_level"] for name, line in told.items()} == {
        "first": "info",
        "pure": "debug",
        "bad": "warning",
    }
    first = told["first"]
    assert first["node_type"] == "ACTION.PYTHON_TASK"
    assert first["execution_id"] == str(execution)
    assert (first["scope"], first["attempt"], first["outcome"]) == ("", 1, "completed")
    assert 0 < first["seconds"] < 5
    assert 0 < first["queue_wait_seconds"] < 5
    assert first["worker_id"] == worker_id
    assert (told["bad"]["outcome"], told["bad"]["reason"]) == ("failed", "task_failed")


def test_a_lost_lease_is_told_as_such(settings: Settings, wait_until: WaitUntil) -> None:
    """An outcome that did not count is no outcome of the node."""
    lost = value("treadle_leases_lost_total")
    settled = value(
        "treadle_nodes_settled_total", node_type="ACTION.PYTHON_TASK", outcome="completed"
    )
    with capture_logs() as lines, running(settings) as cluster:
        document = chain(node("n", "ACTION.PYTHON_TASK", configurations={"task": "ends_its_own"}))
        Ending.cluster = cluster
        cluster.submit(document)
        wait_until(lambda: any(line["event"] == "attempt.settled" for line in lines))

    assert [line["outcome"] for line in lines if line["event"] == "attempt.settled"] == [
        "lease_lost"
    ]
    assert value("treadle_leases_lost_total") == lost + 1
    assert settled == value(
        "treadle_nodes_settled_total", node_type="ACTION.PYTHON_TASK", outcome="completed"
    )


class Ending:
    """What `ends_its_own` ends its execution with."""

    cluster: Any = None


@task
def ends_its_own() -> None:
    with Ending.cluster.connections.open_session() as session:
        (execution_id,) = session.execute(
            "select id from executions where finished_at is null order by id desc limit 1"
        ).fetchone()
        connections = Ending.cluster.connections
        control.cancel(connections.engine, session, execution_id)


def test_the_cluster_is_told_by_what_is_open(
    own: Hand, connections: Connections, wait_until: WaitUntil
) -> None:
    """Executions by status, ready nodes by queue and priority; what is paused waits for nobody."""
    processes.register(own.session, new_id(), host="h", pid=1, queues=[CORE_QUEUE])
    own.submit(chain(node("n")), priority=2)
    task_node = node("t", "ACTION.PYTHON_TASK", configurations={"task": "nobody_has"})
    own.submit(chain(task_node))
    paused = own.submit(chain(node("n")))
    control.pause(own.engine, own.session, paused)
    running_one = own.submit(chain(node("n")))
    own.claim(running_one, "n")

    stats = ClusterStats(connections)
    told = wait_until(lambda: gauges(stats))

    in_progress = told["treadle_executions_in_progress"]
    assert in_progress == {("NEW",): 0, ("RUNNING",): 3, ("PAUSED",): 1, ("WAITING_FOR_HUMAN",): 0}
    assert told["treadle_queue_depth"] == {
        ("core", "2"): 1,
        ("core", "5"): 0,
        ("unserved", "5"): 1,
    }
    assert told["treadle_queue_oldest_seconds"]["core", "2"] > 0
    assert told["treadle_nodes_open"]["running",] == 1
    assert told["treadle_workers"]["worker", "up"] == 1
    assert told["treadle_questions_pending"][()] == 0
    assert told["treadle_pause_table_parked"][()] == 0


def test_a_wait_begins_when_the_node_is_ready_and_again_with_a_resume(own: Hand) -> None:
    """What stood behind a closed gate did not wait for a worker."""
    execution = own.submit(chain(node("n")))
    ready = "update node_executions set ready_at = ready_at - interval '1 hour'"
    own.session.execute(ready)
    control.pause(own.engine, own.session, execution)
    control.resume(own.engine, own.session, execution)
    resumed = own.claim(execution, "n")
    own.settle((resumed, Completed(1)))
    waited = own.submit(chain(node("n")))
    own.session.execute(ready)

    assert resumed.waited_seconds is not None
    assert resumed.waited_seconds < 60
    assert own.claim(waited, "n").waited_seconds == pytest.approx(3600, abs=60)


def test_gauges_are_not_looked_up_each_time(
    own: Hand, connections: Connections, wait_until: WaitUntil
) -> None:
    """However often they are asked for."""
    stats = ClusterStats(connections)
    first = wait_until(lambda: gauges(stats))
    own.submit(chain(node("n")))

    assert gauges(stats) == first


def test_a_ledger_that_is_away_has_no_gauges(
    redis_url: str, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Nothing is told rather than what was; readiness says what is wrong."""
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    settings = Settings(
        configured_database_url=nowhere, configured_redis_url=redis_url, data_dir=tmp_path
    )

    with capture_logs() as lines:
        assert gauges(ClusterStats(Connections.to(settings))) == {}
        wait_until(lambda: [line["event"] for line in lines] == ["statistics.missed"])


def test_what_a_command_counts_is_counted_once_by_who_is_asked(redis_url: str) -> None:
    """A command is gone before anybody could ask it."""
    name, label = "treadle_executions_finished_total", "TIMEOUT"
    before = value(name, status=label)
    with connect(redis_url) as client:
        with metrics_relay.relaying(client):
            facts.count([Fact("execution_finished", (label,)), Fact("execution_started")])
            assert value(name, status=label) == before
        metrics_relay.take(client)
        metrics_relay.take(client)

    assert value(name, status=label) == before + 1
