"""Health: whether a process can do its work now, and if not, which dependency fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, ClassVar

import psycopg
import redis
from psycopg_pool import ConnectionPool

from treadle.core.errors import TreadleError
from treadle.core.postgres import connect
from treadle.core.redis import connect as connect_redis
from treadle.core.settings import Settings

#: Seconds that a probe waits for a session of a pool.
_POOL_SECONDS = 3.0

Probe = Callable[[], None]
"""Returns if a dependency works, and raises a `TreadleError` if not."""


class NotReady(TreadleError):
    """A dependency of this process fails."""

    reason: ClassVar[str] = "not_ready"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Fix what `dependencies` names; the process continues by itself."


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


class ProcessStopping(TreadleError):
    """The process was asked to stop: it still answers, and wants no new clients."""

    reason: ClassVar[str] = "process_stopping"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Nothing to do: send requests to another process."


class Readiness:
    """Checks each dependency, by name: those that the process needs, and those it does without."""

    def __init__(
        self, needed: Mapping[str, Probe], wished_for: Mapping[str, Probe] | None = None
    ) -> None:
        self._needed = list(needed)
        self._probes = {**needed, **(wished_for or {})}
        self._stopping = False

    def stop(self) -> None:
        """Be not ready from now on, whatever the dependencies are; safe in a signal handler."""
        self._stopping = True

    def check(self) -> dict[str, Any]:
        """Return `{status: "ready", needed: [name], dependencies: {name: "ok"}}`.

        A dependency that is not needed and fails has its Error in the place of `"ok"`.

        Raises:
            NotReady: with `"ok"` or the Error of each in `dependencies` of its context.
        """
        if self._stopping:
            stopping = ProcessStopping("The process was asked to stop.").to_wire()
            raise NotReady("Not ready: stopping.", dependencies={"process": stopping})
        found: dict[str, Any] = {}
        for name, probe in self._probes.items():
            try:
                probe()
            except TreadleError as error:
                found[name] = error.to_wire()
            else:
                found[name] = "ok"
        failing = [name for name in self._needed if found[name] != "ok"]
        if failing:
            raise NotReady(
                f"Not ready: {', '.join(failing)}.", needed=self._needed, dependencies=found
            )
        return {"status": "ready", "needed": self._needed, "dependencies": found}


def readiness(settings: Settings, **probes: Probe) -> Readiness:
    """Return the readiness of a process that needs the ledger, Redis, and `probes` of its own."""
    needed: dict[str, Probe] = {
        "database": DatabaseProbe(settings.database_url),
        "redis": RedisProbe(settings.redis_url),
    }
    return Readiness({**needed, **probes})


class DatabaseProbe:
    """Checks that PostgreSQL answers, on a new session each time."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self) -> None:
        try:
            with closing(connect(self._url, autocommit=True)) as session:
                session.execute("select 1")
        except psycopg.Error as error:
            raise DatabaseUnreachable(" ".join(str(error).split())) from error


class PoolProbe:
    """Checks that a process reaches PostgreSQL by a session of its own pool.

    A server that takes no further session may still answer those that are open.
    """

    def __init__(self, pool: ConnectionPool[psycopg.Connection]) -> None:
        self._pool = pool

    def __call__(self) -> None:
        try:
            with self._pool.connection(timeout=_POOL_SECONDS) as session:
                session.execute("select 1")
        except psycopg.Error as error:
            raise DatabaseUnreachable(" ".join(str(error).split())) from error


class RedisProbe:
    """Checks that Redis answers."""

    def __init__(self, url: str) -> None:
        self._client = connect_redis(url)

    def __call__(self) -> None:
        try:
            self._client.ping()
        except redis.RedisError as error:
            raise RedisUnreachable(str(error)) from error
