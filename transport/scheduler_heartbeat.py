"""The scheduler's heartbeat: a key in Redis that each pass renews and that expires soon after.

Nothing depends on it; it is for people who ask whether all is up.
"""

from __future__ import annotations

import os
import socket

import redis

from treadle.transport.redis_keys import SCHEDULER_KEY

#: Seconds after the last pass when a scheduler counts as gone; passes are a second apart.
_LIFETIME_SECONDS = 5


def announce(client: redis.Redis) -> None:
    """Say that a scheduler is at work on this host in this process. Unsaid while Redis is away."""
    try:
        client.set(SCHEDULER_KEY, f"{socket.gethostname()}/{os.getpid()}", ex=_LIFETIME_SECONDS)
    except redis.RedisError:
        return


def seen(client: redis.Redis) -> str | None:
    """Return `host/pid` of the scheduler that passed last, or `None` if none has for a while.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    found = client.get(SCHEDULER_KEY)
    return found.decode(errors="replace") if isinstance(found, bytes) else None
