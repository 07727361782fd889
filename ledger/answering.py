"""Answering: a question is decided once, by whoever comes first (invariant 8).

A person's answer, a time that is over and a channel's receipt are one transaction each. They lock
the execution, then the question; the node leaves by the decision's key with no worker needed, and
all that follows is the same code as any settle's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from core.errors import TreadleError
from core.ids import new_id
from dag.outcomes import Completed, Failed
from dag.questions import TIMEOUT_KEY, ReplyInvalid, reply
from dag.values import Value, dumps, loads
from ledger.graphs import Graphs
from ledger.holding import hold_briefly, hold_waiting
from ledger.interactions import Interaction, InteractionNotFound, execution_of, interaction
from ledger.questions import ANSWER_BYTES
from ledger.rows import Belt, Claim, Followed, Held, Ref
from ledger.settlements import follow
from ledger.unit import Unit
from ledger.written import WRITTEN, settlement_of
from monitoring.facts import Fact

#: Who decides when nobody did in time.
SYSTEM = "system"


class InteractionDecided(TreadleError):
    """The question was decided before this answer came."""

    reason: ClassVar[str] = "interaction_decided"
    solution: ClassVar[str] = "Nothing is left to do; the decision stands as it was made."


class AnswerTooLarge(TreadleError):
    """An answer has more bytes than one may have."""

    reason: ClassVar[str] = "answer_too_large"
    solution: ClassVar[str] = "Keep large content elsewhere, and answer with where it is."


class HilTimeout(TreadleError):
    """Nobody answered in time."""

    reason: ClassVar[str] = "hil_timeout"
    solution: ClassVar[str] = (
        "Give people more time, or say with `timeout_action` how to go on without an answer."
    )


class HilNotDelivered(TreadleError):
    """The question never reached its channel, so nobody could answer it."""

    reason: ClassVar[str] = "hil_not_delivered"
    solution: ClassVar[str] = "Look at the channel's address and at what it answered."


@dataclass(frozen=True, slots=True)
class Response:
    """What somebody answers: checked, and known to be theirs to say."""

    decision: str
    """The key that the node leaves by."""
    answer: Value
    by: str
    via: str
    """The way it came: `api`, `cli`, `webhook`."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a response."""

    interaction: Interaction
    repeated: bool = False
    """The same had been decided before; nothing was done."""
    followed: Followed = field(default_factory=Followed)


def answer(
    connection: psycopg.Connection,
    graphs: Graphs,
    belt: Belt,
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
    with connection.transaction():
        held = hold_waiting(connection, graphs, execution_id)
        if held is None:
            raise InteractionNotFound(interaction_id)  # retention has dropped it
        asked = interaction(connection, interaction_id)
        response = _response(asked, respond)
        same = response is not None and (asked.decision, asked.answer) == (
            response.decision,
            response.answer,
        )
        unit = Unit(connection, [held], belt=belt)
        if response is not None:
            _record(unit, asked, response, same=same)
        if asked.pending and response is not None:
            _decide(unit, held, asked, response, status="completed")
            unit.save()
            decided = interaction(connection, interaction_id)
    if decided is not None:
        return Answered(decided, followed=unit.committed())
    if same and asked.status == "completed":
        return Answered(asked, repeated=True)
    raise _decided(asked)


def time_out(
    connection: psycopg.Connection, graphs: Graphs, belt: Belt, interaction_id: UUID
) -> Followed | None:
    """End a question whose time is over, as its `timeout_action` says; one that is not due stays.

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
        if unit.run("question_is_due", id=interaction_id).fetchone():
            _time_out(unit, held, interaction(connection, interaction_id))
            unit.save()
    return unit.committed()


def delivered(
    connection: psycopg.Connection, graphs: Graphs, belt: Belt, interaction_id: UUID
) -> Followed:
    """Note that a question reached its channel: its execution may now wait for a person."""
    execution_id = execution_of(connection, interaction_id)
    if execution_id is None:
        return Followed()
    with connection.transaction():
        held = hold_waiting(connection, graphs, execution_id)
        if held is None:
            return Followed()
        unit = Unit(connection, [held], belt=belt)
        unit.run("deliver", id=interaction_id)
        unit.save()
    return unit.committed()


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


def _record(unit: Unit, asked: Interaction, response: Response, *, same: bool) -> None:
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
        "decided_at": _milliseconds(asked.decided_at),
    }
    how = {
        "completed": f"{asked.answered_by} has decided {asked.decision} via {asked.via}",
        "timeout": f"its time was over, and it left by {asked.decision or 'error'}",
        "canceled": "its execution had ended",
    }[asked.status]
    return InteractionDecided(f"The answer came too late: {how}.", **context)


def _time_out(unit: Unit, held: Held, asked: Interaction) -> None:
    question = asked.question
    if asked.delivered_at is None:
        row: Any = unit.run("delivery_error", id=asked.id).fetchone()
        missed = HilNotDelivered(
            f"The question did not reach its channel, {question.channel_type}, in time.",
            interaction_id=str(asked.id),
            last_error=loads(row.error) if row else None,
        )
        _end(unit, held, asked, Failed(missed.to_wire()))
        return
    match question.timeout_action:
        case "default_response":
            decided = reply(question, question.default_response or {})
            response = Response(decided.decision, decided.answer, SYSTEM, TIMEOUT_KEY)
            _decide(unit, held, asked, response, status="timeout")
        case "continue":
            response = Response(TIMEOUT_KEY, None, SYSTEM, TIMEOUT_KEY)
            _decide(unit, held, asked, response, status="timeout")
        case _:
            error = HilTimeout(
                f"Nobody answered within {question.timeout_seconds} s.",
                interaction_id=str(asked.id),
            )
            _end(unit, held, asked, Failed(error.to_wire()))


def _decide(unit: Unit, held: Held, asked: Interaction, response: Response, *, status: str) -> None:
    """Write a decision, and let the node leave by its key."""
    _close(unit, held, asked, response, status=status)
    output = {
        "interaction_id": str(asked.id),
        "decision": response.decision,
        "answer": response.answer,
        "answered_by": response.by,
        "via": response.via,
        "at": _milliseconds(held.now),
        "timed_out": status == "timeout",
        "input": _input(unit, asked),
    }
    _leave(unit, held, asked, Completed(output, response.decision, _details(asked, response)))


def _end(unit: Unit, held: Held, asked: Interaction, failed: Failed) -> None:
    """Write that nothing was decided, and fail the node."""
    _close(unit, held, asked, None, status="timeout")
    _leave(unit, held, asked, failed, arrived=_input(unit, asked))


def _close(
    unit: Unit, held: Held, asked: Interaction, response: Response | None, *, status: str
) -> None:
    held.questions -= 1
    unit.unparked.append(asked.id)
    _count(unit, held, asked, response, status=status)
    decision = response.decision if response else None
    unit.run(
        "decide",
        id=asked.id,
        status=status,
        at=held.now,
        decision=decision,
        answer=dumps(response.answer) if response else None,
        by=response.by if response else None,
        via=response.via if response else None,
    )
    details = {"execution_id": str(held.id), "node_id": asked.node, "decision": decision}
    unit.run(
        "audit",
        id=new_id(),
        owner=asked.owner,
        actor=response.by if response else SYSTEM,
        action=f"interaction.{status}",
        subject=str(asked.id),
        details=dumps({**details, "via": response.via if response else TIMEOUT_KEY}),
    )


def _count(
    unit: Unit, held: Held, asked: Interaction, response: Response | None, *, status: str
) -> None:
    kind = asked.question.interaction_type
    if status == "timeout" or response is None:
        missed = asked.delivered_at is None
        action = "not_delivered" if missed else asked.question.timeout_action
        unit.facts.append(Fact("question_timed_out", (action,)))
        return
    seconds = (held.now - asked.created_at).total_seconds()
    unit.facts += (
        Fact("question_answered", (kind, response.decision)),
        Fact("question_seconds", (kind,), seconds),
    )


def _leave(
    unit: Unit,
    held: Held,
    asked: Interaction,
    outcome: Completed | Failed,
    *,
    arrived: Value = None,
) -> None:
    ref = Ref(held.id, asked.scope, asked.node)
    claim = Claim(ref, asked.id, held.graph)
    settlement = settlement_of(claim, outcome, arrived=arrived)
    columns = dict(zip(WRITTEN, settlement.columns, strict=True))
    written = {
        name: columns[name] for name in ("state", "output_key", "output", "error", "details")
    }
    unit.run("leave_waiting", **ref._asdict(), id=asked.id, **written)
    follow(unit, [(-1, settlement)])


def _input(unit: Unit, asked: Interaction) -> Value:
    row: Any = unit.run("question_input", id=asked.id).fetchone()
    return loads(row.input)


def _details(asked: Interaction, response: Response) -> dict[str, Any]:
    """Return the node's `execution_details`."""
    return {
        "interaction_id": str(asked.id),
        "interaction_type": asked.question.interaction_type,
        "waiting_since": _milliseconds(asked.created_at),
        "decision": response.decision,
        "answered_by": response.by,
        "via": response.via,
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
