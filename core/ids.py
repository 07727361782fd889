"""Identifiers: UUIDv7, so ids of one moment lie side by side in an index and a partition."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of epoch milliseconds first, random bits after.

    Ids made by one process rise strictly, also within one millisecond.
    """
    return uuid7()


def made_at(made: UUID) -> datetime:
    """Return the moment, to the millisecond, at which `new_id` made an id."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
