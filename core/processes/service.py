"""A service and its current process, for the supervisor."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from treadle.core.processes.guarded import Command, GuardedProcess

#: Seconds before the first restart; each quick failure doubles it.
FIRST_PAUSE_SECONDS = 0.2
#: Longest pause between restarts.
LONGEST_PAUSE_SECONDS = 10.0
#: After a run of this many seconds, a failure counts as the first again.
WELL_SECONDS = 30.0
_READ_BYTES = 65_536
#: Reads after the end: enough to read all that a pipe can hold, but bounded in case a leftover
#: process goes on writing.
_LAST_READS = 32
#: Longest line that is kept whole, in bytes; longer ones are split to bound the memory.
_LINE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Service:
    """What the supervisor keeps running."""

    name: str
    """The prefix of its lines."""
    command: Command
    """How it is started."""
    grace_seconds: float
    """Time it has to drain after SIGTERM; then it is killed."""


class Child:
    """A service's current process, if any, and when the next may start."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: GuardedProcess | None = None
        self.due = 0.0
        """Monotonic time before which it is not started again."""
        self.at_end = False
        """Whether all its output was read."""
        self._failures = 0
        self._started = 0.0
        self._rest = b""

    def start(self) -> IO[bytes]:
        """Start the process; return its output."""
        self.process = GuardedProcess(self.service.command, subprocess.PIPE)
        self._started = time.monotonic()
        self._rest = b""
        self.at_end = False
        os.set_blocking(self.output().fileno(), False)
        return self.output()

    def running(self) -> GuardedProcess:
        """Return the process, which must exist."""
        if self.process is None:
            raise RuntimeError(f"{self.service.name} is not started")
        return self.process

    def output(self) -> IO[bytes]:
        """Return the output of the process."""
        output = self.running().output
        if output is None:
            raise RuntimeError(f"{self.service.name} has no output to read")
        return output

    def read_lines(self) -> Iterator[str]:
        """Yield the complete lines, and at the end the rest."""
        part = os.read(self.output().fileno(), _READ_BYTES)
        self.at_end = not part
        *lines, self._rest = (self._rest + part).split(b"\n")
        if self._rest and (self.at_end or len(self._rest) > _LINE_BYTES):
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")

    def finish(self) -> tuple[int, list[str]]:
        """Handle the end: kill what still runs, and set when the next start is due.

        Returns: the exit status, and the lines that were not read before.
        """
        status = self.running().stop()
        lines: list[str] = []
        for _ in range(_LAST_READS):
            if self.at_end or not select.select([self.output()], [], [], 0)[0]:
                break
            lines += self.read_lines()
        if self._rest:
            lines.append(self._rest.decode(errors="replace"))
        self.output().close()
        self.process = None
        now = time.monotonic()
        self._failures = 1 if now - self._started >= WELL_SECONDS else self._failures + 1
        pause = FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10)
        self.due = now + min(pause, LONGEST_PAUSE_SECONDS)
        return status, lines
