"""The lines of one attempt: gathered whole, within bounds, until somebody takes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import RLock
from typing import NamedTuple, TypeAlias

from treadle.dag.log_streams import LogStream

#: Lines of one attempt that are kept, characters of all of them, and of one.
LINES, CHARACTERS, LINE_CHARACTERS = 1_000, 256 * 1024, 8 * 1024


Report: TypeAlias = "dict[str, object]"
"""How far an attempt is: `done`, `total` and `text`."""


class Line(NamedTuple):
    """A line as it is stored."""

    timestamp: int
    """Epoch milliseconds."""
    stream: LogStream
    level: str | None
    logger: str | None
    text: str


class Taken(NamedTuple):
    """What an attempt has said, in part."""

    lines: list[Line]
    left_out: int
    """Lines past the bounds."""
    report: Report | None
    """How far it is, if it said so."""


class TaskLog:
    """What one attempt printed and logged; safe for threads.

    A line that is not ended yet waits for its end. What is past the bounds is counted.
    """

    __slots__ = (
        "_begun", "_characters", "_count", "_ended", "_left_out", "_lines", "_lock", "_on_lines",
        "_report",
    )  # fmt: skip

    def __init__(self, on_lines: Callable[[TaskLog], None]) -> None:
        """`on_lines` is called whenever something was added, now or by the end."""
        self._on_lines = on_lines
        self._lines: list[Line] = []
        self._begun: dict[LogStream, str] = {}
        self._count = 0
        self._characters = 0
        self._left_out = 0
        self._report: Report | None = None
        self._ended = False
        # Reentrant: a finalizer that prints may run while the same thread is inside.
        self._lock = RLock()

    def write(self, stream: LogStream, text: str) -> bool:
        """Take in what was printed; return whether it was, before the end."""
        with self._lock:
            if self._ended:
                return False
            *whole, begun = (self._begun.get(stream, "") + text).split("\n")
            for each in whole:
                self._add(stream, None, None, each)
            self._begun[stream] = _overwritten(begun)[: LINE_CHARACTERS + 1]
            self._on_lines(self)
        return True

    def record(self, level: str, logger: str, text: str) -> bool:
        """Take in what was logged, a line for each of its own; return whether it was."""
        with self._lock:
            if self._ended:
                return False
            for each in text.split("\n"):
                self._add(LogStream.LOG, level, logger, each)
            self._on_lines(self)
        return True

    def report(self, report: Report) -> None:
        """Take in how far the attempt is, in place of what it has said of that before."""
        with self._lock:
            if not self._ended:
                self._report = report
                self._on_lines(self)

    def extend(self, said: Taken) -> None:
        """Take in what another process has gathered."""
        with self._lock:
            if self._ended:
                return
            for each in said.lines:
                self._keep(each)
            self._left_out += said.left_out
            self._report = said.report or self._report
            self._on_lines(self)

    def take(self, *, report: bool = True) -> Taken:
        """Return what was said since the last call, as far as it is whole; reports if wanted."""
        with self._lock:
            taken = Taken(self._lines, self._left_out, self._report if report else None)
            self._lines, self._left_out = [], 0
            if report:
                self._report = None
        return taken

    def end(self) -> None:
        """Take in nothing more; what has no end yet is a line."""
        with self._lock:
            for stream, begun in self._begun.items():
                if begun:
                    self._add(stream, None, None, begun)
            self._begun.clear()
            self._ended = True
            self._on_lines(self)

    def _add(self, stream: LogStream, level: str | None, logger: str | None, text: str) -> None:
        text = _overwritten(text).rstrip("\r")
        if len(text) > LINE_CHARACTERS:
            text = text[:LINE_CHARACTERS] + "…"
        self._keep(Line(time.time_ns() // 1_000_000, stream, level, logger, text))

    def _keep(self, line: Line) -> None:
        if self._count >= LINES or self._characters >= CHARACTERS:
            self._left_out += 1
            return
        self._lines.append(line)
        self._count += 1
        self._characters += len(line.text)


def _overwritten(text: str) -> str:
    """Return what a terminal shows of a line: what follows its last carriage return."""
    return text[text.rstrip("\r").rfind("\r") + 1 :]
