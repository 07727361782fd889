"""Identifiers: UUIDv7, so ids of one moment lie side by side in an index and a partition."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of epoch milliseconds first, random bits after.

    Ids made by one process rise strictly, also within one millisecond.
    """
    return uuid7()
