"""The hub: one task that looks for all readers of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from psycopg_pool import ConnectionPool, PoolTimeout
from redis.exceptions import RedisError

from treadle.core.postgres import LOST
from treadle.core.redis import connect_listener
from treadle.gateway.live.feed import Feed, Told, told
from treadle.ledger.views import paging
from treadle.transport.notifier import channel

#: Seconds between two looks at what no bell was heard of: a bell may be lost, and Redis be away.
_LOOK_SECONDS = 0.2
#: Seconds before Redis is tried again.
_REDIS_PAUSE_SECONDS = 1.0
#: A channel on which nothing rings: the subscription that is there when nobody reads.
_ALWAYS = channel(UUID(int=0))
#: Transactions whose events are read at one time.
_PAGE_ROWS = 100
#: Reads for live readers at one time; each takes a session from those that requests share.
_READS_AT_ONCE = 4


class Live:
    """Feeds by execution; used in one event loop only."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection], redis_url: str) -> None:
        self._pool = pool
        self._redis = connect_listener(redis_url)
        self._bells = self._redis.pubsub()
        self._feeds: dict[UUID, Feed] = {}
        self._rung = asyncio.Event()
        self._limiter = CapacityLimiter(_READS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopping = False
        """Whether readers are to be told to come again."""

    def start(self) -> None:
        """Begin to look."""
        self._spawn(self._listen())
        self._spawn(self._look())

    def stop(self) -> None:
        """Have every reader told to come again."""
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
            await self._bells.aclose()  # type: ignore[no-untyped-call]
            await self._redis.aclose()

    @contextmanager
    def feed(self, execution_id: UUID, last: int) -> Iterator[Feed]:
        """Follow an execution while inside; `last` is a seq that the ledger has reached."""
        feed = self._feeds.get(execution_id)
        if feed is None:
            feed = self._feeds[execution_id] = Feed(execution_id, last)
            self._spawn(self._hear(self._bells.subscribe, execution_id))
        feed.readers += 1
        try:
            yield feed
        finally:
            feed.readers -= 1
            if feed.readers == 0:
                del self._feeds[execution_id]
                self._spawn(self._hear(self._bells.unsubscribe, execution_id))

    async def page(self, execution_id: UUID, after: int) -> list[Told]:
        """Return some of the events after `after` from the ledger: for who is behind its feed."""
        found = await run_sync(self._new, {execution_id: after}, limiter=self._limiter)
        return found.get(execution_id, [])

    async def _look(self) -> None:
        """Publish what is new of every execution that is read: at each bell, and now and then."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), _LOOK_SECONDS)
            self._rung.clear()
            reached = {each.execution_id: each.last for each in self._feeds.values()}
            if not reached:
                continue
            try:
                found = await run_sync(self._new, reached, limiter=self._limiter)
            except (*LOST, PoolTimeout):
                continue
            for execution_id, events in found.items():
                feed = self._feeds.get(execution_id)
                # A feed that was left and made again meanwhile may have begun elsewhere.
                if feed is not None and feed.last == reached[execution_id]:
                    feed.publish(events)

    def _new(self, after: Mapping[UUID, int]) -> dict[UUID, list[Told]]:
        with self._pool.connection() as connection:
            found = paging.fresh_events(connection, after, rows=_PAGE_ROWS)
        return {each: [told(event) for event in events] for each, events in found.items()}

    async def _listen(self) -> None:
        """Hear bells; while Redis is away, none."""
        while True:
            with suppress(RedisError, OSError):
                await self._bells.subscribe(_ALWAYS, *map(channel, self._feeds))
                async for _ in self._bells.listen():
                    self._rung.set()
            await asyncio.sleep(_REDIS_PAUSE_SECONDS)

    async def _hear(self, act: Callable[[str], Awaitable[None]], execution_id: UUID) -> None:
        with suppress(RedisError, OSError):
            await act(channel(execution_id))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
