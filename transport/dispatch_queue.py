"""The dispatch queue: the short piece of the ledger's queue that Redis holds (rule 9).

`admit` is asked while an execution's row is held, so it answers from memory; `refresh` looks at
Redis beforehand, and `send` pushes the messages after the commit. Without Redis nothing is
admitted: rows stay ready in the ledger, and the dispatcher refills from it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice
from threading import Lock
from typing import Any
from uuid import UUID

import redis
from dramatiq import Message

from treadle.core.ids import new_id
from treadle.dag.specs import Lane
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.post_commit import PostCommit, Queued
from treadle.transport.broker import ListBroker
from treadle.transport.duration_estimator import DurationEstimator
from treadle.transport.messages import message_of
from treadle.transport.notifier import Notifier
from treadle.transport.pause_table import PauseTable
from treadle.transport.redis_keys import (
    EPOCH_KEY,
    MEASUREMENTS_KEY,
    OUTBOX_KEY,
    PRIORITIES,
    SERVED_KEY,
    TIMERS_KEY,
    drop_unreadable,
    list_key,
    put_right_after,
)
from treadle.transport.served_queues import MOST_QUEUES, measurements_of, readable

#: Seconds for which a look at Redis counts.
_FRESH_SECONDS = 0.1
#: Seconds for which what processes said of their durations counts, where that of all that is sent
#: is known.
_LEARN_SECONDS = 1.0
#: Rows for each thread that a queue holds before one of it was measured.
_FIRST_ROWS = 2
#: Rows that a queue holds at most, whatever processes say of themselves.
_MOST_ROWS = 100_000
#: Threads of a queue that only processes of the release before serve: they do not say.
_THREADS_UNKNOWN = 24
#: The part of its capacity above which a queue counts as one that others share the threads with.
_BUSY_SHARE = 0.1
#: The part of its capacity that is filled as rows become ready; the rest is the dispatcher's, who
#: goes by turns: so nobody's flood keeps another's row out.
_DIRECT_SHARE = 0.5
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
        #: When what others measured was read.
        self._learned = float("-inf")
        #: Rows that each queue still has room for, and of those the ones that anybody may send.
        self._room: dict[str, int] = {}
        self._direct: dict[str, int] = {}
        #: Whether a row found no room since the dispatcher was woken last.
        self._refused = False
        self._woke = float("-inf")
        #: Rows that a message of each queue carries on the mean, of those sent from here.
        self._carried: dict[str, float] = {}
        #: Queues that some process takes, as of the last look.
        self._served: frozenset[str] = frozenset()
        self._lock = Lock()

    def admit(self, queue: str) -> str | None:
        with self._lock:
            if self._epoch is None or queue not in self._served:
                return None
            self._learn_soon(queue)
            if self._direct.get(queue, 1) <= 0:
                self._refused = True
                return None
            self._take(queue, 1)
            return self._epoch

    def take(self, queue: str, rows: int) -> None:
        """Use room for rows that the dispatcher sends."""
        with self._lock:
            self._learn_soon(queue)
            self._take(queue, rows)

    def _learn_soon(self, queue: str) -> None:
        """Have the next look read what others measured, if nothing of this queue is known."""
        if self._durations.rate(queue) is None:
            self._learned = float("-inf")

    def _take(self, queue: str, rows: int) -> None:
        for left in (self._room, self._direct):
            left[queue] = left.get(queue, 1) - rows

    def expected_seconds(self, queue: str, lane: Lane) -> float:
        return self._durations.expected(queue, lane)

    def refresh(self, *, force: bool = False) -> None:
        """Look at Redis, unless that was done just now."""
        now = time.monotonic()
        with self._lock:
            if not force and now - self._looked < _FRESH_SECONDS:
                return
            self._looked = now
            learns = now - self._learned >= _LEARN_SECONDS
        try:
            epoch, lengths = self._look(learns=learns)
        except redis.RedisError as error:
            put_right_after(error, self._broker.client, queues=self.served())
            with self._lock:
                self._epoch = None
            return
        with self._lock:
            self._epoch = epoch
            if learns:
                self._learned = now
            self._measure(lengths)

    def epoch(self) -> str | None:
        """Return the epoch as last seen; `None` while Redis cannot be reached."""
        with self._lock:
            return self._epoch

    def served(self) -> list[str]:
        """Return the queues that some process takes, as of the last look."""
        with self._lock:
            return sorted(self._served)

    def rooms(self) -> dict[str, int]:
        """Return how many rows each queue has room for that is served and has any."""
        with self._lock:
            return {queue: self._room[queue] for queue in self._room if self._room[queue] > 0}

    def send(self, rows: Sequence[Queued], *, apart: Collection[Ref] = ()) -> None:
        """Push the messages of rows whose note is committed; a lost one costs only latency.

        Rows in `apart` go in messages of one execution each, which every release understands.
        """
        messages = list(self._messages(rows, apart))
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
            if self._wakes_dispatcher() or work.has_timers:
                self._notifier.wake(TIMERS_KEY)
            if work.parked:
                self.pause_table.park(work.parked)
            if work.unparked:
                self.pause_table.unpark(work.unparked)
            if any(each.is_sent for each in work.parked):
                self._notifier.wake(OUTBOX_KEY)
        except redis.RedisError:
            with self._lock:
                self._epoch = None

    def _wakes_dispatcher(self) -> bool:
        """Return whether a row found no room that the dispatcher does not know of yet."""
        now = time.monotonic()
        with self._lock:
            wakes = self._refused and now - self._woke >= _FRESH_SECONDS
            if wakes:
                self._refused, self._woke = False, now
        return wakes

    def _messages(self, rows: Iterable[Queued], apart: Collection[Ref]) -> Iterator[Message[Any]]:
        """Yield messages of one owner's rows, whatever their execution: they run one by one."""

        def key(row: Queued) -> tuple[str, int, str, str, str]:
            execution = str(row.ref.execution_id) if row.ref in apart else ""
            return row.queue, row.priority, row.lane, row.owner, execution

        ordered = sorted(rows, key=lambda row: (*key(row), row.ref.execution_id))
        for (queue, priority, lane, *_), group in groupby(ordered, key):
            refs = [row.ref for row in group]
            size = self._durations.chunk(queue, Lane(lane))
            for start in range(0, len(refs), size):
                self._sent(queue, len(refs[start : start + size]))
                yield message_of(queue, priority, lane, refs[start : start + size])

    def _sent(self, queue: str, rows: int) -> None:
        with self._lock:
            mean = self._carried.get(queue, rows)
            self._carried[queue] = mean + _NEWEST * (rows - mean)

    def _measure(self, lengths: Mapping[str, int]) -> None:
        """Work out what each queue has room for; those that are busy share their threads."""
        full = {queue: self._capacity(queue) for queue in lengths}
        rows = {queue: round(length * self._rows_each(queue)) for queue, length in lengths.items()}
        sharing = max(1, sum(rows[queue] > full[queue] * _BUSY_SHARE for queue in lengths))
        for queue in lengths:
            least = min(_MOST_ROWS, max(1, self._durations.threads(queue)))
            capacity = max(least, full[queue] // sharing)
            self._room[queue] = capacity - rows[queue]
            self._direct[queue] = max(1, int(capacity * _DIRECT_SHARE)) - rows[queue]

    def _capacity(self, queue: str) -> int:
        """Return how many rows make the buffer's seconds of work, with no other queue."""
        rate = self._durations.rate(queue)
        if rate is None:
            threads = self._durations.threads(queue) or _THREADS_UNKNOWN
            return min(_MOST_ROWS, _FIRST_ROWS * threads)
        return int(min(_MOST_ROWS, self._buffer_seconds * rate))

    def _rows_each(self, queue: str) -> float:
        return self._carried.get(queue, self._durations.usual_chunk(queue))

    def _look(self, *, learns: bool) -> tuple[str, dict[str, int]]:
        """Return the epoch, and how many messages each queue holds that is served."""
        client = self._broker.client
        pipeline = client.pipeline(transaction=False)
        pipeline.set(EPOCH_KEY, str(new_id()), nx=True)
        pipeline.get(EPOCH_KEY)
        pipeline.info("server")
        pipeline.zrevrange(SERVED_KEY, 0, MOST_QUEUES - 1)
        if learns:
            pipeline.hgetall(MEASUREMENTS_KEY)
        _, random_part, server, found, *said = pipeline.execute()
        self._take_in(readable(client, found))
        if learns:
            self._durations.learn(measurements_of(client, said[0]))
        queues = self.served()
        for queue in queues:
            for priority in PRIORITIES:
                pipeline.llen(list_key(queue, priority))
        lengths = iter(pipeline.execute() if queues else ())
        held = {queue: sum(islice(lengths, len(PRIORITIES))) for queue in queues}
        return f"{self._random_part(random_part)}/{server['run_id']}", held

    def _take_in(self, served: frozenset[str]) -> None:
        """Know which queues are served, and forget what was known of others."""
        with self._lock:
            self._served = served
            for known in (self._room, self._direct, self._carried):
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
