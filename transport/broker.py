"""The broker: Dramatiq on plain Redis lists, one a queue and priority.

The ledger is the record, so a message needs no acknowledgement, no dead letters and no heartbeat
of its own: it is popped, and if its process dies the ledger's row is sent again. What is left is
what Redis does best: a push, and a blocking pop that takes the most urgent list first and wakes in
no time. All the queues a process can run stand behind the one name that Dramatiq sees, so one
thread consumes them, in the order of their priority (and not only of what was fetched already).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from threading import Condition
from typing import Any

import redis
from dramatiq import Broker, Message
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed

from treadle.transport.duration_estimator import DurationEstimator
from treadle.transport.messages import read
from treadle.transport.redis_keys import (
    PRIORITIES,
    drop_unreadable,
    list_key,
    put_right_after,
)
from treadle.transport.served_queues import Announcer

#: Seconds one blocking pop waits; how long a stopping consumer may take to notice.
_POP_SECONDS = 0.25


class ListBroker(Broker):
    """Carries messages in Redis lists. Delays are not its business: timers live in the ledger."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        queues: Sequence[str] = (),
        threads: int = 1,
        durations: DurationEstimator | None = None,
    ) -> None:
        """`queues` are the capabilities whose messages this process takes with its `threads`.

        What it says to others is what `durations` measured.
        """
        super().__init__(middleware=[])
        self.client = client
        self._consumer = _ListConsumer(client, queues, threads, durations or DurationEstimator())

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def get_declared_queues(self) -> set[str]:
        return set(self.queues)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30_000) -> Consumer:
        return self._consumer  # the same after an outage: its threads may still be at work

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        if delay is not None:
            raise NotImplementedError("delays live in the ledger, not in the broker")
        self.push([message])
        return message

    def push(self, messages: Sequence[Message[Any]]) -> None:
        """Append messages in one round trip, each to the list that its option `list` names."""
        pipeline = self.client.pipeline(transaction=False)
        for message in messages:
            pipeline.rpush(str(message.options["list"]), message.encode())
        pipeline.execute()


class _ListConsumer(Consumer):
    """Pops only what a thread is free for, so that nothing lies fetched and unclaimed."""

    def __init__(
        self,
        client: redis.Redis,
        queues: Sequence[str],
        threads: int,
        durations: DurationEstimator,
    ) -> None:
        self._client = client
        self._queues = queues
        #: The lists of each priority, the next one to be looked at first.
        self._lists = [
            deque(list_key(queue, priority) for queue in queues) for priority in PRIORITIES
        ]
        self._announcer = Announcer(client)
        self._durations = durations
        self._threads = self._free = threads
        self._changed = Condition()

    def __next__(self) -> MessageProxy | None:
        try:
            self._announce()
        except redis.RedisError as exc:
            raise self._closed(exc) from exc
        with self._changed:
            if not self._changed.wait_for(lambda: self._free > 0, timeout=_POP_SECONDS):
                return None
        try:
            popped: Any = self._client.blmpop(
                _POP_SECONDS,
                len(PRIORITIES) * len(self._queues),
                *self._next_lists(),
                direction="LEFT",
                count=1,
            )
        except redis.RedisError as exc:
            raise self._closed(exc) from exc
        message = read(popped[1][0]) if popped else None
        if message is None:
            if popped:
                drop_unreadable("message")
            return None
        with self._changed:
            self._free -= 1
        return MessageProxy(message)

    def _announce(self) -> None:
        """Say what this process serves, and what it measured, if that is due."""
        if self._queues and self._announcer.is_due(self._durations.measured_queues()):
            measured = self._durations.measurements(self._queues, self._threads)
            self._announcer.announce(measured)

    def _next_lists(self) -> Iterator[str]:
        """Yield the lists by priority, and of one priority another queue first each time.

        Redis pops from the first that holds something: a flood of one queue would starve the rest.
        """
        for lists in self._lists:
            lists.rotate(-1)
        return chain.from_iterable(self._lists)

    def _closed(self, error: redis.RedisError) -> ConnectionClosed:
        """Return the error after which Dramatiq consumes anew; put right what caused it."""
        put_right_after(error, self._client, queues=self._queues)
        return ConnectionClosed(error)  # type: ignore[no-untyped-call]

    def ack(self, message: MessageProxy) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()

    def nack(self, message: MessageProxy) -> None:
        self.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Do nothing: what was not claimed is sent again from the ledger."""
