"""Answers: a question is decided once, by whoever comes first (invariant 8).

A person's answer and a channel's receipt are one transaction each. They lock the execution, then
the question; the node leaves by the decision's key with no worker needed, and all that follows is
the same code as any settle's. What happens when nobody answers stands in `timeouts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import structlog

from treadle.core.errors import TreadleError
from treadle.dag.replies import ReplyInvalid
from treadle.dag.states import InteractionStatus
from treadle.dag.values import Value, dumps, loads
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.settle_rows import ANSWER_BYTES
from treadle.ledger.engine.settlements import Settling, apply_outcomes
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.people.decisions import Response, decide
from treadle.ledger.people.interactions import (
    Interaction,
    InteractionNotFound,
    execution_of,
    interaction,
)
from treadle.ledger.people.responses import Refused, record
from treadle.ledger.views.executions import milliseconds

_log = structlog.get_logger()


class InteractionDecided(TreadleError):
    """The question was decided before this answer arrived."""

    reason: ClassVar[str] = "interaction_decided"
    solution: ClassVar[str] = "Nothing to do; the earlier decision remains."


class AnswerTooLarge(TreadleError):
    """The answer is larger than the limit."""

    reason: ClassVar[str] = "answer_too_large"
    solution: ClassVar[str] = "Store large content elsewhere, and answer with a link to it."


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a response."""

    interaction: Interaction
    repeated: bool = False
    """The same had been decided before; nothing was done."""


def answer(
    engine: Engine,
    connection: psycopg.Connection,
    interaction_id: UUID,
    respond: Callable[[Interaction], Response | Refused],
) -> Answered:
    """Decide a question by what `respond` makes of it; what cannot count is recorded too.

    Args:
        respond: called under the lock with the question as it stands; what it raises (somebody
            whose business the question is not) is not recorded and passes through.

    Raises:
        InteractionNotFound
        InteractionDecided: it says who decided what, when and how.
        AnswerTooLarge
        and the error of what was refused.
    """
    execution_id = execution_of(connection, interaction_id)
    if execution_id is None:
        raise InteractionNotFound(interaction_id)
    decided: Interaction | None = None
    with engine.waiting(connection, execution_id) as acting:
        if acting is None:
            raise InteractionNotFound(interaction_id)  # retention has dropped it
        unit, locked = acting
        asked = interaction(connection, interaction_id)
        given = _bounded(respond(asked))
        same = isinstance(given, Response) and (asked.decision, asked.answer) == (
            given.decision,
            given.answer,
        )
        record(unit, locked, asked, given, same=same)
        if asked.pending and isinstance(given, Response):
            arrived = _input(unit, asked)
            left = decide(
                unit, locked, asked, given, status=InteractionStatus.COMPLETED, arrived=arrived
            )
            apply_outcomes(unit, [Settling(unit.nobody, left)])
            decided = interaction(connection, interaction_id)
    if decided is not None:
        return Answered(decided)
    if isinstance(given, Refused):
        raise _refused(asked, given)
    if same and asked.status is InteractionStatus.COMPLETED:
        return Answered(asked, repeated=True)
    raise _decided(asked)


def delivered(engine: Engine, connection: psycopg.Connection, interaction_id: UUID) -> None:
    """Note that a question reached its channel: its execution may now wait for a person."""
    execution_id = execution_of(connection, interaction_id)
    if execution_id is None:
        return
    with engine.waiting(connection, execution_id) as acting:
        if acting is not None:
            acting[0].run("deliver", id=interaction_id)


def _bounded(given: Response | Refused) -> Response | Refused:
    """Return what was answered, refused if it is larger than an answer may be."""
    if isinstance(given, Refused):
        return given
    size = len(dumps(given.answer))
    if size <= ANSWER_BYTES:
        return given
    message = f"The answer is {size:,} bytes of JSON; the limit is {ANSWER_BYTES:,}."
    error = AnswerTooLarge(message, bytes=size, limit=ANSWER_BYTES)
    return Refused(error, {"decision": given.decision, "answer": given.answer}, given.by, given.via)


def _refused(asked: Interaction, given: Refused) -> TreadleError:
    """Log a refusal that was recorded, and return what whoever answered is to hear of it."""
    _log.warning(
        "answer.refused",
        execution_id=str(asked.execution_id),
        interaction_id=str(asked.id),
        node_id=asked.node,
        reason=given.error.reason,
        via=given.via,
    )
    # Nobody need correct what comes too late.
    return given.error if asked.pending or not _correctable(given) else _decided(asked)


def _correctable(given: Refused) -> bool:
    return isinstance(given.error, ReplyInvalid)


def _decided(asked: Interaction) -> InteractionDecided:
    context: dict[str, Any] = {
        "interaction_id": str(asked.id),
        "status": asked.status,
        "decision": asked.decision,
        "decided_by": asked.answered_by,
        "via": asked.via,
        "decided_at": milliseconds(asked.decided_at),
    }
    by = f"{asked.answered_by} has decided {asked.decision} via {asked.via}"
    how = {
        InteractionStatus.COMPLETED: by,
        InteractionStatus.TIMEOUT: f"its time was over, and it left by {asked.decision or 'error'}",
        InteractionStatus.CANCELED: "its execution had ended",
    }[asked.status]
    return InteractionDecided(f"The answer came too late: {how}.", **context)


def _input(unit: UnitOfWork, asked: Interaction) -> Value:
    row: Any = unit.run("question_input", id=asked.id).fetchone()
    return loads(row.input)
