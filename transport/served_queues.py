"""Served queues: which queues a process takes, so that nothing is sent where nobody looks.

Whoever consumes a queue says so each second, in Redis; a queue that nobody serves any more is
forgotten. So what a look at the queues costs depends on what is served, and not on how many names
workflows have ever used: rows of other queues stay ready in the ledger until somebody takes them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from importlib import resources

import redis

from treadle.transport.redis_keys import SERVED_KEY, TIMERS_KEY, drop_unreadable

#: Seconds for which a queue counts as served after it was last said to be.
LIFETIME_SECONDS = 15
#: Queues that are looked at, those served last; far more than any cluster has.
MOST_QUEUES = 1_000
#: Seconds between two announcements.
_PERIOD_SECONDS = 1.0


class Announcer:
    """Says which queues a process serves."""

    def __init__(self, client: redis.Redis) -> None:
        script = resources.files("treadle.transport") / "lua" / "serve.lua"
        self._serve = client.register_script(script.read_text("utf-8"))
        self._said = float("-inf")

    def announce(self, queues: Collection[str]) -> None:
        """Say that queues are served, unless that was done just now; one that is new is refilled.

        Raises:
            redis.RedisError
        """
        now = time.monotonic()
        if queues and now - self._said >= _PERIOD_SECONDS:
            self._serve(keys=[SERVED_KEY, TIMERS_KEY], args=[LIFETIME_SECONDS, *queues])
            self._said = now


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
