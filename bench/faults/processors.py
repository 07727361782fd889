"""How much of the processors the run itself got, the servers and the load included.

On a machine that others use too a rate falls for reasons of theirs; nodes per CPU second tell.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import time

_PERIOD_SECONDS = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Processors:
    """Samples the CPU time of this process and all that descend from it."""

    def __init__(self) -> None:
        self._spent: list[tuple[float, float]] = []
        self._stopping = Event()
        self._thread = Thread(target=self._sample, name="processors")
        self._thread.start()

    def close(self) -> None:
        """Sample no more."""
        self._stopping.set()
        self._thread.join()

    def cores(self, begin: float, end: float) -> float:
        """Return how many cores it had between two times, as a mean."""
        spent = [seconds for moment, seconds in self._spent if begin < moment <= end]
        return sum(spent) / max(1.0, end - begin)

    def _sample(self) -> None:
        before = _seconds_by_pid()
        while not self._stopping.wait(_PERIOD_SECONDS):
            now = _seconds_by_pid()
            spent = sum(seconds - before.get(pid, 0.0) for pid, seconds in now.items())
            self._spent.append((time(), spent))
            before = now


def _seconds_by_pid() -> dict[int, float]:
    """Return the CPU seconds of this process and its descendants."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has just ended
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                seconds[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    ours = {os.getpid()}
    while found := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= found
    return {pid: seconds[pid] for pid in ours if pid in seconds}
