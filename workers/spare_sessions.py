"""Spare sessions: a process waits for busy executions in them, and keeps them for the next.

Opening one costs PostgreSQL a process and its plans, as much CPU time as dozens of nodes. What
nobody has used for a while is given back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import psycopg

from treadle.workers.lasting_session import LastingSession

#: Seconds after which a session that nobody used is closed, as in a pool.
IDLE_SECONDS = 60.0


class SpareSessions:
    """Sessions that are lent to one caller at a time; safe for threads."""

    def __init__(self, open_session: Callable[[], psycopg.Connection]) -> None:
        self._open_session = open_session
        #: Those that nobody uses, and since when; the one used last is the last.
        self._idle: deque[tuple[float, LastingSession]] = deque()
        self._lock = Lock()

    @contextmanager
    def lend(self) -> Iterator[LastingSession]:
        """Lend the session that was used last, or a new one."""
        with self._lock:
            session = self._idle.pop()[1] if self._idle else LastingSession(self._open_session)
        try:
            yield session
        finally:
            with self._lock:
                self._idle.append((time.monotonic(), session))

    def close_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """Close what nobody has used for a while."""
        until = time.monotonic() - idle_seconds
        with self._lock:
            while self._idle and self._idle[0][0] <= until:
                self._idle.popleft()[1].close()
