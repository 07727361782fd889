"""Turns: which rows that wait in the ledger are sent next (rule 9).

By priority, then by owner, then by workflow, then by age: whoever has ten thousand rows waiting has
one turn, as who has one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from treadle.ledger.engine.leases import SUSPECT_AFTER, Ref
from treadle.ledger.queries import fetching, queries

#: Owners and workflows of one owner that one look finds; the next one goes on after them.
_MOST_OWNERS = 1_000
_MOST_WORKFLOWS = 32
#: Workflows of all owners together, so that a pass with many of both costs no more.
_MOST_SHARES = 2_000

_SQL = queries("turns")
# Planned each time: a plan that was made while nothing waited would scan all that waits later.
_fetch = fetching("turns", prepare=False)


class Turn(NamedTuple):
    """An owner's place in a queue."""

    queue: str
    priority: int
    owner: str


class Share(NamedTuple):
    """How many rows of one workflow are sent."""

    queue: str
    priority: int
    owner: str
    workflow_id: str
    rows: int


class SentRow(NamedTuple):
    """A row that is noted as sent."""

    ref: Ref
    queue: str
    priority: int
    owner: str


class Ready(NamedTuple):
    """What there is for a dispatcher to do."""

    waits: bool
    """Whether rows wait for their turn."""
    is_noted: bool
    """Whether rows are noted as sent."""


def ready(connection: psycopg.Connection) -> Ready:
    """Return whether rows wait, and whether some are noted."""
    (row,) = _fetch(connection, "ready")
    return Ready(row.waits, row.is_noted)


def waiting(
    connection: psycopg.Connection,
    queues: Sequence[str],
    owners: Mapping[tuple[str, int], str],
    workflows: Mapping[Turn, str],
) -> dict[Turn, list[str]]:
    """Return the workflows of which something waits, by whose turn it is; both as turns come.

    Args:
        queues: those that are looked at.
        owners: by queue and priority, who had a turn last.
        workflows: by owner's turn, the workflow that was served last.
    """
    rows = _fetch(
        connection,
        "waiting",
        queues=list(queues),
        last_queue=[queue for queue, _ in owners],
        last_priority=[priority for _, priority in owners],
        last_owner=list(owners.values()),
        queue=[turn.queue for turn in workflows],
        priority=[turn.priority for turn in workflows],
        owner=[turn.owner for turn in workflows],
        workflow_id=list(workflows.values()),
        most_owners=_MOST_OWNERS,
        most_workflows=_MOST_WORKFLOWS,
        most_shares=_MOST_SHARES,
    )
    found: dict[Turn, list[str]] = {}
    for row in rows:
        found.setdefault(Turn(row.queue, row.priority, row.owner), []).append(row.workflow_id)
    return found


def send(
    connection: psycopg.Connection,
    shares: Iterable[Share],
    *,
    epoch: str,
    aside: Sequence[UUID] = (),
) -> list[SentRow]:
    """Note rows as sent, up to each share, and return them; their messages are to be sent.

    Args:
        epoch: what the notes are valid in.
        aside: executions whose rows are left out.
    """
    queue, priority, owner, workflow_id, rows = (list(each) for each in zip(*shares, strict=True))
    found = _fetch(
        connection,
        "send",
        queue=queue,
        priority=priority,
        owner=owner,
        workflow_id=workflow_id,
        rows=rows,
        epoch=epoch,
        aside=list(aside),
    )
    return [
        SentRow(Ref(row.execution_id, row.scope, row.node), row.queue, row.priority, row.owner)
        for row in found
    ]


def take_back_lost(  # noqa: PLR0913 - all that tells a lost message
    connection: psycopg.Connection,
    *,
    epoch: str,
    oldest: Mapping[str, datetime],
    queues: Sequence[str],
    held: Collection[Ref] = (),
    aside: Sequence[UUID] = (),
    grace_seconds: float,
) -> list[tuple[Ref, str | None]]:
    """Let noted rows whose message is gone wait for their turn again.

    Args:
        epoch: the one that notes are valid in.
        oldest: by queue, when the oldest message that nobody has fetched was sent.
        queues: those that are served; rows of others are left alone.
        held: rows whose messages wait rightly, however long.
        aside: executions whose rows are left alone.
        grace_seconds: how long a fetched message may take to its claim.

    Returns:
        The rows, and what became of the message of each: `message_lost` if Redis has lost its data
        since, `message_unclaimed` if it is in no list and nobody has claimed the row, `None` for
        that of a suspect, which was passed over.
    """
    rows = _fetch(
        connection,
        "take_back_lost",
        epoch=epoch,
        queue=list(oldest),
        oldest=list(oldest.values()),
        queues=list(queues),
        execution_id=[row.execution_id for row in held],
        scope=[row.scope for row in held],
        node=[row.node for row in held],
        aside=list(aside),
        suspect=SUSPECT_AFTER,
        grace_seconds=grace_seconds,
    )
    return [(Ref(row.execution_id, row.scope, row.node), row.repair) for row in rows]


def adopt(connection: psycopg.Connection, rows: int) -> int:
    """Give at most so many rows a turn that a process of the release before made ready.

    Returns: how many were given one; if it is all that were allowed, there may be more.
    """
    return connection.execute(_SQL["adopt"], {"rows": rows}).rowcount
