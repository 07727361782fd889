"""Identifiers: UUIDv7, so ids of one moment are adjacent in an index and a partition."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of epoch milliseconds first, random bits after.

    Ids made by one process increase strictly, also within one millisecond.
    """
    return uuid7()


def made_at(id_: UUID) -> datetime:
    """Return when `new_id` made an id, to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)
