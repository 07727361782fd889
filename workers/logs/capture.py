"""Capture: what user code prints and logs in this process is led to the attempt that it runs for.

`sys.stdout` and `sys.stderr` are replaced once; outside an attempt they write on as before. An
attempt is known by a context variable, which asyncio tasks inherit and threads of user code's own
do not; in a child that runs one call at a time, all that is said is the call's.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

from treadle.dag.log_streams import LogStream
from treadle.monitoring.logs import LibraryHandler
from treadle.workers.logs.task_log import TaskLog

_here: ContextVar[TaskLog | None] = ContextVar("task_log", default=None)
#: The log of whatever else this process runs; in a list, for it changes.
_everywhere: list[TaskLog] = []


@contextmanager
def captured(log: TaskLog) -> Iterator[None]:
    """Lead what this context says to a log while inside."""
    token = _here.set(log)
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def all_captured(log: TaskLog) -> Iterator[None]:
    """Lead what this process says to a log while inside, in whichever thread."""
    _everywhere.append(log)
    try:
        yield
    finally:
        _everywhere.clear()


@contextmanager
def capturing() -> Iterator[None]:
    """Have this process capture while inside."""
    before = sys.stdout, sys.stderr
    root = logging.getLogger()
    level, handler = root.level, _Handler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    sys.stdout = _Writer(before[0], LogStream.STDOUT)
    sys.stderr = _Writer(before[1], LogStream.STDERR)
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    libraries = [each for each in root.handlers if isinstance(each, LibraryHandler)]
    for each in libraries:
        each.addFilter(_is_outside)
    try:
        yield
    finally:
        for each in libraries:
            each.removeFilter(_is_outside)
        root.setLevel(level)
        root.removeHandler(handler)
        if isinstance(sys.stdout, _Writer):
            sys.stdout = before[0]
        if isinstance(sys.stderr, _Writer):
            sys.stderr = before[1]


def _current() -> TaskLog | None:
    return _here.get() or (_everywhere[-1] if _everywhere else None)


def _is_outside(_: logging.LogRecord) -> bool:
    return _current() is None


def _forget() -> None:
    """Let a copy of this process that user code makes write as if nothing was captured."""
    _everywhere.clear()
    _here.set(None)


os.register_at_fork(after_in_child=_forget)


class _Writer:
    """Stands for a stream of text: writes to the log of the attempt that it is used in, if any."""

    def __init__(self, stream: TextIO, name: LogStream) -> None:
        self._stream = stream
        self._name = name

    def write(self, text: str) -> int:
        """Write a text; return its length."""
        log = _current()
        if log is not None and isinstance(text, str) and log.write(self._name, text):
            return len(text)
        return self._stream.write(text)

    def writelines(self, texts: Any) -> None:
        """Write texts one after the other."""
        for each in texts:
            self.write(each)

    def isatty(self) -> bool:
        """Say whether a terminal shows what is written now."""
        return _current() is None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Handler(logging.Handler):
    """Leads what is logged in an attempt to its log."""

    def emit(self, record: logging.LogRecord) -> None:
        log = _current()
        if log is not None:
            try:
                text = self.format(record)
            except Exception:  # noqa: BLE001 - the edge: a log call with wrong arguments
                text = f"{record.msg} (its arguments do not fit)"
            log.record(record.levelname, record.name, text)
