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

from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
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
from treadle.ledger.views.executions import milliseconds


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
    respond: Callable[[Interaction], Response],
) -> Answered:
    """Decide a question by what `respond` makes of it; every response is recorded.

    Args:
        respond: called under the lock with the question as it stands; what it raises (who may not
            answer, an answer that does not fit) changes nothing and passes through.

    Raises:
        InteractionNotFound
        InteractionDecided: it says who decided what, when and how.
        AnswerTooLarge
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
        response = _response(asked, respond)
        same = response is not None and (asked.decision, asked.answer) == (
            response.decision,
            response.answer,
        )
        if response is not None:
            _record(unit, asked, response, same=same)
        if asked.pending and response is not None:
            arrived = _input(unit, asked)
            left = decide(
                unit, locked, asked, response, status=InteractionStatus.COMPLETED, arrived=arrived
            )
            apply_outcomes(unit, [Settling(unit.nobody, left)])
            decided = interaction(connection, interaction_id)
    if decided is not None:
        return Answered(decided)
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


def _response(asked: Interaction, respond: Callable[[Interaction], Response]) -> Response | None:
    """Return the response; `None` for one that fits no question and comes too late for this one."""
    try:
        response = respond(asked)
    except ReplyInvalid:
        if asked.pending:
            raise
        return None
    size = len(dumps(response.answer))
    if size > ANSWER_BYTES:
        raise AnswerTooLarge(
            f"The answer is {size:,} bytes of JSON; the limit is {ANSWER_BYTES:,}.",
            bytes=size,
            limit=ANSWER_BYTES,
        )
    return response


def _record(unit: UnitOfWork, asked: Interaction, response: Response, *, same: bool) -> None:
    verdict = "decided" if asked.pending else "repeated" if same else "late"
    unit.run(
        "respond",
        id=new_id(),
        interaction_id=asked.id,
        by=response.by,
        via=response.via,
        decision=response.decision,
        answer=dumps(response.answer),
        verdict=verdict,
    )


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
