"""Warnings: people are told once that the time of a question is nearly over."""

from __future__ import annotations

from uuid import UUID

import psycopg

from treadle.core.ids import new_id
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.locking import hold_briefly
from treadle.ledger.engine.rows import Belt, Followed
from treadle.ledger.engine.unit_of_work import Unit
from treadle.ledger.people.interactions import execution_of


def warn(
    connection: psycopg.Connection, graphs: Graphs, belt: Belt, interaction_id: UUID
) -> Followed | None:
    """Tell of a pending question that its time is nearly over, if that is so and nobody has yet.

    Returns:
        `None` if somebody else holds its execution: come again.
    """
    execution_id = execution_of(connection, interaction_id)
    if execution_id is None:
        return Followed(unparked=[interaction_id])
    with connection.transaction():
        held = hold_briefly(connection, graphs, execution_id)
        if held is None:
            return None
        unit = Unit(connection, [held], belt=belt)
        row = unit.run("warn", id=interaction_id).fetchone()
        if row is not None:
            unit.event(
                held,
                "user_input_due_soon",
                interaction_id=str(row.id),
                node_id=row.node,
                scope=row.scope,
                timeout_at=int(row.timeout_at.timestamp() * 1000),
            )
            if row.channel_type != "in_app":
                names = ("id", "interaction_id", "kind")
                unit.run_rows("send", names, [(new_id(), row.id, "warn")])
        unit.save()
    return unit.committed()
