"""What the doctor looks at: each check is a question about the cluster, with its answer.

A check that cannot be made because an earlier one failed is left out: the earlier one is what a
person has to fix.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

import psycopg
import redis
from pydantic import SecretStr

from treadle.core.errors import TreadleError
from treadle.core.postgres import connect
from treadle.core.redis import connect as connect_redis
from treadle.core.settings import Settings
from treadle.ledger.migrations import missing
from treadle.ledger.views import processes
from treadle.transport import scheduler_heartbeat

#: Beats that a worker may be late and still be found alive.
_BEATS_WAITED = 1.5
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    check: str
    """What it is, for programs."""
    ok: bool
    detail: str
    """What was found."""
    solution: str = ""
    """How to fix it, if it is not ok."""


def checks(settings: Settings) -> Iterator[Check]:
    """Look at one thing after the other: at the gateway where one is set, else at this cluster."""
    if settings.server is not None:
        yield from _gateway(settings.server, settings.api_key)
        return
    try:
        session = connect(settings.database_url, autocommit=True)
    except TreadleError as error:
        yield Check("cluster", False, error.message, error.advice)
        return
    except psycopg.OperationalError as error:
        detail = " ".join(str(error).split())
        yield Check("database", False, detail, "Start PostgreSQL, or correct its address.")
    else:
        with closing(session):
            yield from _ledger(session, settings)
    yield from _redis(settings)


def _gateway(server: str, key: SecretStr | None) -> Iterator[Check]:
    from treadle.cli.remote import Remote  # noqa: PLC0415 - an HTTP client takes time to import

    with closing(Remote(server, key)) as remote:
        for check, ask, detail in (
            ("gateway", remote.check_ready, f"{server} can do its work"),
            ("key", remote.check_key, "the gateway takes the key"),
        ):
            try:
                ask()
            except TreadleError as error:
                yield Check(check, False, error.message, error.advice)
                return
            yield Check(check, True, detail)


def _ledger(session: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    yield Check("database", True, f"PostgreSQL {session.info.server_version // 10_000} answers")
    lacking = missing(session)
    if lacking:
        solution = "Start a `treadle worker` of this release; it migrates the database."
        yield Check("migrations", False, f"missing: {', '.join(lacking)}", solution)
        return
    yield Check("migrations", True, "the schema is this release's")
    yield _workers(session, settings)
    unserved = processes.unserved(session)
    queues = ", ".join(f"{queue} ({count} ready)" for queue, count in unserved.items())
    solution = "Start a worker with these tasks: treadle worker --tasks MODULE."
    if unserved:
        yield Check("queues", False, f"no worker takes {queues}", solution)
    else:
        yield Check("queues", True, "every queue with work has a worker")


def _workers(session: psycopg.Connection, settings: Settings) -> Check:
    """Watch the beats until all known workers have moved theirs, or have had the time to."""
    first = _beats(session)
    alive: set[UUID] = set()
    until = time.monotonic() + settings.heartbeat_seconds * _BEATS_WAITED
    while first.keys() - alive and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
        alive |= {each for each, beat in _beats(session).items() if beat != first.get(each)}
    silent = len(first.keys() - alive)
    detail = f"{len(alive)} alive" + (f", {silent} silent" if silent else "")
    return Check("workers", bool(alive), detail, "" if alive else "Start one: treadle worker.")


def _beats(session: psycopg.Connection) -> dict[UUID, int]:
    return {row.id: row.beat for row in processes.workers(session)}


def _redis(settings: Settings) -> Iterator[Check]:
    try:
        with connect_redis(settings.redis_url) as client:
            client.ping()
            yield Check("redis", True, "Redis answers")
            scheduler = scheduler_heartbeat.seen(client)
    except TreadleError as error:
        yield Check("redis", False, error.message, error.advice)
    except redis.RedisError as error:
        yield Check("redis", False, str(error), "Start Redis or Valkey, or correct its address.")
    else:
        detail = f"at work: {scheduler}" if scheduler else "none has passed for 5 s"
        solution = "" if scheduler else "Start one: treadle scheduler."
        yield Check("scheduler", scheduler is not None, detail, solution)
