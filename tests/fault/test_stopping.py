"""A process that is asked to stop while its ledger is away ends in time all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import WaitUntil
from tests.support.workflows import chain, node, valid
from treadle.core.settings import Settings, child_environment
from treadle.ledger.engine.submission import Submission, submit
from treadle.transport.connections import Connections

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(fresh_settings: Settings) -> Settings:
    """Return settings of a ledger of one test, which it cuts off."""
    return fresh_settings


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Return a worker process that has no time for what runs."""
    environment = child_environment(
        TREADLE_DATABASE_URL=settings.database_url,
        TREADLE_REDIS_URL=settings.redis_url,
        TREADLE_DRAIN_GRACE_SECONDS="0",
        PYTHONPATH=str(ROOT),
    )
    command = [sys.executable, "-m", "treadle", "worker", "--tasks", "tests.fault.fault_tasks"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, env=environment)
        yield process
        process.kill()
        process.wait()


def cut_off(url: str) -> None:
    """End every session of a database, and let it take no other."""
    name = str(conninfo_to_dict(url)["dbname"])
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as session:
        closed = sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name))
        session.execute(closed)
        end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
        session.execute(end, (name,))


def is_served(connections: Connections) -> bool:
    """Return whether some process takes a queue."""
    connections.queue.refresh(force=True)
    return bool(connections.queue.served())


def test_a_worker_ends_with_its_grace_though_its_commit_cannot(
    settings: Settings, worker: subprocess.Popen[bytes], wait_until: WaitUntil, tmp_path: Path
) -> None:
    """What it could not hand over runs again elsewhere when its lease is over."""
    connections = Connections.to(settings)
    into = str(tmp_path / "effects")
    step = node(
        "a",
        "ACTION.PYTHON_TASK",
        configurations={"task": "fault_step"},
        input_params={"job": "a", "into": into, "seconds": 2},
    )
    validation = valid(chain(step))
    assert validation.workflow is not None
    assert validation.graph is not None
    wait_until(lambda: is_served(connections))
    with connections.open_session() as session:
        submit(connections.engine, session, Submission(validation.workflow, validation.graph, {}))
        running = "select count(*) from node_executions where state = 'running'"
        wait_until(lambda: session.execute(running).fetchone() == (1,))
    cut_off(settings.database_url)

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(60) == 1
    assert "process.left" in (tmp_path / "log").read_text()
