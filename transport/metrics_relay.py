"""The metrics relay: what a command counted goes through Redis to a scheduler, which counts it.

A command that submits or cancels ends before anybody could ask it for its counts, and a process one
of whose vital parts died ends soon. Redis may lose them, and then the counts are short of what a
command or two did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson
import redis

from treadle.monitoring import facts
from treadle.monitoring.facts import Fact
from treadle.transport.redis_keys import FACTS_KEY, drop_unreadable

#: Facts kept for a scheduler that nobody asks; older ones go.
_LONGEST = 10_000


@contextmanager
def relaying(client: redis.Redis) -> Iterator[None]:
    """Hand over what is counted while the `with` block runs; it is lost if Redis is away."""
    with facts.keeping() as kept:
        try:
            yield
        finally:
            _give(client, kept)


def relay_death(client: redis.Redis, role: str, part: str) -> None:
    """Hand over that a vital part of this process died; it is counted here if Redis is away."""
    died = [Fact("vital_part_died", (role, part))]
    if not _give(client, died):
        facts.count(died)


def take(client: redis.Redis) -> None:
    """Count here what commands have handed over; each is given to one taker."""
    try:
        pipeline = client.pipeline(transaction=True)
        pipeline.lrange(FACTS_KEY, 0, -1)
        pipeline.delete(FACTS_KEY)
        given, _ = pipeline.execute()
    except redis.RedisError:
        return
    for each in given:
        try:
            of, labels, value = orjson.loads(each)
            facts.count([Fact(of, tuple(labels), value)])
        except Exception:  # noqa: BLE001 - the edge: anybody may have written it, in any shape
            drop_unreadable("fact")


def _give(client: redis.Redis, kept: Sequence[Fact]) -> bool:
    """Return whether Redis has them."""
    if not kept:
        return True
    try:
        pipeline = client.pipeline(transaction=False)
        pipeline.rpush(FACTS_KEY, *(orjson.dumps([*fact]) for fact in kept))
        pipeline.ltrim(FACTS_KEY, -_LONGEST, -1)
        pipeline.execute()
    except redis.RedisError:
        return False
    return True
