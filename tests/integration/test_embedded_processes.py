"""The embedded servers and the process that holds them, which these tests kill for real."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from treadle.core import postgres, redis
from treadle.core.embedded import EmbeddedServers, find_cluster
from treadle.core.embedded.folder import FolderLock
from treadle.core.embedded.ownership import service_user
from treadle.core.processes import Command, GuardedProcess, User
from treadle.core.settings import child_environment

pytestmark = pytest.mark.slow

PARENT = Path(__file__).with_name("hold_servers.py")
WaitUntil = Callable[..., Any]


class Parent:
    """A process that holds the servers of a folder."""

    def __init__(self, folder: Path, user: User | None = None, **variables: str) -> None:
        command = Command(
            [sys.executable, str(PARENT), str(folder)],
            environment=child_environment(**variables),
            user=user,
        )
        self.process = GuardedProcess(command, subprocess.PIPE)
        self.pid = self.process.pid
        self.facts = self.read()

    def read(self) -> dict[str, Any]:
        """Return the next line it tells."""
        assert self.process.output is not None
        facts = json.loads(self.process.output.readline())
        assert isinstance(facts, dict)
        return facts

    def guardians(self) -> list[int]:
        """Return the process ids of the servers' guardians."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def close(self) -> None:
        """Kill it if it still runs."""
        self.process.stop()
        assert self.process.output is not None
        self.process.output.close()


@pytest.fixture
def parent(made_folder: Path) -> Iterator[Parent]:
    """Return a process that holds the servers of `made_folder`."""
    held = Parent(made_folder)
    yield held
    held.close()
    lock = FolderLock(made_folder)
    lock.acquire()  # raises if anything of it still lives
    lock.release()


def test_servers_end_with_a_killed_parent(
    parent: Parent, made_folder: Path, wait_until: WaitUntil
) -> None:
    """After kill -9 no server is left, and the next start has the data."""
    with postgres.connect(parent.facts["database_url"], autocommit=True) as session:
        session.execute("CREATE TABLE cloth AS SELECT 'madder' AS colour")
    os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, parent.facts["pids"])))
    assert find_cluster(made_folder) is None
    with EmbeddedServers(made_folder) as servers, postgres.connect(servers.database_url) as session:
        assert session.execute("SELECT colour FROM cloth").fetchone() == ("madder",)


def test_a_start_right_after_a_kill_takes_the_folder_over(
    parent: Parent, made_folder: Path
) -> None:
    """It waits for the servers of the killed run to go down, and is not refused."""
    os.kill(parent.pid, signal.SIGKILL)
    started = time.monotonic()
    with EmbeddedServers(made_folder) as servers:
        assert time.monotonic() - started < 5
        with redis.connect(servers.redis_url) as client:
            assert client.ping()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child")
def test_servers_end_even_when_their_guardians_are_killed_too(
    parent: Parent, wait_until: WaitUntil
) -> None:
    """The kernel tells a server that its guardian died, so even a massacre leaves no orphan."""
    guardians = parent.guardians()
    assert len(guardians) == 2
    for pid in (*guardians, parent.pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, parent.facts["pids"])))


def test_ctrl_c_reaches_the_parent_alone(parent: Parent, made_folder: Path) -> None:
    """The servers still answer while the parent winds down, then end with it, cleanly."""
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.read() == {"still": "there"}
    assert parent.process.wait(20) == 0
    assert not any(map(is_alive, parent.facts["pids"]))
    assert "database system is shut down" in (made_folder / "postgres.log").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="every test here runs as a plain user already")
def test_a_plain_user_can_hold_servers(tmp_path: Path) -> None:
    """Started by a plain user, everything is that user's, and it ends cleanly."""
    nobody = pwd.getpwnam("nobody")
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    folder = home / ".treadle"
    # The owner of `home` is the user; it may pass folders that only root can, such as /root.
    user = service_user(home, (Path(sys.executable).resolve(), PARENT))
    assert user is not None
    parent = Parent(folder, user, HOME=str(home))
    pids = parent.facts["pids"]
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids} == {nobody.pw_uid}
    assert {path.stat().st_uid for path in folder.rglob("*")} == {nobody.pw_uid}
    parent.process.send(signal.SIGINT)
    assert parent.process.wait(20) == 0
    assert not any(map(is_alive, pids))
    parent.close()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and is not yet reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
