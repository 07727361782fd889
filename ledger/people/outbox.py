"""The outbox: what is to be sent to the world outside, written by the transactions that decide it.

Sending is at-least-once: a row is taken for a while, and comes again if nobody says what became of
it. The row's id names the message on every try, so that a receiver knows it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from treadle.dag.values import Value, dumps
from treadle.ledger.queries import queries

_SQL = queries("people")


@dataclass(frozen=True, slots=True)
class Sending:
    """One try to send something."""

    id: UUID
    """The same on every try."""
    interaction_id: UUID
    kind: str
    """`ask` or `warn`."""
    attempts: int
    """This try included."""


def take(connection: psycopg.Connection, *, limit: int, lease_seconds: float) -> list[Sending]:
    """Take what is due, for `lease_seconds`; it is nobody else's meanwhile."""
    rows = _run(connection, "take_sendings", limit=limit, lease_seconds=lease_seconds).fetchall()
    return [Sending(row.id, row.interaction_id, row.kind, row.attempts) for row in rows]


def sent(connection: psycopg.Connection, sending_id: UUID) -> None:
    """Note that something was sent, or need not be any more."""
    _run(connection, "sent", id=sending_id)


def send_again(
    connection: psycopg.Connection, sending_id: UUID, *, error: Value, seconds: float
) -> None:
    """Note what a try failed by, and when the next one is due."""
    _run(connection, "send_again", id=sending_id, error=dumps(error), seconds=seconds)


def next_due(connection: psycopg.Connection) -> float | None:
    """Return the seconds until something is due; `None` if nothing waits."""
    row = _run(connection, "next_sending").fetchone()
    return None if row is None else row.seconds


def _run(connection: psycopg.Connection, query: str, **parameters: Any) -> psycopg.Cursor[Any]:
    return connection.cursor(row_factory=namedtuple_row).execute(_SQL[query], parameters)
