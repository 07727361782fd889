"""Sessions and clients as `core` opens them, on the run's own servers."""

from __future__ import annotations

import select
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import PoolTimeout

from tests.support.cut_network import proxied
from treadle.core import postgres, redis
from treadle.core.settings import Settings

#: Seconds of an outage: just past an attempt, if pauses between them double from one second on.
_OUTAGE_SECONDS = 8.2
#: Seconds for a session afterwards: the next attempt would come later, if pauses doubled.
_SOON_SECONDS = 4.0


def test_a_session_is_bounded_and_in_utc(postgres_url: str) -> None:
    """Every limit of STYLE's rule 1 holds from the first statement on."""
    limits = postgres.SessionLimits(
        lock_seconds=1,
        statement_seconds=2,
        idle_in_transaction_seconds=3,
        transaction_seconds=4,
    )
    with postgres.connect(postgres_url, limits=limits) as session:
        found = {
            name: session.execute(f"SHOW {name}").fetchone()
            for name in (
                "lock_timeout",
                "statement_timeout",
                "idle_in_transaction_session_timeout",
                "transaction_timeout",
                "timezone",
                "application_name",
            )
        }
    assert found == {
        "lock_timeout": ("1s",),
        "statement_timeout": ("2s",),
        "idle_in_transaction_session_timeout": ("3s",),
        "transaction_timeout": ("4s",),
        "timezone": ("UTC",),
        "application_name": ("treadle",),
    }


def test_a_session_that_sleeps_in_a_transaction_is_ended(postgres_url: str) -> None:
    """A transaction that falls silent loses its locks, so nobody waits for it for ever."""
    limits = postgres.SessionLimits(idle_in_transaction_seconds=0.05)
    with postgres.connect(postgres_url, limits=limits) as session:
        session.execute("SELECT 1")
        # The server's farewell is what arrives first on the silent connection.
        with pytest.raises(psycopg.OperationalError):
            next(session.notifies(timeout=10))


def test_a_session_that_falls_silent_in_a_pipeline_is_ended(postgres_url: str) -> None:
    """To the server it is neither idle nor computing, and yet it holds its locks."""
    limits = postgres.SessionLimits(transaction_seconds=0.05, idle_in_transaction_seconds=60)
    session = postgres.connect(postgres_url, limits=limits, autocommit=True)

    def fall_silent() -> None:
        with postgres.pipelined_transaction(session):
            session.execute("SELECT 1").fetchone()
            select.select([session], [], [], 10)  # until the server's farewell
            session.execute("SELECT 2").fetchone()

    with pytest.raises(psycopg.OperationalError):
        fall_silent()
    session.close()


def test_a_pipelined_transaction_that_fails_late_does_nothing(postgres_url: str) -> None:
    """What a statement is refused for is raised at the end, and the session goes on."""
    with postgres.connect(postgres_url, autocommit=True) as session:
        session.execute("CREATE TEMPORARY TABLE numbers (n integer UNIQUE)")

        def add_twice() -> None:
            with postgres.pipelined_transaction(session):
                session.execute("INSERT INTO numbers VALUES (1)")
                session.execute("INSERT INTO numbers VALUES (1)")

        with pytest.raises(psycopg.errors.UniqueViolation):
            add_twice()
        assert session.execute("SELECT count(*) FROM numbers").fetchone() == (0,)


def test_a_pipelined_transaction_whose_block_fails_does_nothing(postgres_url: str) -> None:
    """An error of the caller's own undoes what was sent before it."""
    with postgres.connect(postgres_url, autocommit=True) as session:
        session.execute("CREATE TEMPORARY TABLE numbers (n integer)")

        def add_and_fail() -> None:
            with postgres.pipelined_transaction(session):
                session.execute("INSERT INTO numbers VALUES (1)")
                raise KeyError("the caller's")

        with pytest.raises(KeyError):
            add_and_fail()
        assert session.execute("SELECT count(*) FROM numbers").fetchone() == (0,)


def test_the_addresss_own_options_win(postgres_url: str) -> None:
    """An operator may set another limit in the URL."""
    with postgres.connect(f"{postgres_url}&options=-c%20statement_timeout%3D77s") as session:
        assert session.execute("SHOW statement_timeout").fetchone() == ("77s",)


def test_a_pool_replaces_connections_that_the_server_ended(postgres_url: str) -> None:
    """After a server's restart the next caller gets a working connection, not an error."""
    with postgres.open_pool(postgres_url, max_size=1) as pool:
        with pool.connection() as session:
            pid = session.info.backend_pid
        with postgres.connect(postgres_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        with pool.connection() as session:
            assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_pool_tells_a_server_that_is_away_from_sessions_in_use(postgres_url: str) -> None:
    """Who waits in vain for a session in use is not told that the server is gone."""
    parameters = conninfo_to_dict(postgres_url)
    with proxied(Path(str(parameters["host"])) / ".s.PGSQL.5432") as network:
        url = make_conninfo(postgres_url, host="127.0.0.1", port=network.port)
        with postgres.open_pool(url, max_size=1) as pool:
            with pool.connection(), pytest.raises(PoolTimeout):
                pool.getconn(timeout=0.2)
            network.set("cut")
            with pytest.raises(psycopg.OperationalError, match="takes no session"):
                pool.getconn(timeout=1.0)
            network.set("open")
            with pool.connection() as session:
                assert session.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.slow
def test_a_pool_is_back_soon_after_a_long_outage(postgres_url: str) -> None:
    """Its next attempt is not far away, however long it has tried."""
    parameters = conninfo_to_dict(postgres_url)
    with proxied(Path(str(parameters["host"])) / ".s.PGSQL.5432") as network:
        network.set("cut")
        url = make_conninfo(postgres_url, host="127.0.0.1", port=network.port)
        with postgres.open_pool(url, max_size=1) as pool:
            time.sleep(_OUTAGE_SECONDS)
            network.set("open")
            with pool.connection(timeout=_SOON_SECONDS) as session:
                assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_client_survives_a_broken_connection(redis_url: str) -> None:
    """A command whose connection was closed is sent again."""
    with redis.connect(redis_url) as client, redis.connect(redis_url) as other:
        client.set("colour", "madder")
        other.client_kill_filter(_id=client.client_id(), skipme=True)
        assert client.get("colour") == b"madder"


def test_settings_reach_both_servers(settings: Settings) -> None:
    """The addresses that the settings give are those of living servers."""
    with postgres.connect(settings.database_url) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
    with redis.connect(settings.redis_url) as client:
        assert client.ping()
