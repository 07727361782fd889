"""Sessions to PostgreSQL: bounded in time, in UTC, with detection of dead peers.

A session that locks an execution's row blocks the execution. So each one has limits from the start
(startup options, no round trip), and TCP gives up on a silent peer before a lease ends. Code that
needs longer (a migration, a bulk copy) raises the limit for its own transaction with `SET LOCAL`.
The limit on whole transactions needs PostgreSQL 17 or later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

#: Seconds to wait for a connection; a server that does not accept one in that time is down.
CONNECT_TIMEOUT_SECONDS = 5
#: Seconds a caller waits for a free connection of a pool before that fails.
CHECKOUT_TIMEOUT_SECONDS = 10.0
#: Seconds after which a pool gives up a series of attempts to connect, and begins the next one. Its
#: pauses double within a series, so that one of minutes would outlast an outage by as much again.
_RECONNECT_SECONDS = 2.0
#: Seconds after which a pool closes a session that nobody used; one stays.
_IDLE_SECONDS = 60.0
#: Seconds after which the kernel drops a connection whose peer acknowledges nothing.
DEAD_PEER_SECONDS = 10

_KEEPALIVE: dict[str, int] = {
    "keepalives": 1,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": DEAD_PEER_SECONDS * 1000,
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
}
#: Every statement finds its rows by a key. A session caches its query plans, and a plan made while
#: the tables are new and empty would scan them completely, for every batch, as they grow. With
#: these options one plan is good for every batch, and none is made again.
_PLANS_BY_KEY = (
    "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    " -c plan_cache_mode=force_generic_plan"
)

#: Errors that are raised when the server or the session is gone, or has ended a transaction: all
#: errors that the statement did not cause. The two limits that end a session are not among
#: psycopg's operational errors.
LOST = (
    psycopg.OperationalError,
    psycopg.errors.TransactionTimeout,
    psycopg.errors.IdleInTransactionSessionTimeout,
)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long one session may block others; each limit is well below a lease."""

    lock_seconds: float = 5.0
    """Longest wait for one row or table lock."""
    statement_seconds: float = 10.0
    """Longest run of one statement, its waits included."""
    idle_in_transaction_seconds: float = 10.0
    """Longest silence inside a transaction; then the server ends the session."""
    transaction_seconds: float = 12.0
    """Longest transaction; then the server ends the session. Needed too, because a pipeline that
    stops between two statements counts neither as idle nor as one statement.
    """

    def as_options(self) -> str:
        """Return the startup options that set these limits, the time zone and the planner."""
        return " ".join(
            (
                f"-c lock_timeout={_milliseconds(self.lock_seconds)}",
                f"-c statement_timeout={_milliseconds(self.statement_seconds)}",
                "-c idle_in_transaction_session_timeout="
                f"{_milliseconds(self.idle_in_transaction_seconds)}",
                f"-c transaction_timeout={_milliseconds(self.transaction_seconds)}",
                "-c timezone=UTC",
                _PLANS_BY_KEY,
            )
        )


DEFAULT_LIMITS = SessionLimits()


class Sessions(ConnectionPool[psycopg.Connection]):
    """A pool that tells a server that takes no session from sessions that are all in use."""

    def getconn(self, timeout: float | None = None) -> psycopg.Connection:
        """Return a session that was just tested.

        Raises:
            PoolTimeout: all were in use for so long.
            psycopg.OperationalError: while this waited, sessions were lost or could not be opened.
        """
        failed = self._failed()
        try:
            return super().getconn(timeout)
        except PoolTimeout:
            if self._failed() == failed:
                raise
            raise psycopg.OperationalError("The server takes no session.") from None

    def _failed(self) -> int:
        found = self.get_stats()
        return found.get("connections_errors", 0) + found.get("connections_lost", 0)


def connect(
    url: str,
    *,
    autocommit: bool = False,
    limits: SessionLimits = DEFAULT_LIMITS,
    application_name: str = "treadle",
) -> psycopg.Connection:
    """Open one bounded session.

    Raises:
        psycopg.OperationalError: the server cannot be reached within `CONNECT_TIMEOUT_SECONDS`.
    """
    return psycopg.connect(**_parameters(url, limits, application_name), autocommit=autocommit)


def open_pool(
    url: str,
    *,
    max_size: int,
    autocommit: bool = False,
    limits: SessionLimits = DEFAULT_LIMITS,
    application_name: str = "treadle",
) -> Sessions:
    """Open a pool of bounded sessions; close it with `with` or `close()`.

    A connection is tested when it is taken from the pool, so a restart of the server costs its
    callers only the time of a new connection; and while the server is away, it is tried about once
    a second, so that it is found within that time, however long it was gone.
    """
    return Sessions(
        kwargs={**_parameters(url, limits, application_name), "autocommit": autocommit},
        min_size=1,
        max_size=max_size,
        max_idle=_IDLE_SECONDS,
        reconnect_timeout=_RECONNECT_SECONDS,
        reconnect_failed=ConnectionPool.check,  # begins again, also where nobody comes and asks
        timeout=CHECKOUT_TIMEOUT_SECONDS,
        check=ConnectionPool.check_connection,
        name=application_name,
        open=True,
    )


@contextmanager
def pipelined_transaction(connection: psycopg.Connection) -> Iterator[None]:
    """Run a block as one transaction of an autocommit session, in pipeline mode.

    The block waits where it reads a statement's rows and once at the end. psycopg's own
    transaction in a pipeline waits at its start and its end, four more times.

    Raises:
        psycopg.Error: a statement failed, and the transaction is rolled back; the error may come
            only at the end. After an error of the connection the outcome is unknown.
    """
    assert (
        connection.info.transaction_status is not TransactionStatus.INTRANS
    )  # it would be committed here
    try:
        with connection.pipeline():
            connection.execute("begin", prepare=False)
            yield
            connection.execute("commit", prepare=False)
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise


def _parameters(url: str, limits: SessionLimits, application_name: str) -> dict[str, Any]:
    """Return libpq's parameters: the URL's take precedence; its options are appended to ours."""
    from_url = conninfo_to_dict(url)
    options = f"{limits.as_options()} {from_url.pop('options', None) or ''}".strip()
    return {**_KEEPALIVE, "application_name": application_name, **from_url, "options": options}


def _milliseconds(seconds: float) -> int:
    """Return whole milliseconds, at least one: PostgreSQL reads zero as no limit."""
    return max(1, round(seconds * 1000))
