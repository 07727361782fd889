"""Keys of the gateway: `tk_<id>_<secret>`, of which the ledger keeps a hash (invariant 10)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, ClassVar

import psycopg

from treadle.core.errors import TreadleError
from treadle.ledger.queries import fetching
from treadle.ledger.views.executions import milliseconds
from treadle.wire.keys import KeyBrief, Scope
from treadle.wire.objects import unchecked

_brief = unchecked(KeyBrief)

_fetch = fetching("keys")

_PREFIX = "tk"
#: Bytes of randomness in the secret: as many as the hash has, so that neither is the weaker part.
_SECRET_BYTES = 32
_ID_BYTES = 8


class NoSuchKey(TreadleError):
    """No key has this id."""

    reason: ClassVar[str] = "key_not_found"
    solution: ClassVar[str] = "Check the id; `treadle keys list` lists them."


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; never the key itself."""

    id: str
    owner: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def to_wire(self) -> KeyBrief:
        """Return the key as clients see it."""
        return _brief(
            id=self.id,
            owner=self.owner,
            name=self.name,
            scopes=list(self.scopes),
            created_time=milliseconds(self.created_at),
            expires_time=milliseconds(self.expires_at),
            revoked_time=milliseconds(self.revoked_at),
        )


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, with the one chance to see its text."""

    key: Key
    text: str


def create(
    connection: psycopg.Connection,
    owner: str,
    scopes: Collection[Scope],
    *,
    name: str = "",
    valid_for: timedelta | None = None,
) -> NewKey:
    """Make a key and return its text, which nobody can read again.

    Args:
        connection: a session to the ledger.
        owner: the account that it acts for.
        scopes: what it permits.
        name: what lists call it.
        valid_for: when it expires, from now; never if `None`, and at once if it is zero.
    """
    key_id = secrets.token_hex(_ID_BYTES)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row = _fetch(
        connection,
        "add",
        id=key_id,
        owner=owner,
        name=name,
        digest=_digest(secret),
        scopes=[scope for scope in Scope if scope in scopes],
        valid_seconds=None if valid_for is None else valid_for.total_seconds(),
    )[0]
    return NewKey(_key(row), f"{_PREFIX}_{key_id}_{secret}")


def usable(connection: psycopg.Connection, text: str) -> Key | None:
    """Return the key whose text this is; `None` if there is none, or it expired or was revoked."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not key_id.isalnum() or not key_id.isascii():
        return None
    rows = _fetch(connection, "usable", id=key_id)
    if not rows or not compare_digest(bytes(rows[0].digest), _digest(secret)):
        return None
    return _key(rows[0])


def listed(
    connection: psycopg.Connection,
    *,
    owner: str | None = None,
    after: str | None = None,
    limit: int,
) -> list[Key]:
    """Return keys in the order of their ids, of `owner` or of all; those past use included."""
    rows = _fetch(connection, "listed", owner=owner, after=after, limit=limit)
    return [_key(row) for row in rows]


def revoke(connection: psycopg.Connection, key_id: str, *, owner: str | None = None) -> Key:
    """End a key now; once is enough, and again changes nothing.

    Raises:
        NoSuchKey: `owner` has none with this id, or nobody has.
    """
    rows = _fetch(connection, "revoke", id=key_id, owner=owner)
    if not rows:
        raise NoSuchKey(f"There is no key {key_id}.", key_id=key_id)
    return _key(rows[0])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _key(row: Any) -> Key:
    scopes = tuple(Scope(scope) for scope in row.scopes)
    return Key(row.id, row.owner, row.name, scopes, row.created_at, row.expires_at, row.revoked_at)
