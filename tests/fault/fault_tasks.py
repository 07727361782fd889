"""Tasks of the fault tests. Each writes a line to a file, so that its effects can be counted.

The last group does harm: to its own process, or by not ending.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from tests.reference.shapes import MODULUS
from treadle import task


def note(into: str, line: str) -> None:
    """Append a line in one write, which no other process's write can part."""
    descriptor = os.open(into, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


def effects(into: str | Path) -> list[str]:
    """Return the lines written so far."""
    path = Path(into)
    return path.read_text().splitlines() if path.exists() else []


def added_up(found: dict[str, Any]) -> dict[str, int]:
    """Return a job's figure: one more than the sum of what its parents found."""
    parents = [found] if "v" in found else [each for each in found.values() if "v" in each]
    return {"v": (1 + sum(int(parent["v"]) for parent in parents)) % MODULUS}


@task
def fault_step(job: str, into: str, seconds: float, **found: Any) -> dict[str, int]:
    note(into, job)
    time.sleep(seconds)
    return added_up(found)


@task
async def fault_step_async(job: str, into: str, seconds: float, **found: Any) -> dict[str, int]:
    note(into, job)
    await asyncio.sleep(seconds)
    return added_up(found)


@task
def fault_flaky(job: str, into: str) -> dict[str, int]:
    """Fail at the first attempt."""
    if _is_first(job, into):
        raise RuntimeError("not yet")
    return {"v": 1}


@task
def fault_poison(job: str, into: str) -> None:
    """Kill whatever runs it."""
    note(into, job)
    os._exit(9)


@task
async def fault_poison_async(job: str, into: str) -> None:
    """Kill whatever runs it."""
    note(into, job)
    os._exit(9)


#: Seconds for which a task hangs that cannot be interrupted: past its limit and the grace for it.
HANG_SECONDS = 15.0


def _is_first(job: str, into: str) -> bool:
    note(into, job)
    return effects(into).count(job) == 1


@task
def fault_spin(job: str, into: str) -> dict[str, int]:
    """Compute without end at the first attempt."""
    spins = _is_first(job, into)
    while spins:
        pass
    return {"v": 1}


@task
def fault_sleep(job: str, into: str) -> dict[str, int]:
    """Stay in one call into C at the first attempt: no exception reaches the thread there."""
    if _is_first(job, into):
        time.sleep(HANG_SECONDS)
    return {"v": 1}


@task
async def fault_wait(job: str, into: str) -> dict[str, int]:
    """Wait for what does not come at the first attempt."""
    if _is_first(job, into):
        await asyncio.Event().wait()
    return {"v": 1}


@task(lane="process")
def fault_child(job: str, into: str) -> dict[str, int]:
    """Hang in a child of its own at the first attempt."""
    if _is_first(job, into):
        time.sleep(HANG_SECONDS)
    return {"v": 1}
