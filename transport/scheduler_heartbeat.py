"""The scheduler's heartbeat: a key in Redis that each whole pass renews and that expires
some time after.

Nothing depends on it; it is for people who ask whether all is up.
"""

from __future__ import annotations

import os
import socket

import redis

from treadle.transport.redis_keys import SCHEDULER_KEY

#: Seconds after the last pass when a scheduler counts as gone; passes are a second apart.
LIFETIME_SECONDS = 15


def announce(client: redis.Redis) -> None:
    """Say that the scheduler of this process has made a pass. Unsaid while Redis is away."""
    try:
        client.set(SCHEDULER_KEY, f"{socket.gethostname()}/{os.getpid()}", ex=LIFETIME_SECONDS)
    except redis.RedisError:
        return


def seen(client: redis.Redis) -> str | None:
    """Return `host/pid` of the scheduler that passed last, or `None` if none has for a while.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    found = client.get(SCHEDULER_KEY)
    return found.decode(errors="replace") if isinstance(found, bytes) else None
