"""The notifier: who follows an execution is notified of new events, and reads them in the ledger.

A notification carries the seq of the last event and nothing else, and a lost one costs a follower a
moment: it looks a few times a second anyway. So one is published only where somebody listens, which
is looked up now and then; what nobody follows costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import Any
from uuid import UUID

import redis

_PREFIX = "treadle:events:"
#: Seconds for which the list of listeners counts.
_FRESH_SECONDS = 0.1


def channel(execution_id: UUID) -> str:
    """Return the channel on which the followers of an execution are notified."""
    return f"{_PREFIX}{execution_id}"


class Notifier:
    """Publishes notifications; safe for threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._listened: frozenset[str] = frozenset()
        self._looked = 0.0
        self._lock = Lock()

    def notify(self, touched: Mapping[UUID, int]) -> None:
        """Notify the followers of executions with new events of the last one's seq."""
        if not touched:
            return
        try:
            self._look()
            seqs = {channel(each): seq for each, seq in touched.items()}
            followed = {name: seq for name, seq in seqs.items() if name in self._listened}
            if followed:
                pipeline = self._client.pipeline(transaction=False)
                for name, seq in followed.items():
                    pipeline.publish(name, seq)
                pipeline.execute()
        except redis.RedisError:
            return  # followers look anyway

    def wake(self, key: str) -> None:
        """Wake who waits at a list; it looks within a second anyway.

        Raises:
            redis.RedisError
        """
        pipeline = self._client.pipeline(transaction=False)
        pipeline.lpush(key, 1)
        pipeline.ltrim(key, 0, 0)
        pipeline.execute()

    def _look(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._looked < _FRESH_SECONDS:
                return
            self._looked = now
        found: list[Any] = self._client.pubsub_channels(f"{_PREFIX}*")
        self._listened = frozenset(name.decode(errors="replace") for name in found)
