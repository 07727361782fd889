"""What the scheduler finds to do: due times, dead processes, rows that no message stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import sql

from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.recovery import SUSPECT_AFTER
from treadle.ledger.queries import fetching, queries

_SQL = queries("schedule")
_fetch = fetching("schedule", prepare=True)


def due(
    connection: psycopg.Connection, *, grace_seconds: float, aside: Sequence[UUID] = ()
) -> list[tuple[str, UUID]]:
    """Return `(kind, execution)` of what is due: `wake`, `overdue` or `deadline`.

    Args:
        grace_seconds: how long past its limit an attempt is left to its process.
        aside: executions that are left out.
    """
    rows = _fetch(connection, "due", grace_seconds=grace_seconds, aside=list(aside))
    return [(row.kind, row.execution_id) for row in rows]


def next_due(
    connection: psycopg.Connection, *, grace_seconds: float, aside: Sequence[UUID] = ()
) -> float | None:
    """Return the seconds until `due` finds something; not above 0 if it does so now."""
    rows = _fetch(connection, "next_due", grace_seconds=grace_seconds, aside=list(aside))
    seconds: float | None = rows[0].seconds
    return seconds


def exists(connection: psycopg.Connection, execution_id: UUID) -> bool:
    """Return whether there is such an execution."""
    return bool(_fetch(connection, "exists", id=execution_id))


def running(connection: psycopg.Connection) -> dict[UUID, set[UUID]]:
    """Return the executions that each process runs something of."""
    found: dict[UUID, set[UUID]] = {}
    for row in _fetch(connection, "running"):
        found.setdefault(row.worker_id, set()).add(row.execution_id)
    return found


def unsent(  # noqa: PLR0913 - all that the query looks by
    connection: psycopg.Connection,
    *,
    epoch: str,
    oldest: Mapping[str, datetime],
    queues: Sequence[str],
    aside: Sequence[UUID] = (),
    grace_seconds: float,
    limit: int,
) -> list[tuple[Ref, str, str | None]]:
    """Return ready rows that no message stands for, with their queue and what became of one.

    That is `message_lost` if Redis has lost its data since, `message_unclaimed` if the message is
    not in its list and nobody has claimed the row, `None` if there was none.

    Args:
        oldest: by queue, when the oldest message that nobody has fetched was sent.
        queues: those that are served and have room; rows of others are left out.
        aside: executions whose rows are left out.
        grace_seconds: how long a fetched message may take to its claim.
    """
    rows = _fetch(
        connection,
        "unsent",
        epoch=epoch,
        queue=list(oldest),
        oldest=list(oldest.values()),
        queues=list(queues),
        aside=list(aside),
        suspect=SUSPECT_AFTER,
        grace_seconds=grace_seconds,
        limit=limit,
    )
    return [(Ref(row.execution_id, row.scope, row.node), row.queue, row.repair) for row in rows]


def ready_queues(connection: psycopg.Connection) -> set[str]:
    """Return the queues that something waits in."""
    return {row.queue for row in _fetch(connection, "ready_queues")}


def retain(connection: psycopg.Connection, *, days: int) -> list[str]:
    """Drop what is past retention, and make the partitions of the weeks to come.

    Returns:
        The partitions dropped. One that holds an unfinished execution stays.
    """
    connection.execute(_SQL["ensure_partitions"])
    dropped = [str(row.name) for row in _fetch(connection, "old_partitions", days=days)]
    for name in dropped:
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(name)))
    connection.execute(_SQL["drop_old_executions"], {"days": days})
    connection.execute(_SQL["drop_old_keys"], {"days": days})
    return dropped
