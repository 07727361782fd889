"""The supervisor with real processes: new starts, drains, kills."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from treadle.core.processes import Command, GuardedProcess, Service, Supervisor

pytestmark = pytest.mark.slow

WaitUntil = Callable[..., Any]
PARENT = Path(__file__).with_name("supervise.py")
PATIENT = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


class Diary:
    """What a supervisor told, line by line."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def tell(self, name: str, line: str) -> None:
        """Keep one line."""
        self.lines.append((name, line))

    def count(self, text: str) -> int:
        """Return how many lines contain `text`."""
        return sum(text in line for _, line in self.lines)


@pytest.fixture
def diary() -> Diary:
    """Return an empty diary."""
    return Diary()


def shell(name: str, script: str, grace_seconds: float = 5) -> Service:
    """Return a service that runs a shell script."""
    return Service(name, Command(["/bin/sh", "-c", script]), grace_seconds)


def test_a_service_that_ends_is_started_again(diary: Diary, wait_until: WaitUntil) -> None:
    """A crash is told with its status, and the pause before the next start doubles."""
    with Supervisor([[shell("loom", "echo up; exit 3")]], diary.tell):
        wait_until(lambda: diary.count("up") >= 3)
    told = [line for _, line in diary.lines if line.startswith("ended with status 3")]
    pauses = [float(line.split()[-2]) for line in told]
    assert pauses[:2] == [0.2, 0.4]


def test_a_killed_service_is_started_again(diary: Diary, wait_until: WaitUntil) -> None:
    """After kill -9 of the child itself a new one comes, under a new process id."""
    with Supervisor([[shell("loom", "echo up; exec sleep 60")]], diary.tell) as supervisor:
        wait_until(lambda: diary.count("up") == 1)
        killed = supervisor.pids()["loom"]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: diary.count("up") == 2)
        assert supervisor.pids()["loom"] != killed
    assert diary.count("ended with status 137") == 1


def test_every_line_is_told_with_its_service(diary: Diary, wait_until: WaitUntil) -> None:
    """Long output, an unfinished last line and bytes that are no text all arrive."""
    script = r"seq 1 20000; printf 'odd \377 bytes\n'; printf 'no end'; exit 0"
    with Supervisor([[shell("loom", script)]], diary.tell):
        wait_until(lambda: diary.count("ended with status"))
    lines = [line for name, line in diary.lines if name == "loom"]
    assert lines[:20000] == [str(number) for number in range(1, 20001)]
    assert lines[20000:20002] == ["odd \ufffd bytes", "no end"]


def test_one_that_ignores_sigterm_is_killed_after_its_grace(
    diary: Diary, wait_until: WaitUntil
) -> None:
    """Stopping takes no longer than the grace time, and nothing is left."""
    supervisor = Supervisor([[shell("loom", PATIENT, grace_seconds=0.3)]], diary.tell)
    supervisor.start()
    wait_until(lambda: diary.count("ready"))
    pid = supervisor.pids()["loom"]
    started = time.monotonic()
    supervisor.stop()
    assert 0.3 <= time.monotonic() - started < 3
    assert not exists(pid)


def test_a_hurried_stop_waits_for_nobody(diary: Diary, wait_until: WaitUntil) -> None:
    """With `hurry` a long grace time is not waited for."""
    supervisor = Supervisor([[shell("loom", PATIENT, grace_seconds=60)]], diary.tell)
    supervisor.start()
    wait_until(lambda: diary.count("ready"))
    started = time.monotonic()
    supervisor.stop(hurry=True)
    assert time.monotonic() - started < 3


def test_what_a_service_leaves_in_its_group_is_killed(diary: Diary, wait_until: WaitUntil) -> None:
    """A child of a service that died does not run on without it."""
    script = "sleep 60 & echo child $!; exec sleep 60"
    with Supervisor([[shell("loom", script)]], diary.tell) as supervisor:
        wait_until(lambda: diary.count("child"))
        left = int(diary.lines[0][1].split()[1])
        os.kill(supervisor.pids()["loom"], signal.SIGKILL)
        wait_until(lambda: not exists(left))


def test_what_tending_raises_ends_the_supervisor_and_is_raised(
    diary: Diary, wait_until: WaitUntil
) -> None:
    """A defect in looking after the rest is not swallowed, and the services are stopped."""
    asked = threading.Event()

    def tend() -> None:
        asked.set()
        raise LookupError("a server is gone")

    supervisor = Supervisor([[shell("loom", "exec sleep 60")]], diary.tell, tend)
    supervisor.start()
    assert asked.wait(10)
    wait_until(lambda: not supervisor.pids())
    with pytest.raises(LookupError, match="a server is gone"):
        supervisor.stop()


@pytest.fixture
def parent(tmp_path: Path, wait_until: WaitUntil) -> Iterator[tuple[GuardedProcess, Path]]:
    """Return a process that supervises two shells, and its diary."""
    diary = tmp_path / "diary"
    command = Command([sys.executable, str(PARENT), str(diary)])
    process = GuardedProcess(command, subprocess.DEVNULL)
    wait_until(lambda: diary.exists() and len(diary.read_text().splitlines()) == 2)
    yield process, diary
    process.stop()


def test_stages_drain_in_reverse_order(parent: tuple[GuardedProcess, Path]) -> None:
    """SIGTERM to the parent: the last stage drains first, the first one after it, then exit 0."""
    process, diary = parent
    process.send(signal.SIGTERM)
    assert process.wait(10) == 0
    assert diary.read_text().splitlines()[2:] == ["second: second drained", "first: first drained"]


def test_nothing_outlives_a_killed_supervisor(
    parent: tuple[GuardedProcess, Path], wait_until: WaitUntil
) -> None:
    """After kill -9 of the parent no service is left."""
    process, diary = parent
    pids = [int(number) for number in re.findall(r"\d+", diary.read_text())]
    assert len(pids) == 2
    assert all(map(exists, pids))
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(exists, pids)))


def exists(pid: int) -> bool:
    """Return whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
