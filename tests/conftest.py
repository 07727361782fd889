"""Real servers for every test that asks: one pair a run, one database and one key space a worker.

The first pytest worker that needs the servers starts them and stops them after the last one that
uses them; a missing server is an error, never a skip. `postgres_url` is shared by the tests of one
worker, so a test looks only at what it made; one that counts everything takes
`fresh_postgres_url`. `redis_url` is emptied before each test.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar
from unittest.mock import patch

import hypothesis
import psycopg
import pytest
import structlog

from tests.support.file_locks import lock, locked
from treadle.core import redis
from treadle.core.embedded import Cluster, EmbeddedServers, find_cluster
from treadle.core.embedded.postgres import TUNING
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.ledger.migrations import migrate
from treadle.monitoring.logs import as_text

# How long an example takes says nothing of what is right.
hypothesis.settings.register_profile("treadle", deadline=None)
hypothesis.settings.load_profile("treadle")
# The lines of a process that configures no logs, which is this one, hold tracebacks as ours do.
structlog.configure(processors=[as_text, *structlog.get_config()["processors"]])

#: Folders whose tests all start processes of Treadle; elsewhere, a test that is slow says so.
SLOW_FOLDERS = {"e2e", "fault"}
TEMPLATE = "migrated"
Result = TypeVar("Result")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what stands in a folder of slow tests."""
    for item in items:
        if item.path.parent.name in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)


class WaitUntil(Protocol):
    """Poll a predicate; return its first true result or fail after `timeout` seconds."""

    def __call__(self, predicate: Callable[[], Result | None], timeout: float = 10.0) -> Result: ...


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Cluster]:
    """Return the servers that all pytest workers of this run share."""
    root = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        root = root.parent
    folder = root / "servers"
    started = None
    with locked(root / "starting", fcntl.LOCK_EX):
        found = find_cluster(folder)
        if found is None:
            started = _start(folder)
            found = Cluster(started.database_url, started.redis_url)
        users = lock(root / "users", fcntl.LOCK_SH)
    yield found
    os.close(users)
    if started is not None:
        # Whoever comes now waits at `starting`, finds no servers and starts its own.
        with locked(root / "starting", fcntl.LOCK_EX), locked(root / "users", fcntl.LOCK_EX):
            started.stop()


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a data folder of which embedded servers were started and stopped, for all workers."""
    root = tmp_path_factory.getbasetemp()
    root = root if worker_id == "master" else root.parent
    folder = root / "made-data"
    with locked(root / "making-data", fcntl.LOCK_EX):
        if not (folder / "postgres").exists():
            with EmbeddedServers(folder):
                pass
    return folder


@pytest.fixture
def made_folder(made_data: Path, tmp_path: Path) -> Path:
    """Return a data folder with an empty database: `initdb` takes longer than most tests."""
    folder = tmp_path / ".treadle"
    folder.mkdir(mode=0o700)
    # Its files may be another user's, and must stay so.
    subprocess.run(["cp", "-a", made_data / "postgres", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def postgres_url(cluster: Cluster) -> Iterator[str]:
    """Return this worker's own migrated database."""
    with _cloned(cluster) as url:
        yield url


@pytest.fixture
def fresh_postgres_url(cluster: Cluster) -> Iterator[str]:
    """Return a migrated database that only this test uses."""
    with _cloned(cluster) as url:
        yield url


@pytest.fixture
def bare_postgres_url(cluster: Cluster) -> Iterator[str]:
    """Return a database without anything in it."""
    with _cloned(cluster, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def key_space_url(cluster: Cluster, worker_id: str) -> str:
    """Return this worker's own key space."""
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    return f"{cluster.redis_url}?db={number}"


@pytest.fixture
def redis_url(key_space_url: str) -> str:
    """Return this worker's own key space, empty."""
    with redis.connect(key_space_url) as client:
        client.flushdb()
    return key_space_url


@pytest.fixture
def settings(postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings that point at this worker's servers and at an empty folder."""
    return Settings(
        configured_database_url=postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path / ".treadle",
    )


@pytest.fixture
def fresh_settings(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings of a migrated database that only this test uses."""
    return Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path,
    )


@pytest.fixture(scope="session")
def wait_until() -> WaitUntil:
    """Return the one way in which a test waits for something."""
    return _wait_until


def _wait_until(predicate: Callable[[], Result | None], timeout: float = 10.0) -> Result:
    deadline = time.monotonic() + timeout
    while not (result := predicate()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout} s; last answer: {result!r}")
        time.sleep(0.01)
    return result


def _start(folder: Path) -> EmbeddedServers:
    """Start servers that hold a migrated template; a run's second start finds it made."""
    servers = EmbeddedServers(folder)
    with patch.dict(TUNING, {"fsync": "off"}):  # nobody cuts this machine's power
        servers.start()
    try:
        cluster = Cluster(servers.database_url, servers.redis_url)
        with psycopg.connect(cluster.database_url, autocommit=True) as session:
            made = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,))
            if made.fetchone() is None:
                session.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(_url_of(cluster, TEMPLATE))
    except BaseException:
        servers.stop()
        raise
    return servers


@contextmanager
def _cloned(cluster: Cluster, template: str = TEMPLATE) -> Iterator[str]:
    name = f"test_{new_id().hex}"
    _administer(cluster, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _url_of(cluster, name)
    finally:
        _administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(cluster: Cluster, statement: str) -> None:
    with psycopg.connect(cluster.database_url, autocommit=True) as session:
        session.execute(statement)


def _url_of(cluster: Cluster, database: str) -> str:
    return cluster.database_url.replace("/treadle?", f"/{database}?")
