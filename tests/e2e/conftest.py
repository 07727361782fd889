"""One cluster, `treadle up --workers 2`, for all tests of a run that only use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Folder, Running
from tests.support.sharing import port_of, shared_cluster

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
def cluster_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Return the folder in which the cluster of all pytest workers runs."""

    def up(folder: Path, ports: tuple[str, ...]) -> Running:
        (folder / "tasks_of_user.py").write_text(TASKS)
        return Running(folder, ("up", "--workers", "2", "--tasks", "tasks_of_user", *ports))

    with shared_cluster(request, "e2e", up) as folder:
        yield folder


@pytest.fixture
def folder(cluster_folder: Path, tmp_path: Path) -> Folder:
    """Return a folder of the test's own, whose commands find the shared cluster."""
    (tmp_path / ".treadle").symlink_to(cluster_folder / ".treadle")
    return Folder(tmp_path)


@pytest.fixture
def server(cluster_folder: Path) -> str:
    """Return the address of the shared cluster's gateway."""
    return f"http://127.0.0.1:{port_of(cluster_folder)}"
