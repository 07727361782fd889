"""Capture: what user code prints and logs in this process is led to the attempt that it runs for.

`sys.stdout` and `sys.stderr` are replaced once; outside an attempt they write on as before.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from treadle.dag.log_streams import LogStream
from treadle.monitoring.logs import LibraryHandler
from treadle.workers.logs.current import current
from treadle.workers.logs.task_log import TaskLog


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


def _log_here() -> TaskLog | None:
    attempt = current()
    return None if attempt is None else attempt.log


def _is_outside(_: logging.LogRecord) -> bool:
    return _log_here() is None


class _Writer:
    """Stands for a stream of text: writes to the log of the attempt that it is used in, if any."""

    def __init__(self, stream: TextIO, name: LogStream) -> None:
        self._stream = stream
        self._name = name

    def write(self, text: str) -> int:
        """Write a text; return its length."""
        log = _log_here()
        if log is not None and isinstance(text, str) and log.write(self._name, text):
            return len(text)
        return self._stream.write(text)

    def writelines(self, texts: Any) -> None:
        """Write texts one after the other."""
        for each in texts:
            self.write(each)

    def isatty(self) -> bool:
        """Say whether a terminal shows what is written now."""
        return _log_here() is None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Handler(logging.Handler):
    """Leads what is logged in an attempt to its log."""

    def emit(self, record: logging.LogRecord) -> None:
        log = _log_here()
        if log is not None:
            try:
                text = self.format(record)
            except Exception:  # noqa: BLE001 - the edge: a log call with wrong arguments
                text = f"{record.msg} (its arguments do not fit)"
            log.record(record.levelname, record.name, text)
