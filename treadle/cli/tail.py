"""Following an execution: its events in order of seq, as soon as they are committed.

A notification in Redis only says that there is something new; the events are read from the ledger
in sequence, so nothing is missed, doubled or reordered. Without one the ledger is asked a few times
a second, so Redis may be away; and a database that restarts is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import UUID

import psycopg
import redis
from redis.client import PubSub

from treadle.dag.events import FINAL_EVENTS
from treadle.ledger.views import executions
from treadle.transport.notifier import channel
from treadle.wire.events import Event

#: Seconds between two looks at first and at most; each look that finds nothing doubles it.
_SHORTEST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.2
#: Seconds for which a database that went away is waited for.
_OUTAGE_SECONDS = 60.0


def tail(
    session: Callable[[], psycopg.Connection],
    client: redis.Redis,
    execution_id: UUID,
    *,
    after_seq: int,
) -> Iterator[list[Event]]:
    """Yield the events after `after_seq` as they come, and an empty list with each quiet look.

    Ends after the event that ends the execution.

    Args:
        session: returns the session; a new one if the last broke.

    Raises:
        psycopg.OperationalError: the database was away for longer than `_OUTAGE_SECONDS`.
    """
    with ExitStack() as stack:
        notifications = _Notifications(client, execution_id)
        stack.callback(notifications.close)
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            events = _read(session, execution_id, after_seq)
            yield events
            if events:
                after_seq = events[-1].seq
                pause = _SHORTEST_PAUSE_SECONDS
                if events[-1].event_type in FINAL_EVENTS:
                    return
            else:
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            notifications.wait(pause)


def _read(
    session: Callable[[], psycopg.Connection], execution_id: UUID, after_seq: int
) -> list[Event]:
    until = time.monotonic() + _OUTAGE_SECONDS
    while True:
        try:
            return executions.events(session(), execution_id, after_seq=after_seq)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_LONGEST_PAUSE_SECONDS)


class _Notifications:
    """Waits for a notification of one execution, or for the time to look anyway."""

    def __init__(self, client: redis.Redis, execution_id: UUID) -> None:
        self._listener = PubSub(client.connection_pool, ignore_subscribe_messages=True)
        self._channel = channel(execution_id)
        self._listening = False

    def wait(self, seconds: float) -> None:
        """Return when one comes, or after `seconds`."""
        until = time.monotonic() + seconds
        try:
            if not self._listening:
                self._listener.subscribe(self._channel)
                self._listening = True
            # A message may be the answer to the subscription, which is no notification.
            while (left := until - time.monotonic()) > 0:
                if self._listener.get_message(timeout=left):
                    return
        except redis.RedisError:
            self._listening = False
            time.sleep(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        self._listener.close()
