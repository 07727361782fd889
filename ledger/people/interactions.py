"""Interactions: the questions that nodes asked, as they stand. Nothing here changes one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import structlog

from treadle.core.errors import TreadleError
from treadle.dag.questions import OF_TYPE, Decision, Question
from treadle.dag.states import InteractionStatus
from treadle.dag.values import Value, loads
from treadle.ledger.engine.post_commit import Parked
from treadle.ledger.engine.row_errors import RowNotUnderstood, understanding
from treadle.ledger.queries import fetching
from treadle.ledger.views.executions import milliseconds
from treadle.wire import interactions as wire
from treadle.wire.objects import unchecked

_wire = unchecked(wire.Interaction)

_fetch = fetching("people")
_log = structlog.get_logger()


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
    status: InteractionStatus
    question: Question
    assignees: tuple[str, ...]
    created_at: datetime
    warned_at: datetime | None
    timeout_at: datetime
    """The earlier of its own end and its execution's deadline."""
    delivered_at: datetime | None
    decided_at: datetime | None
    decision: Decision | None
    answer: Value
    answered_by: str | None
    via: str | None

    @property
    def ids(self) -> dict[str, str]:
        """Return what a log line names it by."""
        return {
            "interaction_id": str(self.id),
            "execution_id": str(self.execution_id),
            "node_id": self.node,
            "scope": self.scope,
        }

    @property
    def pending(self) -> bool:
        """Whether it can still be answered."""
        return self.status is InteractionStatus.PENDING

    def to_wire(self) -> wire.Interaction:
        """Return the question as clients see it: what every one has, and what its type has."""
        question = self.question
        return _wire(
            id=str(self.id),
            execution_id=str(self.execution_id),
            node_id=self.node,
            scope=self.scope,
            interaction_type=question.interaction_type,
            channel_type=question.channel_type,
            status=self.status,
            assignees=list(self.assignees),
            title=question.title,
            message=question.message,
            priority=question.priority,
            timeout_action=question.timeout_action,
            default_response=question.default_response,
            **{name: getattr(question, name) for name in OF_TYPE[question.interaction_type]},
            created_at=milliseconds(self.created_at),
            warned_at=milliseconds(self.warned_at),
            delivered_at=milliseconds(self.delivered_at),
            timeout_at=milliseconds(self.timeout_at),
            decided_at=milliseconds(self.decided_at),
            decision=self.decision,
            answer=self.answer,
            answered_by=self.answered_by,
            via=self.via,
            timed_out=self.status is InteractionStatus.TIMEOUT,
        )


def interaction(connection: psycopg.Connection, interaction_id: UUID) -> Interaction:
    """Return a question.

    Raises:
        InteractionNotFound
    """
    rows = _fetch(connection, "interaction", id=interaction_id)
    if not rows:
        raise InteractionNotFound(interaction_id)
    return _interaction(rows[0])


def interactions(  # noqa: PLR0913 - each narrows the list
    connection: psycopg.Connection,
    *,
    account: str,
    execution_id: UUID | None = None,
    status: InteractionStatus | None = None,
    id_prefix: str | None = None,
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
        id_prefix=id_prefix,
        before=before,
        limit=limit,
    )
    return list(_readable(rows))


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


def _readable(rows: Sequence[Any]) -> Iterator[Interaction]:
    """Yield the questions that can be read: one that cannot hides no other."""
    for row in rows:
        try:
            yield _interaction(row)
        except RowNotUnderstood as error:
            _log.error("question.left_out", **error.context, detail=error.message)


def _interaction(row: Any) -> Interaction:
    """Return a question as its row says it.

    Raises:
        RowNotUnderstood: `row_not_understood`
    """
    place = {"execution_id": str(row.execution_id), "node_id": row.node, "scope": row.scope}
    with understanding("A question", interaction_id=str(row.id), **place):
        return _read(row)


def _read(row: Any) -> Interaction:
    return Interaction(
        id=row.id,
        execution_id=row.execution_id,
        scope=row.scope,
        node=row.node,
        owner=row.owner,
        status=InteractionStatus(row.status),
        question=Question.model_validate_json(row.question),
        assignees=tuple(row.assignees),
        created_at=row.created_at,
        warned_at=row.warned_at,
        timeout_at=row.timeout_at,
        delivered_at=row.delivered_at,
        decided_at=row.decided_at,
        decision=Decision(row.decision) if row.decision else None,
        answer=loads(row.answer) if row.answer is not None else None,
        answered_by=row.answered_by,
        via=row.via,
    )
