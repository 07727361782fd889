"""What nothing catches, in the log: errors of threads and of the process, and warnings.

The interpreter would write them as text among the lines of JSON. What `faulthandler` writes of a
process that is killed by a fault stays text.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_log = structlog.get_logger()


def log_uncaught() -> None:
    """Log what would be written as text, for the rest of the process."""
    logging.captureWarnings(True)
    sys.excepthook = _process_crashed
    sys.unraisablehook = _error_ignored
    threading.excepthook = _thread_crashed


def _process_crashed(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    _log.error("process.crashed", exc_info=(kind, error, trace))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    name = None if args.thread is None else args.thread.name
    _log.error("thread.crashed", thread=name, exc_info=args.exc_value)


def _error_ignored(args: UnraisableHookArgs) -> None:
    _log.error("error.ignored", detail=args.err_msg, exc_info=args.exc_value)
