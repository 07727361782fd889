"""The tasks of the nodes on Treadle's side."""

from __future__ import annotations

import time

from treadle import task


@task
def noop() -> None:
    """Do nothing, like the raw actor."""


@task
def stamp() -> float:
    """Return the time of the call."""
    return time.time()


@task
def nap(seconds: float) -> None:
    """Keep a thread for so long."""
    time.sleep(seconds)
