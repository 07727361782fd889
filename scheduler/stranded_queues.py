"""Stranded queues: what is ready and no live process can run is reported, not failed (rule 12)."""

from __future__ import annotations

import time

import psycopg
import structlog

from treadle.ledger.engine import schedule
from treadle.ledger.views import processes

#: Seconds between two looks.
_PERIOD_SECONDS = 20.0
#: Queues that have a log line at each look; users choose the names, and there may be thousands.
_MOST_LOGGED = 20
#: Seconds for which a queue may wait for a process that can run it: a release is rolled out.
_PATIENCE_SECONDS = 60.0

_log = structlog.get_logger()


class StrandedQueues:
    """Watches for queues that something waits in and that no process takes."""

    def __init__(self) -> None:
        self._looked = 0.0
        self._since: dict[str, float] = {}

    def look(self, connection: psycopg.Connection) -> frozenset[str]:
        """Return the queues that have waited too long, as of the last look."""
        now = time.monotonic()
        if now - self._looked >= _PERIOD_SECONDS:
            self._looked = now
            taken = {queue for row in processes.workers(connection) for queue in row.queues}
            stranded = schedule.ready_queues(connection) - taken
            self._since = {queue: self._since.get(queue, now) for queue in stranded}
            late = sorted(self._late(now))
            for queue in late[:_MOST_LOGGED]:
                _log.error("queue.stranded", reason="no_capable_worker", queue=queue, of=len(late))
        return self._late(now)

    def _late(self, now: float) -> frozenset[str]:
        return frozenset(
            queue for queue, since in self._since.items() if now - since >= _PATIENCE_SECONDS
        )
