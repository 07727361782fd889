"""The edge of a service: it logs from its first moment on, and what ends it is a line as well."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from treadle.cli.errors import exit_code
from treadle.core.errors import TreadleError
from treadle.monitoring import logs
from treadle.monitoring.uncaught import log_uncaught

_log = structlog.get_logger()


@contextmanager
def logging_service() -> Iterator[None]:
    """Run a service: an error that ends it is logged, except for a person at a terminal.

    Raises:
        SystemExit: it has ended by an error, which was logged.
        TreadleError: the same at a terminal.
    """
    logs.configure()
    log_uncaught()
    try:
        yield
    except TreadleError as error:
        if sys.stderr.isatty():
            raise
        facts = {"reason": error.reason, "detail": error.message, "solution": error.advice}
        _log.error("process.failed", **facts)
        sys.exit(exit_code(error))
    except Exception as error:  # noqa: BLE001 - the edge: a traceback would be text
        _log.error("process.crashed", exc_info=error)
        sys.exit(1)
