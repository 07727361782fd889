"""One cluster, `treadle up --workers 2`, for all tests of a run that only use it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import UP_SECONDS, Folder, Running
from tests.support.file_locks import lock, locked
from tests.support.ports import port_base

#: A module in the user's folder. `open_gate` fails until there is a file, `hold` takes its time,
#: `wait_for` as much as somebody lets it.
TASKS = '''
"""Tasks of a user."""

import time
from pathlib import Path

from treadle import NonRetryable, task


@task
def open_gate(file: str) -> str:
    if not Path(file).exists():
        raise NonRetryable(f"{file} is not there")
    return "open"


@task
def hold(file: str, seconds: float) -> str:
    Path(file).touch()
    time.sleep(seconds)
    return "held"


@task
def wait_for(file: str) -> str:
    while not Path(file).exists():
        time.sleep(0.02)
    return "there"


@task(max_retries=2)
def fail_once(file: str) -> str:
    if not Path(file).exists():
        Path(file).touch()
        raise OSError("not yet")
    return "done"
'''


@pytest.fixture(scope="session")
def cluster_folder(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, wait_until: Callable[..., Any]
) -> Iterator[Path]:
    """Return the folder in which the cluster of all pytest workers runs."""
    root = tmp_path_factory.getbasetemp()
    root = root if worker_id == "master" else root.parent
    path = root / "e2e"
    path.mkdir(exist_ok=True)
    running = None
    with locked(root / "e2e-starting", fcntl.LOCK_EX):
        if not (path / "up").exists():
            (path / "tasks_of_user.py").write_text(TASKS)
            ports = port_base()
            arguments = ("up", "--workers", "2", "--tasks", "tasks_of_user", *ports)
            running = Running(path, arguments)
            wait_until(running.is_up, timeout=UP_SECONDS)
            (path / "up").write_text(ports[1])
        users = lock(root / "e2e-users", fcntl.LOCK_SH)
    yield path
    os.close(users)
    if running is not None:
        # Whoever comes now waits at `e2e-starting`, and then starts its own.
        with (
            locked(root / "e2e-starting", fcntl.LOCK_EX),
            locked(root / "e2e-users", fcntl.LOCK_EX),
        ):
            (path / "up").unlink()
            assert running.end() == 0, running.said


@pytest.fixture
def folder(cluster_folder: Path, tmp_path: Path) -> Folder:
    """Return a folder of the test's own, whose commands find the shared cluster."""
    (tmp_path / ".treadle").symlink_to(cluster_folder / ".treadle")
    return Folder(tmp_path)


@pytest.fixture
def server(cluster_folder: Path) -> str:
    """Return the address of the shared cluster's gateway."""
    return f"http://127.0.0.1:{(cluster_folder / 'up').read_text()}"
