"""Clocks: the ledger, Redis and this host go by one time, or links, deadlines and logs are off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import psycopg
import redis

from treadle.cli.checkup.check import Check, error, fine, warning
from treadle.ledger.views import server

#: Seconds that two clocks may be apart.
_APART_SECONDS = 2.0
_FAR_APART_SECONDS = 10.0

#: How this host is named, also where a process reports from it.
THIS_HOST = "this host"

#: Clocks that are named where all agree.
_SHOWN = 6


def offsets(session: psycopg.Connection, client: redis.Redis | None) -> dict[str, float]:
    """Return the seconds by which each clock is before the ledger's.

    Args:
        client: `None` if Redis is away.

    Raises:
        redis.RedisError
    """
    ledger = _before_here(lambda: server.clock(session))
    found = {THIS_HOST: -ledger}
    if client is not None:
        found["Redis"] = _before_here(lambda: _of_redis(client)) - ledger
    return found


def clocks(found: Mapping[str, float]) -> Check:
    """Compare each clock with PostgreSQL's, by which timers and deadlines are set.

    Args:
        found: the seconds by which each is before it.
    """
    apart = {name: seconds for name, seconds in found.items() if abs(seconds) > _APART_SECONDS}
    if not apart:
        return fine("clocks", f"{_listed(['PostgreSQL', *found])} agree")
    parts = [
        f"{name} is {abs(seconds):.0f} s {'before' if seconds > 0 else 'behind'} PostgreSQL"
        for name, seconds in apart.items()
    ]
    far = max(map(abs, apart.values())) > _FAR_APART_SECONDS
    solution = "Have every host set its clock by NTP, such as with chrony."
    return (error if far else warning)("clocks", ", ".join(parts), solution)


def _listed(names: Sequence[str]) -> str:
    """Return two names or more as the subject of a sentence."""
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    *first, last = [*names[:_SHOWN], *more]
    return f"{', '.join(first)} and {last}"


def _before_here(ask: Callable[[], float]) -> float:
    """Return the seconds by which a clock is before this host's, taken amid question and answer."""
    before = time.time()
    found = ask()
    return found - (before + time.time()) / 2


def _of_redis(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6
