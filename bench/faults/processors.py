"""How much of the processors the run got, the servers and the load included; how fast they were.

On a machine that others use too a rate falls for reasons of theirs; nodes per CPU second tell. A
shared processor is also slower at times: how long the same work takes tells that.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import thread_time, time

_PERIOD_SECONDS = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Processors:
    """Samples the CPU time of this process and all that descend from it."""

    def __init__(self) -> None:
        self._spent: list[tuple[float, float]] = []
        self._speeds: list[tuple[float, float]] = []
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

    def speed(self, begin: float, end: float) -> float:
        """Return how often the same work would be done in a CPU second, as a median."""
        return median([speed for moment, speed in self._speeds if begin < moment <= end] or [0.0])

    def _sample(self) -> None:
        before = _seconds_by_pid()
        while not self._stopping.wait(_PERIOD_SECONDS):
            now = _seconds_by_pid()
            spent = sum(seconds - before.get(pid, 0.0) for pid, seconds in now.items())
            self._spent.append((time(), spent))
            self._speeds.append((time(), _speed()))
            before = now


def _speed() -> float:
    begin = thread_time()
    sum(number * number for number in range(20_000))
    return 1 / (thread_time() - begin)


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
