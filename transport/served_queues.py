"""Served queues: which queues a process takes, so that nothing is sent where nobody looks.

Whoever consumes a queue says so each second, in Redis; a queue that nobody serves any more is
forgotten. So what a look at the queues costs depends on what is served, and not on how many names
workflows have ever used: rows of other queues stay ready in the ledger until somebody takes them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from importlib import resources

import redis

from treadle.core.ids import new_id
from treadle.transport.duration_estimator import Measurements
from treadle.transport.redis_keys import (
    MEASUREMENTS_KEY,
    PROCESSES_KEY,
    SERVED_KEY,
    TIMERS_KEY,
    drop_unreadable,
)

#: Seconds for which a queue counts as served after it was last said to be.
LIFETIME_SECONDS = 15
#: Queues that are looked at, those served last; far more than any cluster has.
MOST_QUEUES = 1_000
#: Size of what one process says at most: that of thousands of queues.
_MOST_BYTES = 1 << 20
#: Seconds between two announcements.
_PERIOD_SECONDS = 1.0


class Announcer:
    """Says which queues a process serves, and what it measured of them."""

    def __init__(self, client: redis.Redis) -> None:
        script = resources.files("treadle.transport") / "lua" / "serve.lua"
        self._serve = client.register_script(script.read_text("utf-8"))
        self._process = str(new_id())
        self._said = float("-inf")
        self._known = 0

    def is_due(self, measured_queues: int) -> bool:
        """Return whether there is something to say: a second has passed, or a queue was measured
        of which others know nothing yet.
        """
        is_news = measured_queues > self._known
        return is_news or time.monotonic() - self._said >= _PERIOD_SECONDS

    def announce(self, measured: Measurements) -> None:
        """Say what a process serves; a queue that nobody served before is refilled.

        Raises:
            redis.RedisError
        """
        self._say(self._process, measured.model_dump_json(), measured.queues)
        self._said, self._known = time.monotonic(), len(measured.occupied)

    def announce_for_others(self, queues: Iterable[str]) -> None:
        """Say that processes of another release serve queues; what they measured, nobody knows.

        Raises:
            redis.RedisError
        """
        self._say("", "", queues)

    def _say(self, process: str, measured: str, queues: Iterable[str]) -> None:
        keys = [SERVED_KEY, TIMERS_KEY, PROCESSES_KEY, MEASUREMENTS_KEY]
        self._serve(keys=keys, args=[LIFETIME_SECONDS, process, measured, *queues])


def measurements_of(client: redis.Redis, found: Mapping[bytes, bytes]) -> list[Measurements]:
    """Return what processes said of themselves, and forget what cannot be read.

    Raises:
        redis.RedisError
    """
    read = {process: _measurements(said) for process, said in found.items()}
    unreadable = [process for process, measured in read.items() if measured is None]
    if unreadable:
        client.hdel(MEASUREMENTS_KEY, *unreadable)
        drop_unreadable("measurements", len(unreadable))
    return [measured for measured in read.values() if measured is not None]


def _measurements(said: bytes) -> Measurements | None:
    if len(said) > _MOST_BYTES:
        return None
    try:
        return Measurements.model_validate_json(said)
    except ValueError:
        return None


def readable(client: redis.Redis, found: Iterable[bytes]) -> frozenset[str]:
    """Return the names of queues, and forget what cannot be one.

    Raises:
        redis.RedisError
    """
    names = {each: _text(each) for each in found}
    unreadable = [each for each, name in names.items() if name is None]
    if unreadable:
        client.zrem(SERVED_KEY, *unreadable)
        drop_unreadable("queue", len(unreadable))
    return frozenset(name for name in names.values() if name is not None)


def _text(name: bytes) -> str | None:
    """Return the name of a queue; `None` if the ledger could not hold it."""
    try:
        return None if b"\0" in name else name.decode()
    except UnicodeDecodeError:
        return None
