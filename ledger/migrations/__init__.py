"""Numbered, forward-only migrations of the ledger, and the call that applies them."""

from __future__ import annotations

from importlib import resources

import psycopg

from treadle.core.postgres import connect
from treadle.ledger.queries import queries

_SQL = queries("migrations")

#: Any number that nothing else in the database locks; held while migrating.
_ADVISORY_LOCK = 7_233_110_054


def pending(applied: frozenset[str]) -> list[tuple[str, str]]:
    """Return `(name, sql)` of the migrations not in `applied`, in order."""
    here = resources.files(__name__)
    names = sorted(entry.name for entry in here.iterdir() if entry.name.endswith(".sql"))
    return [(name, (here / name).read_text("utf-8")) for name in names if name not in applied]


def migrate(url: str) -> list[str]:
    """Bring the database at `url` to this release's schema; return what was applied.

    Safe to call from several processes at once, and when there is nothing to do. Partitions of
    the current weeks are created here too, so that a fresh database takes submissions at once.
    """
    done: list[str] = []
    with connect(url, autocommit=True) as connection:
        connection.execute(
            "set lock_timeout = '30s'; set statement_timeout = '5min'; "
            "set transaction_timeout = '10min'"
        )
        connection.execute(_SQL["lock"], {"number": _ADVISORY_LOCK})
        connection.execute(
            "create table if not exists migrations "
            "(name text primary key, applied_at timestamptz not null default clock_timestamp())"
        )
        rows = connection.execute(_SQL["applied"]).fetchall()
        for name, sql in pending(frozenset(row[0] for row in rows)):
            with connection.transaction():
                connection.execute(sql)
                connection.execute(_SQL["applied_now"], {"name": name})
            done.append(name)
        connection.execute(_SQL["make_partitions"])
        connection.execute(_SQL["unlock"], {"number": _ADVISORY_LOCK})
    return done


def missing(connection: psycopg.Connection) -> list[str]:
    """Return the migrations of this release that a database has not had."""
    found = connection.execute(_SQL["has_table"]).fetchone()
    if found is None or not found[0]:
        return [name for name, _ in pending(frozenset())]
    rows = connection.execute(_SQL["applied"]).fetchall()
    return [name for name, _ in pending(frozenset(row[0] for row in rows))]
