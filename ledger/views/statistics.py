"""Statistics: what is open in the whole cluster.

A look costs the same with ten ready rows and with a million: counts are kept by those who change
them (`ledger.engine.open_counts`), and what has waited longest is found by whose turn is next.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import psycopg

from treadle.ledger.engine import turns
from treadle.ledger.queries import fetching, queries

_SQL = queries("statistics")
_fetch = fetching("statistics")


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
    """`None` if that is not known, or there is none. Of what is ready it is the longest wait of
    what is next, not of all: of rows that are sent, and the first row of each owner's workflow."""


def open_counts(connection: psycopg.Connection) -> list[Open]:
    """Return what is open."""
    found = [Open(*row) for row in _fetch(connection, "open_counts")]
    waits = _longest_waits(connection, {each.name for each in found if each.kind == "ready"})
    return [
        replace(each, oldest_seconds=waits.get((each.name, each.priority)))
        if each.kind == "ready"
        else each
        for each in found
    ]


def _longest_waits(
    connection: psycopg.Connection, queues: Collection[str]
) -> dict[tuple[str, int], float | None]:
    """Return for how long what is next in queues has waited at most, by queue and priority."""
    waiting = turns.waiting(connection, list(queues), {}, {})
    shares = [(*turn, workflow) for turn, of_it in waiting.items() for workflow in of_it]
    rows = _fetch(
        connection,
        "longest_waits",
        queue=[queue for queue, *_ in shares],
        priority=[priority for _, priority, *_ in shares],
        owner=[owner for _, _, owner, _ in shares],
        workflow_id=[workflow for *_, workflow in shares],
    )
    return {(row.queue, row.priority): row.seconds for row in rows}


def sessions(connection: psycopg.Connection) -> tuple[int, int]:
    """Return how many sessions PostgreSQL has open, and how many it gives at most."""
    row = connection.execute(_SQL["sessions"]).fetchone()
    assert row is not None
    return row[0], row[1]
