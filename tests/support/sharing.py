"""A `treadle up` that all pytest workers of a run share: the first starts it, the last ends it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import UP_SECONDS, Running
from tests.support.file_locks import lock, locked
from tests.support.ports import port_base


@contextmanager
def shared_cluster(
    request: pytest.FixtureRequest,
    name: str,
    start: Callable[[Path, tuple[str, ...]], Running],
) -> Iterator[Path]:
    """Give the folder of this name, in which a cluster runs that `start` starts on given ports.

    The first of its ports is what `port_of` reads from the folder.
    """
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    wait_until: Callable[..., Any] = request.getfixturevalue("wait_until")
    root = factory.getbasetemp()
    root = root if request.getfixturevalue("worker_id") == "master" else root.parent
    path = root / name
    path.mkdir(exist_ok=True)
    running = None
    with locked(root / f"{name}-starting", fcntl.LOCK_EX):
        if not (path / "up").exists():
            ports = port_base()
            running = start(path, ports)
            wait_until(running.is_up, timeout=UP_SECONDS)
            (path / "up").write_text(ports[1])
        users = lock(root / f"{name}-users", fcntl.LOCK_SH)
    yield path
    os.close(users)
    if running is not None:
        # Whoever comes now waits at `starting`, and then starts its own.
        with (
            locked(root / f"{name}-starting", fcntl.LOCK_EX),
            locked(root / f"{name}-users", fcntl.LOCK_EX),
        ):
            (path / "up").unlink()
            assert running.end() == 0, running.said


def port_of(cluster: Path) -> int:
    """Return the first of a shared cluster's ports, its gateway's."""
    return int((cluster / "up").read_text())
