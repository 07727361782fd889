"""Links: tokens that let their holder answer one question; only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

import psycopg

from treadle.ledger.queries import queries

_SQL = queries("people")
#: Random bytes of a token: 256 bits, so that none is found by trying.
_TOKEN_BYTES = 32


def new_link(connection: psycopg.Connection, interaction_id: UUID, *, recipient: str) -> str:
    """Make a token for one question and one recipient, and return it; it is kept nowhere."""
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


def recipient_of(connection: psycopg.Connection, interaction_id: UUID, token: str) -> str | None:
    """Return whom the link to a question with this token was sent to; `None` if there is none."""
    row = connection.execute(
        _SQL["link"], {"token_hash": _hash(token), "interaction_id": interaction_id}
    ).fetchone()
    return row[0] if row else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
