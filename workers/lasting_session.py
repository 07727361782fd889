"""A session that lasts: one connection to the ledger, opened anew whenever it breaks."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import structlog

from treadle.core.postgres import LOST
from treadle.ledger.engine.locking import wait_at_most

#: Seconds between two tries to reach the database.
RECONNECT_SECONDS = 0.25

_log = structlog.get_logger()


class LastingSession:
    """One connection that is opened anew when it breaks, for as long as that takes."""

    def __init__(
        self,
        open_session: Callable[[], psycopg.Connection],
        *,
        patience_seconds: float | None = None,
    ) -> None:
        """`patience_seconds` is how long it waits for a row; by default as long as any session."""
        self._open = open_session
        self._patience_seconds = patience_seconds
        self._connection: psycopg.Connection | None = None

    def connection(self) -> psycopg.Connection:
        while self._connection is None or self._connection.closed:
            try:
                opened = self._open()
                if self._patience_seconds is not None:
                    wait_at_most(opened, self._patience_seconds)
                self._connection = opened
            except LOST as error:
                _log.warning("database.missed", error=str(error))
                time.sleep(RECONNECT_SECONDS)
        return self._connection

    def is_broken(self) -> bool:
        return self._connection is None or bool(self._connection.closed)

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
