"""One reader's lines of an execution's tasks, as they are committed.

The ledger is asked a few times a second and reader: lines are committed as often, and there is no
notification for them.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import anyio
import psycopg
from psycopg_pool import PoolTimeout
from starlette.types import Send

from treadle.core.postgres import LOST
from treadle.gateway.live.hub import Live
from treadle.gateway.live.stream import (
    ADMISSION_SECONDS,
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    OUTAGE_PAUSE_SECONDS,
    Stream,
    put,
)
from treadle.ledger.views.node_logs import Lines, lines
from treadle.ledger.views.paging import reached
from treadle.wire.logs import LogLine, LogLines
from treadle.wire.objects import to_json

#: Seconds between two looks at the ledger.
_POLL_SECONDS = 0.5
#: Lines that are read at one time.
_PAGE_LINES = 500


@dataclass(frozen=True, slots=True)
class ReadingLines:
    """What one reader follows."""

    live: Live
    wanted: Lines
    after: int
    """The seq of the last line that it has."""
    still_admitted: Callable[[], Awaitable[bool]]


class LogStream(Stream):
    """Lines as they are committed, until the execution is over."""

    def __init__(self, reading: ReadingLines) -> None:
        super().__init__()
        self._reading = reading

    async def follow(self, send: Send) -> str | None:
        """Send lines, asking the ledger for more while the execution goes on."""
        live, after = self._reading.live, self._reading.after
        admitted_at = sent_at = time.monotonic()
        while not live.stopping:
            now = time.monotonic()
            if now - admitted_at > ADMISSION_SECONDS:
                if not await self._reading.still_admitted():
                    return "key_invalid"
                admitted_at = now
            try:
                page, is_over = await live.read(partial(self._look, after))
            except (*LOST, PoolTimeout):
                await anyio.sleep(OUTAGE_PAUSE_SECONDS)
                continue
            if page.lines:
                await put(send, b"".join(map(_encoded, page.lines)))
                after, sent_at = page.after, now
            elif is_over:
                return None
            else:
                if now - sent_at > HEARTBEAT_SECONDS:
                    await put(send, HEARTBEAT)
                    sent_at = now
                await anyio.sleep(_POLL_SECONDS)
        return "gateway_stopping"

    def _look(self, after: int, session: psycopg.Connection) -> tuple[LogLines, bool]:
        wanted = self._reading.wanted
        # In this order: what an execution's last transaction says is there when it is over.
        is_over = reached(session, wanted.execution_id).is_over
        return lines(session, wanted, after=after, limit=_PAGE_LINES), is_over


def _encoded(line: LogLine) -> bytes:
    return b"id: %d\nevent: line\ndata: %s\n\n" % (line.seq, to_json(line))
