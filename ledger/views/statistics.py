"""Statistics: what is open in the whole cluster, by one statement."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from treadle.dag.model import SYSTEM_PREFIX
from treadle.ledger.queries import queries

_SQL = queries("statistics")
_OPEN_COUNTS = _SQL["open_counts"]


@dataclass(frozen=True, slots=True)
class Open:
    """How much of something is open, and for how long the oldest of it has been."""

    kind: str
    """`executions` (by status), `ready` (by queue and priority), `nodes` (by state), `questions`
    (`pending`, `undelivered`, `overdue`) or `outbox` (`pending`)."""
    name: str
    priority: int
    count: int
    oldest_seconds: float | None


def open_counts(connection: psycopg.Connection) -> list[Open]:
    """Return what is open. Reads every open row once, so it is not for each pass."""
    rows = connection.execute(_OPEN_COUNTS, {"system": SYSTEM_PREFIX}).fetchall()
    return [Open(*row) for row in rows]


def sessions(connection: psycopg.Connection) -> tuple[int, int]:
    """Return how many sessions PostgreSQL has open, and how many it gives at most."""
    row = connection.execute(_SQL["sessions"]).fetchone()
    assert row is not None
    return row[0], row[1]
