"""Processes below processes, as the kernel lists them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the processes below a process, whichever of its threads started them."""
    found = []
    for children in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(FileNotFoundError):  # it ended since its parent was looked at
            found += [int(child) for child in children.read_text().split()]
    return found + [each for child in found for each in descendants(child)]


def commands(pids: Sequence[int]) -> str:
    """Return what processes were started as."""
    lines = []
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            lines.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
    return "\n".join(lines)


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has reaped yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
