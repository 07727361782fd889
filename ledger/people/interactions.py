"""Interactions: the questions that nodes asked, as they stand. Nothing here changes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.dag.questions import Question
from treadle.dag.values import Value, loads
from treadle.ledger.engine.post_commit import Parked
from treadle.ledger.queries import fetching

_fetch = fetching("people")


class InteractionNotFound(TreadleError):
    """No question has this id, or the caller may not see it."""

    reason: ClassVar[str] = "interaction_not_found"
    solution: ClassVar[str] = "Check the id; `treadle inbox` lists the open questions."

    def __init__(self, interaction_id: UUID | str) -> None:
        super().__init__(
            f"There is no question {interaction_id}.", interaction_id=str(interaction_id)
        )


@dataclass(frozen=True, slots=True)
class Interaction:
    """A question, and what became of it."""

    id: UUID
    execution_id: UUID
    scope: str
    node: str
    owner: str
    status: str
    """`pending`, `completed`, `timeout` or `canceled`."""
    question: Question
    assignees: tuple[str, ...]
    created_at: datetime
    warned_at: datetime | None
    timeout_at: datetime
    """The earlier of its own end and its execution's deadline."""
    delivered_at: datetime | None
    decided_at: datetime | None
    decision: str | None
    answer: Value
    answered_by: str | None
    via: str | None

    @property
    def pending(self) -> bool:
        """Whether it can still be answered."""
        return self.status == "pending"


def interaction(connection: psycopg.Connection, interaction_id: UUID) -> Interaction:
    """Return a question.

    Raises:
        InteractionNotFound
    """
    rows = _fetch(connection, "interaction", id=interaction_id)
    if not rows:
        raise InteractionNotFound(interaction_id)
    return _interaction(rows[0])


def interactions(
    connection: psycopg.Connection,
    *,
    account: str,
    execution_id: UUID | None = None,
    status: str | None = None,
    before: UUID | None = None,
    limit: int = 20,
) -> list[Interaction]:
    """Return the questions of an account's executions and those it is asked, newest first."""
    rows = _fetch(
        connection,
        "interactions",
        account=account,
        execution_id=execution_id,
        status=status,
        before=before,
        limit=limit,
    )
    return [_interaction(row) for row in rows]


def execution_of(connection: psycopg.Connection, interaction_id: UUID) -> UUID | None:
    """Return the execution that a question belongs to; `None` if there is no such question."""
    rows = _fetch(connection, "execution_of", id=interaction_id)
    return rows[0].execution_id if rows else None


def executions_of(connection: psycopg.Connection, questions: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the executions that questions belong to; without those that are none."""
    rows = _fetch(connection, "executions_of", ids=list(questions))
    return {row.id: row.execution_id for row in rows}


def pending_among(
    connection: psycopg.Connection, questions: Sequence[UUID]
) -> dict[UUID, tuple[Interaction, bool]]:
    """Return those of the questions that are pending, and whether the time of each is over."""
    rows = _fetch(connection, "pending_among", ids=list(questions))
    return {row.id: (_interaction(row), row.is_due) for row in rows}


def due(connection: psycopg.Connection, *, limit: int) -> list[UUID]:
    """Return pending questions whose time is over, the longest overdue first."""
    return [row.id for row in _fetch(connection, "due_questions", limit=limit)]


def unwarned(connection: psycopg.Connection, *, limit: int) -> list[UUID]:
    """Return pending questions of whose end nobody was warned and is to be by now."""
    return [row.id for row in _fetch(connection, "unwarned_questions", limit=limit)]


def pending(
    connection: psycopg.Connection, *, after: UUID | None = None, limit: int = 1_000
) -> list[Parked]:
    """Return a page of all pending questions by id: what the pause table is rebuilt from."""
    rows = _fetch(connection, "pending_questions", after=after, limit=limit)
    return [Parked(row.id, row.execution_id, row.warn_at, row.timeout_at) for row in rows]


def _interaction(row: Any) -> Interaction:
    return Interaction(
        id=row.id,
        execution_id=row.execution_id,
        scope=row.scope,
        node=row.node,
        owner=row.owner,
        status=row.status,
        question=Question.model_validate_json(row.question),
        assignees=tuple(row.assignees),
        created_at=row.created_at,
        warned_at=row.warned_at,
        timeout_at=row.timeout_at,
        delivered_at=row.delivered_at,
        decided_at=row.decided_at,
        decision=row.decision,
        answer=loads(row.answer) if row.answer is not None else None,
        answered_by=row.answered_by,
        via=row.via,
    )
