"""`treadle up`, `worker` and `scheduler` as processes: joining, draining, being killed."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import TASKS
from tests.support.command_line import TREADLE, UP_SECONDS, Folder, Running
from tests.support.node_families import commands, descendants, is_alive
from tests.support.ports import port_base
from tests.support.workflows import chain, node
from treadle.core.embedded import find_cluster

WaitUntil = Callable[..., Any]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start commands in the test's folder; they end with the test."""
    running: list[Running] = []

    def start(*arguments: str) -> Running:
        running.append(Folder(tmp_path).start(*arguments))
        return running[-1]

    yield start
    for each in reversed(running):
        each.close()


@contextmanager
def in_terminal(
    folder: Path, *arguments: str
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """Run a command in a terminal of its own; yield it, and what returns all it has written."""
    ours, theirs = pty.openpty()
    written: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # the other end is closed
            while data := os.read(ours, 65_536):
                written.append(data)

    process = subprocess.Popen(
        [TREADLE, *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield process, lambda: b"".join(written).decode()
    finally:
        process.kill()
        process.wait()
        reader.join()
        os.close(ours)


def test_up_says_where_all_of_it_is(cluster_folder: Path) -> None:
    """What stands there can be asked for, and a key that is made as it says opens the API."""
    (log,) = cluster_folder.glob("up-*.log")
    said = log.read_text("utf-8").partition("Treadle is up")[2]
    (command,) = re.findall(r"API key: none yet; `treadle (keys create [^`]+)` makes one", said)
    page, metrics = re.findall(r"http://\S+(?:docs|metrics)\b", said)
    ports = re.findall(r"(planner|worker|scheduler) (\d+)", said)

    for address in (page, metrics, *(f"http://127.0.0.1:{port}/health" for _, port in ports)):
        assert httpx.get(address).status_code == 200
    assert len(ports) == 3
    key = Folder(cluster_folder).run(*command.split()).out.strip()
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.get(page.replace("docs", "v1/keys"), headers=headers).status_code == 200
    assert "tk_" not in log.read_text("utf-8")


def test_a_second_up_says_who_holds_the_folder(cluster_folder: Path) -> None:
    """With its process id; the cluster that runs there is not touched."""
    done = Folder(cluster_folder).process("up")

    assert done.code == 4
    assert "is held by process" in done.err
    assert "treadle up --workers 2" in done.err
    assert "reason: data_folder_held" in done.err


def test_up_refuses_servers_that_the_environment_names(tmp_path: Path) -> None:
    """For the other commands in the folder would go to those, not to the ones it runs."""
    done = Folder(tmp_path).process("up", DATABASE_URL="postgresql://elsewhere/d")

    assert done.code == 4
    assert "DATABASE_URL" in done.err
    assert "reason: addresses_are_set" in done.err
    assert not (tmp_path / ".treadle").exists()


def test_up_refuses_a_port_that_somebody_holds(tmp_path: Path) -> None:
    """Before anything starts, with the address in the error."""
    option, base = port_base()
    with socket.create_server(("127.0.0.1", int(base) + 3)):
        done = Folder(tmp_path).process("up", option, base)

    assert done.code == 4
    assert f"127.0.0.1:{int(base) + 3}" in done.err
    assert "reason: port_taken" in done.err
    assert not (tmp_path / ".treadle").exists()


def test_the_first_key_is_shown_once_and_in_a_terminal_alone(
    tmp_path: Path, wait_until: WaitUntil
) -> None:
    """It is made in the moment it is shown, so a start that is cut short loses none."""
    for cut_short in (True, False):
        with in_terminal(tmp_path, "up", "--workers", "1", *port_base()) as (process, said):
            wait_until(lambda said=said: "scheduler.started" in said(), timeout=UP_SECONDS)
            if cut_short:
                process.kill()
                process.wait()
                shown = said().count("API key: tk_")
                wait_until(lambda: find_cluster(tmp_path / ".treadle") is None, timeout=30)
            else:
                wait_until(lambda said=said: "Treadle is up" in said(), timeout=UP_SECONDS)
                wait_until(lambda said=said: "/metrics" in said(), timeout=UP_SECONDS)
                assert len(Folder(tmp_path).run("keys", "list", "--json").document) == 1
                assert shown + said().count("API key: tk_") == 1
                process.terminate()
                assert process.wait() == 0


def test_nothing_outlives_a_killed_up(
    started: Callable[..., Running], tmp_path: Path, wait_until: WaitUntil
) -> None:
    """After kill -9 servers, workers and scheduler end, and the next start finds its data."""
    up = started("up", "--workers", "1", *port_base())
    wait_until(up.is_up, timeout=UP_SECONDS)
    file = Folder(tmp_path).write("w.json", chain(node("n")))
    execution = Folder(tmp_path).run("submit", file, "--watch", "--json").document
    family = descendants(up.pid)
    for member in ("postgres", "valkey", "treadle worker", "treadle scheduler"):
        assert member in commands(family)

    os.kill(up.pid, signal.SIGKILL)

    wait_until(lambda: not [pid for pid in family if is_alive(pid)], timeout=30)
    assert find_cluster(tmp_path / ".treadle") is None
    again = started("up", "--workers", "1", *port_base())
    wait_until(again.is_up, timeout=UP_SECONDS)
    assert Folder(tmp_path).run("show", execution["id"], "--json").document == execution
    assert "tk_" not in up.said + again.said
    assert again.end() == 0
    lines = [json.loads(each) for each in again.said.splitlines()]
    assert lines[-1]["message"] == "Treadle is down."


def test_a_worker_joins_the_cluster_of_its_folder_and_drains(
    folder: Folder, started: Callable[..., Running], tmp_path: Path, wait_until: WaitUntil
) -> None:
    """It brings a task that no other worker has, ends what it runs after SIGTERM, and exits 0."""
    (tmp_path / "more_tasks.py").write_text(TASKS.replace("def hold", "def hold_here"))
    worker = started("worker", "--tasks", "more_tasks")
    wait_until(lambda: "worker.started" in worker.said, timeout=UP_SECONDS)
    marker = tmp_path / "running"
    params = {"file": str(marker), "seconds": 1.0}
    step = node(
        "hold", "ACTION.PYTHON_TASK", configurations={"task": "hold_here"}, input_params=params
    )
    execution_id = folder.run("submit", folder.write("w.json", chain(step))).out.strip()
    wait_until(marker.exists)

    status = worker.end()

    assert status == 0, worker.said
    watched = folder.run("watch", execution_id, "--json").document
    records = {record["node_id"]: record for record in watched["node_executions"]}
    assert watched["status"] == "SUCCESS"
    assert records["hold"]["attempt"] == 1


def test_a_second_signal_ends_a_worker_at_once(
    folder: Folder, started: Callable[..., Running], tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Whoever cannot wait for the drain asks twice."""
    (tmp_path / "long_tasks.py").write_text(TASKS.replace("def hold", "def hold_long"))
    worker = started("worker", "--tasks", "long_tasks")
    wait_until(lambda: "worker.started" in worker.said, timeout=UP_SECONDS)
    marker = tmp_path / "running"
    params = {"file": str(marker), "seconds": 60.0}
    step = node(
        "hold", "ACTION.PYTHON_TASK", configurations={"task": "hold_long"}, input_params=params
    )
    execution_id = folder.run("submit", folder.write("w.json", chain(step))).out.strip()
    wait_until(marker.exists)

    worker.send(signal.SIGTERM)
    wait_until(lambda: "drain.started" in worker.said)
    status = worker.end()

    assert status == 128 + signal.SIGTERM
    folder.run("cancel", execution_id)


def test_a_scheduler_ends_with_zero_when_asked(
    folder: Folder, started: Callable[..., Running], wait_until: WaitUntil
) -> None:
    """A second one beside the cluster's is safe, and so is its end."""
    scheduler = started("scheduler")
    wait_until(lambda: "scheduler.started" in scheduler.said, timeout=UP_SECONDS)

    assert scheduler.end() == 0, scheduler.said
    wait_until(lambda: folder.run("doctor", "--json").code == 0, 40)


def test_tasks_that_cannot_be_found_are_named(folder: Folder) -> None:
    """A worker without the code that it was asked to run does not start."""
    done = folder.process("worker", "--tasks", "nowhere_to_be_found")

    assert done.code == 4
    assert "nowhere_to_be_found" in done.err
    assert '"reason":"tasks_not_found"' in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No module named 'user_tasks'"),
        ("import nosuch_library\n", "No module named 'nosuch_library'"),
        ("def f(:\n", "SyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("import sys\nsys.exit(3)\n", "ended with 3"),
        ("x = 1\n", "has no @task"),
    ],
)
def test_up_imports_tasks_before_anything_starts(
    tmp_path: Path, text: str | None, said: str
) -> None:
    """What a worker could not import ends it, with the end of the user's own traceback."""
    if text is not None:
        (tmp_path / "user_tasks.py").write_text(text)

    done = Folder(tmp_path).process("up", "--tasks", "user_tasks", *port_base())

    assert done.code == 4, done
    assert said in done.err
    assert "reason: tasks_not_found" in done.err
    assert "importlib" not in done.err
    assert len(done.err.splitlines()) <= 8
    assert not (tmp_path / ".treadle").exists()
