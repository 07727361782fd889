"""Timeouts: questions whose time is over end as they say; before that, people are warned once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.columns import pack
from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.dag.channels import is_sent
from treadle.dag.events import EventType
from treadle.dag.outcomes import Failed
from treadle.dag.questions import Decision, TimeoutAction
from treadle.dag.replies import ReplyInvalid, Via, reply
from treadle.dag.states import InteractionStatus
from treadle.dag.values import Value, loads
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.interactions import MessageKind, OutboxRow
from treadle.ledger.engine.post_commit import PostCommit
from treadle.ledger.engine.row_errors import understanding
from treadle.ledger.engine.settle_rows import Settlement
from treadle.ledger.engine.settlements import Settling, apply_outcomes
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.people.decisions import SYSTEM, Response, decide, give_up
from treadle.ledger.people.interactions import (
    Interaction,
    execution_of,
    executions_of,
    pending_among,
)


class HilTimeout(TreadleError):
    """Nobody answered the question in time."""

    reason: ClassVar[str] = "hil_timeout"
    solution: ClassVar[str] = (
        "Give people more time, or set `timeout_action` to continue without an answer."
    )


class HilNotDelivered(TreadleError):
    """The question could not be delivered to its channel, so nobody could answer it."""

    reason: ClassVar[str] = "hil_not_delivered"
    solution: ClassVar[str] = "Check the channel's address and its response."


@dataclass(frozen=True, slots=True)
class TimedOut:
    """What became of questions that were said to be due."""

    gone: int
    """How many are pending no more: ended now, or decided before."""
    busy: list[UUID]
    """Those whose execution somebody else holds: come again."""
    ended: Sequence[Interaction] = ()
    """Those that were ended now."""


def time_out(engine: Engine, connection: psycopg.Connection, questions: Sequence[UUID]) -> TimedOut:
    """End questions whose time is over, each as its `timeout_action` says; others stay.

    Several are ended in one transaction; a single one is waited for a moment.
    """
    executions = executions_of(connection, questions)
    unknown = [each for each in questions if each not in executions]
    with _acting(engine, connection, sorted(set(executions.values()))) as unit:
        mine = [each for each, execution in executions.items() if unit and execution in unit]
        if unit is not None:
            unit.unpark(unknown)
            ended = _end_due(unit, mine)
    if unit is None:
        engine.publish(PostCommit(unparked=unknown))
        return TimedOut(len(unknown), list(executions))
    busy = [each for each in executions if each not in mine]
    return TimedOut(len(unit.post_commit.unparked), busy, ended)


@contextmanager
def _acting(
    engine: Engine, connection: psycopg.Connection, executions: Sequence[UUID]
) -> Iterator[UnitOfWork | None]:
    """Act on executions; on a single one once whoever holds it lets go, if that is soon."""
    if not executions:
        yield None
    elif len(executions) > 1:
        with engine.available(connection, executions) as unit:
            yield unit
    else:
        with engine.briefly(connection, executions[0]) as acting:
            yield acting[0] if acting else None


def _end_due(unit: UnitOfWork, questions: Sequence[UUID]) -> Sequence[Interaction]:
    """End and return those that are due; what is pending no more leaves the pause table."""
    if not questions:
        return ()
    pending = pending_among(unit.connection, questions)
    unit.unpark(each for each in questions if each not in pending)
    due = [asked for asked, is_due in pending.values() if is_due]
    if not due:
        return ()
    rows = unit.run("question_inputs", ids=pack("uuid", [each.id for each in due])).fetchall()
    with understanding("The input of a question"):
        inputs = {row.id: loads(row.input) for row in rows}
    ended = [_end(unit, unit.of(each.execution_id), each, inputs[each.id]) for each in due]
    apply_outcomes(unit, [Settling(unit.nobody, settlement) for settlement in ended])
    return due


def warn(engine: Engine, connection: psycopg.Connection, interaction_id: UUID) -> bool | None:
    """Warn that a pending question's time is nearly over, if that is so and nobody has yet.

    Returns:
        Whether people were warned; `None` if somebody else holds its execution: come again.
    """
    execution_id = execution_of(connection, interaction_id)
    if execution_id is None:
        engine.publish(PostCommit(unparked=[interaction_id]))
        return False
    with engine.briefly(connection, execution_id) as acting:
        if acting is None:
            return None
        unit, locked = acting
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
            if is_sent(row.channel_type):
                unit.run_rows("send", [OutboxRow(new_id(), row.id, MessageKind.WARN)])
    return row is not None


def _end(
    unit: UnitOfWork, locked: LockedExecution, asked: Interaction, arrived: Value
) -> Settlement:
    if asked.delivered_at is None:
        return give_up(unit, locked, asked, _undelivered(unit, asked), arrived=arrived)
    response = _unanswered(asked)
    if response is not None:
        return decide(
            unit, locked, asked, response, status=InteractionStatus.TIMEOUT, arrived=arrived
        )
    error = HilTimeout(
        f"Nobody answered within {asked.question.timeout_seconds} s.",
        interaction_id=str(asked.id),
    )
    return give_up(unit, locked, asked, Failed(error.to_wire()), arrived=arrived)


def _unanswered(asked: Interaction) -> Response | None:
    """Return what counts in place of an answer, if anything does."""
    question = asked.question
    if question.timeout_action is TimeoutAction.CONTINUE:
        return Response(Decision.TIMEOUT, None, SYSTEM, Via.TIMEOUT)
    if question.timeout_action is TimeoutAction.DEFAULT_RESPONSE:
        try:
            default = reply(question, question.default_response or {})
        except ReplyInvalid:  # it was one when it was asked: by the rules of another release
            return None
        return Response(default.decision, default.answer, SYSTEM, Via.TIMEOUT)
    return None


def _undelivered(unit: UnitOfWork, asked: Interaction) -> Failed:
    row: Any = unit.run("delivery_error", id=asked.id).fetchone()
    missed = HilNotDelivered(
        f"The question did not reach its channel, {asked.question.channel_type}, in time.",
        interaction_id=str(asked.id),
        last_error=loads(row.error) if row else None,
    )
    return Failed(missed.to_wire())
