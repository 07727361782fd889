"""One reader's response: server-sent events until the last one, or until it must reconnect."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import anyio
from psycopg_pool import PoolTimeout
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from treadle.core.postgres import LOST
from treadle.dag.values import dumps
from treadle.gateway.live.feed import Feed, LiveEvent
from treadle.gateway.live.hub import Live
from treadle.monitoring import metrics

#: Seconds without an event after which a comment is sent, so that no proxy closes the connection.
HEARTBEAT_SECONDS = 15.0
#: Seconds after which a reader that does not read is disconnected.
PATIENCE_SECONDS = 15.0
#: Seconds in which a reader that was too slow can still take the event that says why it ends.
_CLOSING_SECONDS = 5.0
#: Seconds after which the reader's key is checked again.
ADMISSION_SECONDS = 30.0
#: Seconds before the ledger is asked again when it did not answer.
OUTAGE_PAUSE_SECONDS = 1.0
#: Bytes that are sent at one time, and so the most that a reader is ahead of what it takes.
_CHUNK_BYTES = 64 * 1024

#: Milliseconds after which a reader whose stream ended reconnects.
_RETRY = b"retry: 1000\n\n"
HEARTBEAT = b": heartbeat\n\n"

#: Why a stream ends before its execution does, and what its reader is to do.
CLOSED = {
    "gateway_stopping": "Connect again; Last-Event-ID says from where.",
    "reader_too_slow": "Connect again, and read as fast as events come.",
    "key_invalid": "Use a key that is usable; this one expired or was revoked.",
}


class ReaderTooSlow(Exception):
    """The reader did not read what was sent to it in time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader follows."""

    live: Live
    execution_id: UUID
    after: int
    """The seq of the last event that it has."""
    last: int
    """A seq that the ledger has reached."""
    still_admitted: Callable[[], Awaitable[bool]]


class Stream(Response):
    """Server-sent events for one reader, until there are no more or it must reconnect."""

    media_type = "text/event-stream"

    def __init__(self) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the end, or until the reader is gone."""
        async with anyio.create_task_group() as tasks:

            async def until_gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_gone)
            with metrics.LIVE_READERS.track_inprogress():
                await self._stream(send)
            tasks.cancel_scope.cancel()

    async def _stream(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        try:
            await put(send, _RETRY)
            reason = await self.follow(send)
        except ReaderTooSlow:
            reason = "reader_too_slow"
        if reason is not None:
            metrics.LIVE_READERS_CLOSED.labels(reason).inc()
        closing = b"" if reason is None else _closed(reason)
        with anyio.move_on_after(_CLOSING_SECONDS):
            await send({"type": "http.response.body", "body": closing, "more_body": False})

    async def follow(self, send: Send) -> str | None:
        """Send what there is and what comes; return why the stream ends, `None` after the last.

        Raises:
            ReaderTooSlow
        """
        raise NotImplementedError


class EventStream(Stream):
    """Events as they are committed."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading = reading

    async def follow(self, send: Send) -> str | None:
        """Send events, by a feed that all readers of the execution share."""
        with self._reading.live.feed(self._reading.execution_id, self._reading.last) as feed:
            return await self._follow(feed, send)

    async def _follow(self, feed: Feed, send: Send) -> str | None:
        """Send what there is and what comes; return why the stream ends, `None` at the last event.

        Raises:
            ReaderTooSlow
        """
        after, admitted_at = self._reading.after, time.monotonic()
        while not self._reading.live.stopping:
            if time.monotonic() - admitted_at > ADMISSION_SECONDS:
                if not await self._reading.still_admitted():
                    return "key_invalid"
                admitted_at = time.monotonic()
            events = await self._events(feed, after)
            if events:
                for chunk in _chunks(events):
                    await put(send, chunk)
                after = events[-1].seq
                if events[-1].final:
                    return None
            elif not await feed.changed(HEARTBEAT_SECONDS):
                await put(send, HEARTBEAT)
        return "gateway_stopping"

    async def _events(self, feed: Feed, after: int) -> Sequence[LiveEvent]:
        """Return events after `after`; none if there are none, or none can be had now."""
        events = feed.after(after)
        while events is None:
            try:
                return await self._reading.live.page(feed.execution_id, after)
            except (*LOST, PoolTimeout):
                await anyio.sleep(OUTAGE_PAUSE_SECONDS)
                events = feed.after(after)
        return events


async def put(send: Send, body: bytes) -> None:
    """Send a piece to a reader.

    Raises:
        ReaderTooSlow: it does not read.
    """
    try:
        with anyio.fail_after(PATIENCE_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": True})
    except TimeoutError:
        raise ReaderTooSlow from None


def _chunks(events: Sequence[LiveEvent]) -> Iterator[bytes]:
    """Join events to pieces that are sent at one time."""
    parts: list[bytes] = []
    size = 0
    for each in events:
        if parts and size + len(each.text) > _CHUNK_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
        parts.append(each.text)
        size += len(each.text)
    yield b"".join(parts)


def _closed(reason: str) -> bytes:
    data = {"reason": reason, "solution": CLOSED[reason]}
    return b"event: closed\ndata: %s\n\n" % dumps(data)
