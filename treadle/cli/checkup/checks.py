"""Which checks are made, in which order, and what of a check that cannot be made."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial

import psycopg
import redis
from pydantic import SecretStr

from treadle.cli.checkup import database, work
from treadle.cli.checkup.check import Check, error, fine, warning
from treadle.cli.checkup.clocks import THIS_HOST, clocks, offsets
from treadle.cli.checkup.processes import Beats, listen, planners, workers
from treadle.cli.checkup.said import gateways, said_wrong, schedulers, versions
from treadle.core.errors import TreadleError
from treadle.core.postgres import LOST, SessionLimits, connect
from treadle.core.redis import connect as connect_redis
from treadle.core.settings import Settings
from treadle.ledger.migrations import missing
from treadle.ledger.views import server
from treadle.transport import process_reports, scheduler_heartbeat
from treadle.transport.process_reports import ProcessReport

#: The doctor waits for no lock for long: who holds it is a finding.
_LIMITS = SessionLimits(lock_seconds=2.0, statement_seconds=5.0)
#: Share of its memory from which on Redis is nearly full.
_NEARLY_FULL = 0.9
_MIB = 1024 * 1024


def checks(settings: Settings) -> Iterator[Check]:
    """Look at one thing after the other: at the gateway where one is set, else at this cluster."""
    if settings.server is not None:
        yield from _gateway(settings.server, settings.api_key)
        return
    try:
        addresses = settings.database_url, settings.redis_url
    except TreadleError as failed:
        yield error("cluster", failed.message, failed.advice)
        return
    with ExitStack() as stack:
        yield from _cluster(stack, settings, *addresses)


def _cluster(
    stack: ExitStack, settings: Settings, database_url: str, redis_url: str
) -> Iterator[Check]:
    client = stack.enter_context(connect_redis(redis_url))
    reached, found = _redis(client)
    session: psycopg.Connection | None = None
    try:
        session = connect(
            database_url, autocommit=True, limits=_LIMITS, application_name="treadle doctor"
        )
    except psycopg.Error as failed:
        yield error("database", _said(failed), _solution(failed))
    if session is not None:
        stack.enter_context(closing(session))
        yield from _database(session)
    yield from found
    if session is not None and not session.closed:
        yield from _looked_at("ledger", partial(_ledger, session, settings))
    reports: list[ProcessReport] = []
    with suppress(redis.RedisError):
        reports = process_reports.reports(client) if reached else []
    if session is not None and not session.closed:
        yield from _looked_at("clocks", lambda: [_clocks(session, client, reached, reports)])
    if reached:
        yield from _looked_at("processes", lambda: _processes(client, reports))


def _processes(client: redis.Redis, reports: list[ProcessReport]) -> Iterator[Check]:
    """Look at what processes say of themselves."""
    yield from schedulers(reports, scheduler_heartbeat.seen(client))
    yield from gateways(reports)
    yield from said_wrong(reports)
    yield versions(reports)


def _gateway(address: str, key: SecretStr | None) -> Iterator[Check]:
    from treadle.cli.remote import Remote  # noqa: PLC0415 - an HTTP client takes time to import

    with closing(Remote(address, key)) as remote:
        try:
            lacking = remote.check_ready()
        except TreadleError as failed:
            yield error("gateway", failed.message, failed.advice)
            return
        for name, each in lacking.items():
            details = each.error_details
            yield warning("gateway", f"{name}: {each.error_message}", details.solution)
        if not lacking:
            yield fine("gateway", f"{address} can do its work")
        try:
            remote.check_key()
        except TreadleError as failed:
            yield error("key", failed.message, failed.advice)
        else:
            yield fine("key", "the gateway takes the key")


def _database(session: psycopg.Connection) -> Iterator[Check]:
    """Look at the server, whatever is in it."""
    yield from _looked_at("database", lambda: [_answers(session)])
    yield from _looked_at("connections", lambda: [database.connections(session)])
    yield from _looked_at("locks", partial(database.locks, session))
    yield from _looked_at("disk", partial(database.disk, session))


def _answers(session: psycopg.Connection) -> Check:
    detail = f"PostgreSQL {session.info.server_version // 10_000} answers"
    if server.room(session).is_read_only:
        solution = "Give the address of the server that takes writes."
        return error(
            "database", f"{detail}, and takes no writes: a standby, or read-only", solution
        )
    return fine("database", detail)


def _ledger(session: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    lacking = missing(session)
    if lacking:
        solution = "Start a `treadle worker` of this release; it migrates the database."
        yield error("migrations", f"missing: {', '.join(lacking)}", solution)
        return
    yield fine("migrations", "the schema is this release's")
    beats: Beats | None = None
    try:
        beats = listen(session, settings)
    except psycopg.Error as failed:
        yield _failed("workers", failed)
    if beats is not None:
        taking = beats.taking
        yield from workers(beats, settings)
        yield from planners(beats, settings)
        yield from _looked_at("queues", lambda: work.queues(session, taking))
    yield from _looked_at("suspects", lambda: [work.suspects(session)])


def _redis(client: redis.Redis) -> tuple[bool, list[Check]]:
    """Return whether Redis answers, and what was found."""
    try:
        found = client.info()
    except redis.RedisError as failed:
        solution = "Start Redis or Valkey, or correct its address."
        return False, [error("redis", str(failed), solution)]
    assert isinstance(found, dict)
    used, most = int(found.get("used_memory", 0)), int(found.get("maxmemory", 0))
    detail = f"Redis answers, with {used / _MIB:.0f} MiB in use"
    if found.get("role") == "slave":
        solution = "Give the address of the server that takes writes."
        return True, [error("redis", f"{detail}, and takes no writes: a replica", solution)]
    if most and used > most * _NEARLY_FULL:
        return True, [
            warning("redis", f"{detail} of {most / _MIB:.0f}", "Raise maxmemory of Redis.")
        ]
    return True, [fine("redis", detail)]


def _clocks(
    session: psycopg.Connection, client: redis.Redis, reached: bool, reports: list[ProcessReport]
) -> Check:
    found = offsets(session, client if reached else None)
    for each in reports:  # the worst of each host
        host, seconds = each.place.rpartition("/")[0], each.ahead_seconds + found["Redis"]
        name = THIS_HOST if host == socket.gethostname() else host
        if abs(seconds) > abs(found.get(name, 0.0)):
            found[name] = seconds
    return clocks(found)


def _looked_at(check: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """Make a check; that it cannot be made is a finding too."""
    try:
        yield from look()
    except (psycopg.Error, redis.RedisError) as failed:
        yield _failed(check, failed)


def _failed(check: str, failed: Exception) -> Check:
    return error(check, f"could not be looked at: {_said(failed)}", _solution(failed))


def _solution(failed: Exception) -> str:
    if isinstance(failed, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        return "See the locks: who holds one, and how to end it."
    if isinstance(failed, psycopg.errors.InsufficientPrivilege):
        return "Grant the role pg_monitor, or use one that has it."
    said = str(failed)
    if "too many clients" in said or "connection slots" in said:
        return "Raise max_connections, or run fewer processes or TREADLE_GATEWAY_SESSIONS."
    if isinstance(failed, (*LOST, redis.RedisError)):
        return "Start the server, or correct its address."
    return "Run `treadle migrate`; if that changes nothing, report it with the message."


def _said(failed: Exception) -> str:
    return " ".join(str(failed).split())
