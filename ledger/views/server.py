"""The database server as it says itself: who holds up others, its sessions, room and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from treadle.ledger.queries import fetching

_fetch = fetching("server")


@dataclass(frozen=True, slots=True)
class Holder:
    """A session that holds up others, could do so, or is old."""

    pid: int
    """Its process at the server; 0 for a prepared transaction."""
    application: str
    client: str
    """The address that it comes from; empty for a socket of the same host."""
    state: str
    query: str
    """The beginning of its last statement."""
    open_seconds: float
    """Age of its transaction; 0 where the role may not know."""
    tables: tuple[str, ...]
    """Tables that nobody else can write to because of it."""
    waiters: int
    """Sessions that wait for it, for its waiters and so on."""
    waited_seconds: float
    """For how long the first of these waits."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much is stored, and where."""

    database_bytes: int
    wal_expected_bytes: int
    """What the write-ahead log takes in the long run (`max_wal_size`)."""
    wal_bytes: int | None
    folder: str | None
    """The data folder, on the server's host."""
    is_read_only: bool
    slots: Mapping[str, int]
    """Bytes of the log that are kept for each replication slot that nobody reads."""


def holding_up(connection: psycopg.Connection, *, old_seconds: float) -> list[Holder]:
    """Return who holds up others or could, and transactions older than `old_seconds`."""
    return [
        Holder(**{**row._asdict(), "tables": tuple(row.tables)})
        for row in _fetch(connection, "holding_up", old_seconds=old_seconds)
    ]


def sessions(connection: psycopg.Connection) -> tuple[dict[str, int], int]:
    """Return the sessions of the server by application, most first, and how many it takes."""
    rows = _fetch(connection, "sessions")
    return {row.application: row.count for row in rows}, rows[0].most


def room(connection: psycopg.Connection) -> Room:
    """Return how much is stored; what the role may not know is `None`."""
    (row,) = _fetch(connection, "room")
    slots = {each.name: each.bytes for each in _fetch(connection, "slots")}
    return Room(**row._asdict(), slots=slots)


def clock(connection: psycopg.Connection) -> float:
    """Return the server's time in seconds of the epoch."""
    (row,) = _fetch(connection, "clock")
    return float(row.seconds)
