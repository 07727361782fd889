"""Timeouts: questions whose time is over end as they say, many in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.columns import pack
from treadle.core.errors import TreadleError
from treadle.core.postgres import pipelined_transaction
from treadle.dag.outcomes import Failed
from treadle.dag.questions import Decision, ReplyInvalid, TimeoutAction, reply
from treadle.dag.states import InteractionStatus
from treadle.dag.values import Value, loads
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.locking import lock_available, lock_briefly
from treadle.ledger.engine.rows import DispatchQueue, LockedExecution, PostCommit, Settlement
from treadle.ledger.engine.settlements import apply_outcomes
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.people.decisions import SYSTEM, Response, decide, give_up
from treadle.ledger.people.interactions import Interaction, executions_of, pending_among


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


def time_out(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, questions: Sequence[UUID]
) -> tuple[PostCommit, list[UUID]]:
    """End questions whose time is over, each as its `timeout_action` says; others stay.

    Returns:
        What follows, and those whose execution somebody else holds: come again. A single one is
        waited for a moment.
    """
    executions = executions_of(connection, questions)
    post_commit = PostCommit(unparked=[each for each in questions if each not in executions])
    if not executions:
        return post_commit, []
    ids = sorted(set(executions.values()))
    graphs.prepare(connection, ids)
    alone = len(questions) == 1
    with _transaction(connection, alone=alone):
        locked = _locked(connection, graphs, ids, alone=alone)
        unit = UnitOfWork(connection, locked, queue=queue)
        mine = [each for each, execution in executions.items() if execution in unit.locked]
        unit.unparked += post_commit.unparked
        if mine:
            _end_due(unit, mine)
            unit.save()
    busy = [each for each in executions if each not in mine]
    return unit.committed(), busy


def _transaction(connection: psycopg.Connection, *, alone: bool) -> AbstractContextManager[Any]:
    """Return a transaction; one that may wait for a row and be refused is not pipelined."""
    return connection.transaction() if alone else pipelined_transaction(connection)


def _locked(
    connection: psycopg.Connection, graphs: Graphs, ids: Sequence[UUID], *, alone: bool
) -> list[LockedExecution]:
    if not alone:
        return lock_available(connection, graphs, ids)
    one = lock_briefly(connection, graphs, ids[0])
    return [one] if one else []


def _end_due(unit: UnitOfWork, questions: Sequence[UUID]) -> None:
    """End those that are due; those that are pending no more leave the pause table."""
    pending = pending_among(unit.connection, questions)
    unit.unparked += [each for each in questions if each not in pending]
    due = [asked for asked, is_due in pending.values() if is_due]
    if not due:
        return
    rows = unit.run("question_inputs", ids=pack("uuid", [each.id for each in due])).fetchall()
    inputs = {row.id: loads(row.input) for row in rows}
    ended = [_end(unit, unit.locked[each.execution_id], each, inputs[each.id]) for each in due]
    apply_outcomes(unit, [(-1, settlement) for settlement in ended])


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
        return Response(Decision.TIMEOUT, None, SYSTEM, Decision.TIMEOUT)
    if question.timeout_action is TimeoutAction.DEFAULT_RESPONSE:
        try:
            default = reply(question, question.default_response or {})
        except ReplyInvalid:  # it was one when it was asked: by the rules of another release
            return None
        return Response(default.decision, default.answer, SYSTEM, Decision.TIMEOUT)
    return None


def _undelivered(unit: UnitOfWork, asked: Interaction) -> Failed:
    row: Any = unit.run("delivery_error", id=asked.id).fetchone()
    missed = HilNotDelivered(
        f"The question did not reach its channel, {asked.question.channel_type}, in time.",
        interaction_id=str(asked.id),
        last_error=loads(row.error) if row else None,
    )
    return Failed(missed.to_wire())
