"""The hub: one task that reads new events for all readers of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from psycopg_pool import ConnectionPool, PoolTimeout
from redis.exceptions import RedisError

from treadle.core.postgres import LOST
from treadle.core.redis import connect_listener
from treadle.gateway.live.feed import Feed, LiveEvent, encoded
from treadle.ledger.views import paging
from treadle.transport.notifier import channel

#: Seconds between two reads without a notification: one may be lost, and Redis be away.
_POLL_SECONDS = 0.2
#: Seconds before Redis is tried again.
_REDIS_PAUSE_SECONDS = 1.0
#: A channel without notifications: the subscription that is kept when nobody reads.
_ALWAYS = channel(UUID(int=0))
#: Transactions whose events are read at one time.
_PAGE_ROWS = 100
#: Reads for live readers at one time; each takes a session from those that requests share.
_READS_AT_ONCE = 4


Read = TypeVar("Read")


class Live:
    """Feeds by execution; used in one event loop only."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection], redis_url: str) -> None:
        self._pool = pool
        self._redis = connect_listener(redis_url)
        self._subscription = self._redis.pubsub()
        self._feeds: dict[UUID, Feed] = {}
        self._notified = asyncio.Event()
        self._limiter = CapacityLimiter(_READS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self.vital: tuple[asyncio.Task[None], ...] = ()
        """The tasks that it cannot do without, once started."""
        self.stopping = False
        """Whether streams end so that their readers reconnect elsewhere."""

    def start(self) -> None:
        """Begin to listen and to read."""
        self.vital = (self._spawn(self._listen()), self._spawn(self._publish_new()))
        for task, name in zip(self.vital, ("live-listener", "live-publisher"), strict=True):
            task.set_name(name)

    def stop(self) -> None:
        """End every stream, so that its reader reconnects elsewhere."""
        self.stopping = True
        for feed in self._feeds.values():
            feed.wake()

    async def close(self) -> None:
        """End the tasks and the connection to Redis."""
        self.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(RedisError, OSError):
            await self._subscription.aclose()  # type: ignore[no-untyped-call]
            await self._redis.aclose()

    @contextmanager
    def feed(self, execution_id: UUID, last: int) -> Iterator[Feed]:
        """Follow an execution while inside; `last` is a seq that the ledger has reached."""
        feed = self._feeds.get(execution_id)
        if feed is None:
            feed = self._feeds[execution_id] = Feed(execution_id, last)
            self._spawn(self._subscribe(self._subscription.subscribe, execution_id))
        feed.readers += 1
        try:
            yield feed
        finally:
            feed.readers -= 1
            if feed.readers == 0:
                del self._feeds[execution_id]
                self._spawn(self._subscribe(self._subscription.unsubscribe, execution_id))

    async def page(self, execution_id: UUID, after: int) -> list[LiveEvent]:
        """Return some of the events after `after` from the ledger: for a reader behind its feed."""
        found = await run_sync(self._read_new, {execution_id: after}, limiter=self._limiter)
        return found.get(execution_id, [])

    async def read(self, read: Callable[[psycopg.Connection], Read]) -> Read:
        """Read something for one reader, on a session of those that live readers share."""

        def with_session() -> Read:
            with self._pool.connection() as connection:
                return read(connection)

        return await run_sync(with_session, limiter=self._limiter)

    async def _publish_new(self) -> None:
        """Publish new events to every feed: at each notification, and at every poll."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._notified.wait(), _POLL_SECONDS)
            self._notified.clear()
            reached = {each.execution_id: each.last for each in self._feeds.values()}
            if not reached:
                continue
            try:
                found = await run_sync(self._read_new, reached, limiter=self._limiter)
            except (*LOST, PoolTimeout):
                continue
            for execution_id, events in found.items():
                feed = self._feeds.get(execution_id)
                # A feed that was left and made again meanwhile may have begun elsewhere.
                if feed is not None and feed.last == reached[execution_id]:
                    feed.publish(events)

    def _read_new(self, after: Mapping[UUID, int]) -> dict[UUID, list[LiveEvent]]:
        with self._pool.connection() as connection:
            found = paging.fresh_events(connection, after, rows=_PAGE_ROWS)
        return {each: [encoded(event) for event in events] for each, events in found.items()}

    async def _listen(self) -> None:
        """Receive notifications; while Redis is away, none."""
        while True:
            with suppress(RedisError, OSError):
                await self._subscription.subscribe(_ALWAYS, *map(channel, self._feeds))
                async for _ in self._subscription.listen():
                    self._notified.set()
            await asyncio.sleep(_REDIS_PAUSE_SECONDS)

    async def _subscribe(self, act: Callable[[str], Awaitable[None]], execution_id: UUID) -> None:
        with suppress(RedisError, OSError):
            await act(channel(execution_id))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
