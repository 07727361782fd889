"""Warnings: people are told once that the time of a question is nearly over."""

from __future__ import annotations

from uuid import UUID

import psycopg

from treadle.core.ids import new_id
from treadle.dag.questions import ChannelType
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.locking import lock_briefly
from treadle.ledger.engine.rows import DispatchQueue, PostCommit
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.people.interactions import execution_of
from treadle.wire.events import EventType


def warn(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, interaction_id: UUID
) -> PostCommit | None:
    """Warn that a pending question's time is nearly over, if that is so and nobody has yet.

    Returns:
        `None` if somebody else holds its execution: come again.
    """
    execution_id = execution_of(connection, interaction_id)
    if execution_id is None:
        return PostCommit(unparked=[interaction_id])
    with connection.transaction():
        locked = lock_briefly(connection, graphs, execution_id)
        if locked is None:
            return None
        unit = UnitOfWork(connection, [locked], queue=queue)
        row = unit.run("warn", id=interaction_id).fetchone()
        if row is not None:
            unit.event(
                locked,
                EventType.USER_INPUT_DUE_SOON,
                interaction_id=str(row.id),
                node_id=row.node,
                scope=row.scope,
                timeout_at=int(row.timeout_at.timestamp() * 1000),
            )
            if row.channel_type != ChannelType.IN_APP:
                names = ("id", "interaction_id", "kind")
                unit.run_rows("send", names, [(new_id(), row.id, "warn")])
        unit.save()
    return unit.committed()
