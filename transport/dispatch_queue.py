"""The dispatch queue: the short piece of the ledger's queue that Redis holds (rule 9).

`admit` is asked while an execution's row is held, so it answers from memory; `refresh` looks at
Redis beforehand, and `send` pushes the messages after the commit. Without Redis nothing is
admitted: rows stay ready in the ledger, and the dispatcher refills from it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from threading import Lock
from typing import Any
from uuid import UUID

import redis
from dramatiq import Message

from treadle.core.ids import new_id
from treadle.dag.specs import Lane
from treadle.ledger.engine.post_commit import PostCommit, Queued
from treadle.transport.broker import ListBroker
from treadle.transport.duration_estimator import DurationEstimator
from treadle.transport.messages import message_of
from treadle.transport.notifier import Notifier
from treadle.transport.pause_table import PauseTable
from treadle.transport.redis_keys import (
    EPOCH_KEY,
    OUTBOX_KEY,
    PRIORITIES,
    SERVED_KEY,
    TIMERS_KEY,
    drop_unreadable,
    list_key,
    put_right_after,
)
from treadle.transport.served_queues import MOST_QUEUES, readable

#: Seconds for which a look at Redis counts.
_FRESH_SECONDS = 0.1
#: Rows a queue may hold before anything is known of its durations.
_FIRST_ROOM = 1_000
#: Weight of the newest message in the mean of what messages carry.
_NEWEST = 0.1


class RedisDispatchQueue:
    """What this process knows of the queues in Redis; safe for threads."""

    def __init__(
        self, broker: ListBroker, durations: DurationEstimator, *, queue_buffer_seconds: float
    ) -> None:
        self._broker = broker
        self._notifier = Notifier(broker.client)
        self.pause_table = PauseTable(broker.client)
        self._durations = durations
        self._buffer_seconds = queue_buffer_seconds
        self._epoch: str | None = None
        self._looked = 0.0
        #: Rows that each queue still has room for.
        self._room: dict[str, int] = {}
        #: Rows that a message of each queue carries on the mean, of those sent from here.
        self._carried: dict[str, float] = {}
        #: Queues that some process takes, as of the last look.
        self._served: frozenset[str] = frozenset()
        self._lock = Lock()

    def admit(self, queue: str) -> str | None:
        with self._lock:
            if self._epoch is None or queue not in self._served:
                return None
            room = self._room.get(queue)
            if room is None:
                room = self._capacity(queue)
            if room <= 0:
                return None
            self._room[queue] = room - 1
            return self._epoch

    def expected_seconds(self, queue: str, lane: Lane) -> float:
        return self._durations.expected(queue, lane)

    def refresh(self, *, force: bool = False) -> None:
        """Look at Redis, unless that was done just now."""
        now = time.monotonic()
        with self._lock:
            if not force and now - self._looked < _FRESH_SECONDS:
                return
            self._looked = now
            queues = sorted(self._served)
        try:
            epoch, lengths = self._look(queues)
        except redis.RedisError as error:
            put_right_after(error, self._broker.client, queues=queues)
            with self._lock:
                self._epoch = None
            return
        with self._lock:
            self._epoch = epoch
            for queue, length in lengths.items():
                carried = self._carried.get(queue, self._durations.chunk(queue))
                self._room[queue] = self._capacity(queue) - round(length * carried)

    def epoch(self) -> str | None:
        """Return the epoch as last seen; `None` while Redis cannot be reached."""
        with self._lock:
            return self._epoch

    def served(self) -> list[str]:
        """Return the queues that some process takes, as of the last look."""
        with self._lock:
            return sorted(self._served)

    def full(self) -> list[str]:
        """Return the queues that `admit` would find no room in."""
        with self._lock:
            return [queue for queue, room in self._room.items() if room <= 0]

    def send(self, rows: Sequence[Queued]) -> None:
        """Push the messages of rows whose note is committed; a lost one costs only latency."""
        messages = list(self._messages(rows))
        if not messages:
            return
        try:
            self._broker.push(messages)
        except redis.RedisError:
            with self._lock:
                self._epoch = None

    def publish(self, work: PostCommit) -> None:
        """Send messages, notify followers, and put the pause table right.

        What Redis does not hear is found by whoever looks in the ledger.
        """
        self.send(work.to_send)
        self._notifier.notify(work.touched)
        try:
            if work.parked:
                self.pause_table.park(work.parked)
            if work.unparked:
                self.pause_table.unpark(work.unparked)
            if work.has_timers:
                self._notifier.wake(TIMERS_KEY)
            if any(each.is_sent for each in work.parked):
                self._notifier.wake(OUTBOX_KEY)
        except redis.RedisError:
            with self._lock:
                self._epoch = None

    def _messages(self, rows: Iterable[Queued]) -> Iterator[Message[Any]]:
        def key(row: Queued) -> tuple[str, int, str, str]:
            return row.queue, row.priority, row.lane, str(row.ref.execution_id)

        for (queue, priority, lane, execution_id), group in groupby(sorted(rows, key=key), key):
            refs = [[row.ref.scope, row.ref.node] for row in group]
            size = self._durations.chunk(queue, Lane(lane))
            for start in range(0, len(refs), size):
                self._sent(queue, len(refs[start : start + size]))
                yield message_of(queue, priority, lane, execution_id, refs[start : start + size])

    def _sent(self, queue: str, rows: int) -> None:
        with self._lock:
            mean = self._carried.get(queue, rows)
            self._carried[queue] = mean + _NEWEST * (rows - mean)

    def _capacity(self, queue: str) -> int:
        """Return how many rows make the buffer's seconds of work."""
        seconds = self._durations.seconds(queue)
        return (
            _FIRST_ROOM
            if seconds is None
            else max(_FIRST_ROOM, int(self._buffer_seconds / seconds))
        )

    def _look(self, queues: list[str]) -> tuple[str, dict[str, int]]:
        pipeline = self._broker.client.pipeline(transaction=False)
        pipeline.set(EPOCH_KEY, str(new_id()), nx=True)
        pipeline.get(EPOCH_KEY)
        pipeline.info("server")
        pipeline.zrevrange(SERVED_KEY, 0, MOST_QUEUES - 1)
        for queue in queues:
            for priority in PRIORITIES:
                pipeline.llen(list_key(queue, priority))
        _, random_part, server, found, *lengths = pipeline.execute()
        self._take_in(readable(self._broker.client, found))
        total: defaultdict[str, int] = defaultdict(int)
        per_queue = len(PRIORITIES)
        for index, length in enumerate(lengths):
            total[queues[index // per_queue]] += length
        return f"{self._random_part(random_part)}/{server['run_id']}", dict(total)

    def _take_in(self, served: frozenset[str]) -> None:
        """Know which queues are served, and forget what was known of others."""
        with self._lock:
            self._served = served
            for known in (self._room, self._carried):
                for queue in known.keys() - served:
                    del known[queue]

    def _random_part(self, value: bytes) -> str:
        """Return the epoch's random part; one that none of ours wrote is replaced.

        Raises:
            redis.RedisError: it was not one; the next look finds another.
        """
        with suppress(ValueError):
            return str(UUID(value.decode()))
        self._broker.client.delete(EPOCH_KEY)
        drop_unreadable("epoch")
        raise redis.RedisError("The epoch was unreadable.")
