"""The embedded servers in one process: addresses, folders, restarts, leftovers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.own_mounts import own_mounts
from treadle.core import postgres, redis
from treadle.core.embedded import (
    EmbeddedServers,
    FolderHeld,
    FolderNotOurs,
    ServerFailed,
    find_cluster,
)
from treadle.core.embedded.binaries import postgres_program
from treadle.core.embedded.postgres import DataOfAnotherRelease
from treadle.core.settings import NoServers, Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder that does not exist yet."""
    return tmp_path / ".treadle"


def test_both_servers_answer_and_keep_data_on_disk(folder: Path) -> None:
    """PostgreSQL writes through to the disk, knows pgvector, and has what was committed before."""
    with EmbeddedServers(folder) as servers, postgres.connect(servers.database_url) as session:
        session.execute("CREATE EXTENSION vector")
        session.execute("CREATE TABLE cloth AS SELECT '[1,2]'::vector AS pattern")
        assert session.execute("SHOW fsync").fetchone() == ("on",)
        assert session.execute("SHOW synchronous_commit").fetchone() == ("on",)
    with EmbeddedServers(folder) as servers, postgres.connect(servers.database_url) as session:
        assert session.execute("SELECT pattern::text FROM cloth").fetchone() == ("[1,2]",)


def test_a_command_in_the_folder_finds_the_cluster_while_it_runs(made_folder: Path) -> None:
    """Settings without addresses take those of the folder, and say so when nothing runs there."""
    with EmbeddedServers(made_folder) as servers:
        found = Settings(data_dir=made_folder)
        assert (found.database_url, found.redis_url) == (servers.database_url, servers.redis_url)
    with pytest.raises(NoServers):
        _ = Settings(data_dir=made_folder).database_url


def test_files_of_the_folder_are_its_users_alone(made_folder: Path) -> None:
    """Whoever could open the lock could hold it. Older ones are closed to others."""
    for name in ("lock", "postgres.log", "valkey.log"):
        (made_folder / name).touch(mode=0o644)
    with EmbeddedServers(made_folder) as servers:
        files = [each for each in servers.folder.iterdir() if each.is_file()]
        assert {each.name for each in files} >= {"lock", "cluster.json", "postgres.log"}
        assert {each.stat().st_mode & 0o077 for each in files} == {0}


def test_a_second_start_says_who_holds_the_folder(made_folder: Path) -> None:
    """The error names the holder and since when, and the first cluster is not disturbed."""
    with EmbeddedServers(made_folder) as servers:
        with pytest.raises(FolderHeld, match=rf"process {os.getpid()} .* since \d{{4}}-"):
            EmbeddedServers(made_folder).start()
        assert find_cluster(made_folder) is not None
        with redis.connect(servers.redis_url) as client:
            assert client.ping()


def test_a_path_longer_than_a_socket_may_have_works(folder: Path) -> None:
    """Sockets of a deep folder lie in a short private place that goes with them."""
    deep = folder.joinpath(*["a-folder-with-a-rather-long-name"] * 8)
    with EmbeddedServers(deep) as servers:
        with postgres.connect(servers.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
        with redis.connect(servers.redis_url) as client:
            assert client.ping()
        places = [servers.postgres.socket_path.parent, servers.valkey.socket_path.parent]
        assert {place.stat().st_mode & 0o777 for place in places} == {0o700}
    assert not any(place.exists() for place in places)


def test_a_path_with_odd_characters_works(folder: Path) -> None:
    """Blanks, percent signs, quotes and letters beyond ASCII need no care from the user."""
    with EmbeddedServers(folder / "50 % of 'Bäume' & more?#") as servers:
        with postgres.connect(servers.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
        with redis.connect(servers.redis_url) as client:
            assert client.ping()


def test_leftovers_of_a_killed_run_are_no_obstacle(made_folder: Path) -> None:
    """A pid file whose number is now another process, and dead sockets, are put aside."""
    with EmbeddedServers(made_folder) as servers:
        sockets = [servers.postgres.socket_path, servers.valkey.socket_path]
    # The number of a living process: our own parent, which is no PostgreSQL.
    pid = os.getppid()
    leftover = made_folder / "postgres" / "postmaster.pid"
    leftover.write_text(f"{pid}\n{made_folder / 'postgres'}\n1\n5432\n\n\n")
    for path in sockets:
        path.parent.mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    os.chown(sockets[0].parent, (made_folder / "postgres").stat().st_uid, -1)
    (made_folder / "cluster.json").write_text('{"database_url": "x", "redis_url": "x"}')
    assert find_cluster(made_folder) is None
    with (
        EmbeddedServers(made_folder) as servers,
        postgres.connect(servers.database_url) as session,
        redis.connect(servers.redis_url) as client,
    ):
        assert session.execute("SELECT 1").fetchone() == (1,)
        assert client.ping()


def test_an_immediate_restart_keeps_what_was_committed(made_folder: Path) -> None:
    """PostgreSQL recovers from its log at the same address; Valkey comes back empty."""
    with EmbeddedServers(made_folder) as servers:
        with postgres.connect(servers.database_url, autocommit=True) as session:
            session.execute("CREATE TABLE cloth AS SELECT 'madder' AS colour")
        with redis.connect(servers.redis_url) as client:
            client.set("colour", "madder")
            before = servers.postgres.pid, servers.valkey.pid
            servers.postgres.restart(immediate=True)
            servers.valkey.restart(immediate=True)
            assert client.get("colour") is None
        assert not {*before} & {servers.postgres.pid, servers.valkey.pid}
        with postgres.connect(servers.database_url) as session:
            assert session.execute("SELECT colour FROM cloth").fetchone() == ("madder",)


def test_killed_servers_are_revived(made_folder: Path, wait_until: Callable[..., Any]) -> None:
    """After kill -9 each is back at its address, also if a busy session outlives its server."""
    with EmbeddedServers(made_folder) as servers:
        limits = postgres.SessionLimits(statement_seconds=2)
        busy = postgres.connect(servers.database_url, autocommit=True, limits=limits)
        with ThreadPoolExecutor(1) as pool, busy:
            asked = pool.submit(busy.execute, "SELECT sum(n) FROM generate_series(1, 1e12) AS n")
            wait_until(lambda: is_busy(servers, busy.info.backend_pid))
            for server in (servers.postgres, servers.valkey):
                os.kill(server.pid, signal.SIGKILL)
                wait_until(lambda server=server: not server.is_running())

            def revived() -> bool:
                servers.revive()
                return servers.postgres.is_running() and servers.valkey.is_running()

            wait_until(revived)
            assert asked.exception() is not None
        with postgres.connect(servers.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
        with redis.connect(servers.redis_url) as client:
            assert client.ping()


def test_a_server_whose_files_cannot_be_made_is_revived_once_they_can(
    made_folder: Path, wait_until: Callable[..., Any]
) -> None:
    """Here because the folder is away for a while; what is wrong is said, and ends nothing."""
    with EmbeddedServers(made_folder) as servers:
        os.kill(servers.valkey.pid, signal.SIGKILL)
        wait_until(lambda: not servers.valkey.is_running())
        away = made_folder.rename(made_folder.with_name("away"))

        servers.revive()
        with pytest.raises(ServerFailed, match="No such file or directory") as caught:
            servers.valkey.start()
        assert not servers.valkey.is_running()
        away.rename(made_folder)
        servers.revive()

        assert caught.value.context["folder"] == str(made_folder)
        with redis.connect(servers.redis_url) as client:
            assert client.ping()


def test_a_full_disk(tmp_path: Path) -> None:
    """A server says that it did not start for want of space, and starts once there is some."""
    command = [*own_mounts(), "sh", "-c", FULL_DISK, str(tmp_path), sys.executable, "-c", ON_IT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    full, later = json.loads(done.stdout)

    assert full["error_code"] == "embedded_server_failed"
    assert "No space left on device" in full["error_message"]
    assert str(tmp_path) in full["error_details"]["solution"]
    assert later == "PONG"


#: A file system with room for ten files, seen by one process alone.
FULL_DISK = 'mount -t tmpfs -o nr_inodes=11 tmpfs "$0" && exec "$1" "$2" "$3" "$0"'
ON_IT = """
import json, sys
from pathlib import Path
from treadle.core import redis
from treadle.core.embedded import ServerFailed
from treadle.core.embedded.valkey import EmbeddedValkey

folder = Path(sys.argv[1])
for number in range(10):
    (folder / str(number)).touch()
server = EmbeddedValkey(folder)
try:
    server.start()
except ServerFailed as error:
    full = error.to_wire()
for number in range(10):
    (folder / str(number)).unlink()
with server, redis.connect(server.url) as client:
    print(json.dumps([full, "PONG" if client.ping() else None]))
"""


def is_busy(servers: EmbeddedServers, pid: int) -> bool:
    """Return whether the session of that process runs a statement."""
    with postgres.connect(servers.database_url) as session:
        query = "SELECT state = 'active' FROM pg_stat_activity WHERE pid = %s"
        return session.execute(query, (pid,)).fetchone() == (True,)


def test_data_of_another_release_is_refused(folder: Path) -> None:
    """A folder that this PostgreSQL cannot open is named, and left as it is."""
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(DataOfAnotherRelease, match="PostgreSQL 12"):
        EmbeddedServers(folder).start()
    with pytest.raises(DataOfAnotherRelease):  # and not FolderHeld: the first start let go
        EmbeddedServers(folder).start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(made_folder: Path) -> None:
    """The error carries what the server itself said, and nothing keeps running."""
    (made_folder / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(ServerFailed, match="no_such_setting"):
        EmbeddedServers(made_folder).start()
    assert find_cluster(made_folder) is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is an error about that path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotOurs, match="file"):
        EmbeddedServers(tmp_path / "file").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="a plain user's own folders are open to that user")
def test_root_may_keep_everything_in_a_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone under /root works: its programs and its data, which only root can reach.

    PostgreSQL does not run as root, and the other user it runs as cannot pass that folder.
    """
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = postgres_program("postgres").parents[2]
    for package in (installed, installed.with_name(f"{installed.name}.libs")):
        shutil.copytree(package, closed / package.name, copy_function=shutil.copyfile)
    for program in (closed / installed.name).glob("*/bin/*"):
        program.chmod(0o700)
    monkeypatch.syspath_prepend(closed)
    assert postgres_program("postgres").is_relative_to(closed)
    with (
        EmbeddedServers(closed / ".treadle") as servers,
        postgres.connect(servers.database_url) as session,
    ):
        session.execute("CREATE EXTENSION vector")
        assert Path(f"/proc/{servers.postgres.pid}").stat().st_uid != 0
