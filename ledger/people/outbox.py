"""The outbox: what is to be sent to the world outside, written by the transactions that decide it.

With a question goes a token that lets its holder answer it, of which only a hash is kept.

Sending is at-least-once: a row is taken for a while, and comes again if nobody says what became of
it. The row's id names the message on every try, so that a receiver knows it again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from treadle.dag.values import Value, dumps
from treadle.ledger.queries import queries

_SQL = queries("people")
#: Random bytes of a token: 256 bits, so that none is found by trying.
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sending:
    """One try to send something."""

    id: UUID
    """The same on every try."""
    interaction_id: UUID
    kind: str
    """A `MessageKind`."""
    attempts: int
    """This try included."""
    owner: str


@dataclass(frozen=True, slots=True)
class SentLink:
    """A link that went out with a question."""

    recipient: str
    """Whom it was sent to."""
    is_replaced: bool
    """Whether a later message to the same recipient has another, which alone counts."""


def take(
    connection: psycopg.Connection,
    *,
    limit: int,
    lease_seconds: float,
    sending: Mapping[str, int],
    most_of_owner: int,
) -> list[Sending]:
    """Take what is due, by turns of the owners; it is nobody else's for `lease_seconds`.

    Args:
        sending: how many of each owner are on their way here.
        most_of_owner: how many of one owner may be, with those that are taken.
    """
    rows = _run(
        connection,
        "take_sendings",
        limit=limit,
        lease_seconds=lease_seconds,
        owners=list(sending),
        sending=list(sending.values()),
        most_of_owner=most_of_owner,
    ).fetchall()
    return [Sending(*row) for row in rows]


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


def new_link(connection: psycopg.Connection, interaction_id: UUID, *, recipient: str) -> str:
    """Make a token for one question and one recipient, and return it; it is kept nowhere.

    It replaces the tokens that went to the same recipient for this question before.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection.execute(
        _SQL["add_link"],
        {
            "token_hash": _hash(token),
            "interaction_id": interaction_id,
            "recipient": recipient,
        },
    )
    return token


def sent_link(connection: psycopg.Connection, interaction_id: UUID, token: str) -> SentLink | None:
    """Return the link to a question that has this token; `None` if there is none."""
    row = _run(
        connection, "link", token_hash=_hash(token), interaction_id=interaction_id
    ).fetchone()
    return SentLink(row.recipient, row.is_replaced) if row else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
