"""Health: whether a process can do its work now, and if not, which of what it needs is not well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, ClassVar

import psycopg
import redis

from treadle.core.errors import TreadleError
from treadle.core.postgres import connect
from treadle.core.redis import connect as connect_redis
from treadle.core.settings import Settings

Probe = Callable[[], None]
"""Returns when a dependency is well, and raises a `TreadleError` when it is not."""


class NotReady(TreadleError):
    """Something that this process needs is not well."""

    reason: ClassVar[str] = "not_ready"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Mend what `dependencies` names; the process goes on by itself."


class DatabaseUnreachable(TreadleError):
    """PostgreSQL does not answer."""

    reason: ClassVar[str] = "database_unreachable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Start PostgreSQL, or correct its address."


class RedisUnreachable(TreadleError):
    """Redis or Valkey does not answer."""

    reason: ClassVar[str] = "redis_unreachable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Start Redis or Valkey, or correct its address."


class Readiness:
    """Asks each dependency, by name."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = probes

    def check(self) -> dict[str, Any]:
        """Return `{status: "ready", dependencies: {name: "ok"}}`.

        Raises:
            NotReady: `dependencies` in its context has `"ok"` or the Error of each.
        """
        found: dict[str, Any] = {}
        for name, probe in self._probes.items():
            try:
                probe()
            except TreadleError as error:
                found[name] = error.to_wire()
            else:
                found[name] = "ok"
        wrong = [name for name, state in found.items() if state != "ok"]
        if wrong:
            raise NotReady(f"Not well: {', '.join(wrong)}.", dependencies=found)
        return {"status": "ready", "dependencies": found}


def readiness(settings: Settings, **probes: Probe) -> Readiness:
    """Return the readiness of a process that needs the ledger, Redis, and `probes` of its own."""
    needed: dict[str, Probe] = {
        "database": DatabaseProbe(settings.database_url),
        "redis": RedisProbe(settings.redis_url),
    }
    return Readiness({**needed, **probes})


class DatabaseProbe:
    """Asks PostgreSQL for an answer, on a session of its own each time."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self) -> None:
        try:
            with closing(connect(self._url, autocommit=True)) as session:
                session.execute("select 1")
        except psycopg.Error as error:
            raise DatabaseUnreachable(" ".join(str(error).split())) from error


class RedisProbe:
    """Asks Redis for an answer."""

    def __init__(self, url: str) -> None:
        self._client = connect_redis(url)

    def __call__(self) -> None:
        try:
            self._client.ping()
        except redis.RedisError as error:
            raise RedisUnreachable(str(error)) from error
