"""Idempotency keys: a request that comes again with its key is answered with what it made first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.ledger.queries import columns, queries

_SQL = queries("idempotency")


class IdempotencyConflict(TreadleError):
    """An idempotency key was used again for a different request."""

    reason: ClassVar[str] = "idempotency_conflict"
    solution: ClassVar[str] = (
        "Use a new key for a new request; reuse a key only to repeat the same request."
    )


class Key(NamedTuple):
    """A key, and what it is wanted for."""

    owner: str
    kind: str
    key: str
    digest: bytes
    """Of the request: the same key may come again for the same request only."""
    execution_id: UUID
    """The execution that is created if the key is new."""


def reserve(
    connection: psycopg.Connection, wanted: Sequence[Key]
) -> dict[UUID, UUID | IdempotencyConflict]:
    """Take keys; of two alike the first gets it.

    Returns:
        For each execution whose key is taken: the one that holds the key, or why it is refused.
    """
    if not wanted:
        return {}
    firsts = {each[:3]: each for each in reversed(wanted)}
    rows = [
        firsts[place] for place in sorted(firsts)
    ]  # two that meet in other orders would deadlock
    taken = {row[0] for row in _fetch(connection, "reserve_keys", Key._fields, rows)}
    others = [each for each in wanted if each.execution_id not in taken]
    if not others:
        return {}
    places = list({each[:3] for each in others})
    holders = {
        tuple(row[:3]): (bytes(row[3]), row[4])
        for row in _fetch(connection, "reserved_keys", Key._fields[:3], places)
    }
    return {each.execution_id: _held_by(each, *holders[each[:3]]) for each in others}


def _held_by(wanted: Key, digest: bytes, execution_id: UUID) -> UUID | IdempotencyConflict:
    if digest == wanted.digest:
        return execution_id
    return IdempotencyConflict(
        "The idempotency key was used for a different submission.",
        idempotency_key=wanted.key,
        execution_id=str(execution_id),
    )


def _fetch(
    connection: psycopg.Connection,
    query: str,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> list[tuple[Any, ...]]:
    return connection.execute(_SQL[query], columns(_SQL[query], names, rows)).fetchall()
