"""The processes of a run: embedded servers, two workers of either kind, one scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from dramatiq.brokers.redis import RedisBroker

from bench import raw
from treadle.core.embedded import EmbeddedServers
from treadle.core.settings import Settings
from treadle.ledger.engine.submission import Submission, Submitted, submit_all
from treadle.ledger.migrations import migrate
from treadle.transport.connections import Connections

PROCESSES = 2
#: Threads of a process of raw actors: Dramatiq's default. Treadle's workers have their own.
THREADS = 8
_START_SECONDS = 60.0
#: Submissions in one transaction.
_GROUP = 50


@dataclass(frozen=True)
class Cluster:
    """Everything a measurement needs."""

    connections: Connections
    session: psycopg.Connection
    raw_broker: RedisBroker
    treadle: Mapping[str, subprocess.Popen[bytes]]
    """Treadle's own processes by name."""
    raw_workers: subprocess.Popen[bytes]

    def submit(self, submissions: Sequence[Submission]) -> list[UUID]:
        """Submit in groups, like a gateway with several requests at once; return the ids."""
        ids: list[UUID] = []
        for start in range(0, len(submissions), _GROUP):
            group = submissions[start : start + _GROUP]
            for answer in submit_all(self.connections.engine, self.session, group):
                assert isinstance(answer, Submitted)
                ids.append(answer.execution_id)
        return ids


@contextmanager
def running_cluster(workers: int = PROCESSES) -> Iterator[Cluster]:
    """Run everything for as long as the `with` block does, with so many workers of Treadle's."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="treadle-bench-")))
        servers = stack.enter_context(EmbeddedServers(folder / "data"))
        migrate(servers.database_url)
        settings = Settings.load(database_url=servers.database_url, redis_url=servers.redis_url)
        environment = {
            **os.environ,
            "TREADLE_DATABASE_URL": servers.database_url,
            "TREADLE_REDIS_URL": servers.redis_url,
            "TREADLE_LOG_LEVEL": "WARNING",
            raw.REDIS_URL_VARIABLE: servers.redis_url,
        }

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment)
            stack.callback(_stop, process)
            return process

        worker = ("treadle", "worker", "--tasks", "bench.tasks")
        treadle = {f"worker {n}": start(*worker) for n in range(1, workers + 1)}
        treadle["scheduler"] = start("treadle", "scheduler")
        counts = ("--processes", str(PROCESSES), "--threads", str(THREADS))
        raw_workers = start("dramatiq", "bench.raw", *counts, "--skip-logging")
        connections = Connections.to(settings)
        session = stack.enter_context(connections.open_session())
        broker = RedisBroker(url=servers.redis_url)  # type: ignore[no-untyped-call]
        stack.callback(broker.close)
        _wait_for_workers(session, workers)
        yield Cluster(connections, session, broker, treadle, raw_workers)


def _wait_for_workers(session: psycopg.Connection, count: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = session.execute("select count(*) from workers").fetchone()
        if found and found[0] == count:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{count} workers did not register in {_START_SECONDS:g} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
