"""The tasks of the nodes on Treadle's side."""

from __future__ import annotations

import os
import time
from typing import Any

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


@task
def add_up(**found: Any) -> dict[str, int]:
    """Return one more than the sum of what the nodes before found."""
    parents = [found] if "v" in found else found.values()
    return {"v": 1 + sum(int(parent["v"]) for parent in parents)}


@task
def fail_once(v: int, mark: str) -> dict[str, int]:
    """Fail at the first call with a mark, which is the path of a file."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return {"v": v + 1}
    raise RuntimeError("the first attempt fails")
