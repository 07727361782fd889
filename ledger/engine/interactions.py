"""Interactions: opened by a settle, withdrawn by whatever ends their execution or scope early.

A node that asks a person waits without a worker, and its execution's status derives from what else
is open. How an interaction is answered or times out stands in `ledger.people`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import unique
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from treadle.core.columns import pack
from treadle.core.ids import new_id
from treadle.dag.channels import CHANNELS, is_sent
from treadle.dag.events import EventType, PauseReason
from treadle.dag.outcomes import Asked
from treadle.dag.questions import OF_TYPE
from treadle.dag.states import ExecutionStatus
from treadle.dag.values import dumps
from treadle.dag.words import Word
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.post_commit import Parked
from treadle.ledger.engine.scopes import ScopeRef
from treadle.ledger.engine.settle_rows import Settlement
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.monitoring.facts import Fact
from treadle.monitoring.metrics import QUESTIONS_ASKED, closed

#: A warning comes at the later of so many seconds before the time is over, and half of the time.
_WARN_SECONDS = 15 * 60

closed(QUESTIONS_ASKED, *product(OF_TYPE, CHANNELS))


class InteractionRow(NamedTuple):
    """A question as it is asked."""

    id: UUID
    execution_id: UUID
    scope: str
    node: str
    interaction_type: str
    channel_type: str
    is_sent: bool
    assignees: str
    question: bytes
    input: bytes
    warn_seconds: float
    timeout_seconds: float


@unique
class MessageKind(Word):
    """Why a question is sent to people."""

    ASK = "ask"
    """It was asked."""
    WARN = "warn"
    """Its time is nearly over."""


class OutboxRow(NamedTuple):
    """What is to be sent for a question."""

    id: UUID
    interaction_id: UUID
    kind: MessageKind


def open_interactions(unit: UnitOfWork, counted: Sequence[Settlement]) -> None:
    """Write the questions among outcomes that counted.

    A question's id is the lease under which it was asked: asked once, like any settle.
    """
    asked = {
        each.claim.lease_id: (each.claim, each.outcome)
        for each in counted
        if isinstance(each.outcome, Asked)
    }
    if not asked:
        return
    rows = [_row(claim, outcome) for claim, outcome in asked.values()]
    for row in unit.run_rows("ask", rows).fetchall():
        claim, outcome = asked[row.id]
        _opened(unit, claim, outcome, row)
    sent = [OutboxRow(new_id(), row.id, MessageKind.ASK) for row in rows if row.is_sent]
    if sent:
        unit.run_rows("send", sent)


def _row(claim: Claim, asked: Asked) -> InteractionRow:
    question = asked.question
    seconds = question.timeout_seconds
    return InteractionRow(
        claim.lease_id,
        *claim.ref,
        interaction_type=question.interaction_type,
        channel_type=question.channel_type,
        is_sent=is_sent(question.channel_type),
        assignees=dumps(question.assignees).decode(),
        question=question.stored(),
        input=dumps(asked.input),
        warn_seconds=max(seconds - _WARN_SECONDS, seconds / 2),
        timeout_seconds=seconds,
    )


def _opened(unit: UnitOfWork, claim: Claim, asked: Asked, row: Any) -> None:
    """Report a question that was written, and have it parked."""
    question, ref = asked.question, claim.ref
    unit.of(ref.execution_id).questions += 1
    sent = is_sent(question.channel_type)
    unit.park(Parked(row.id, ref.execution_id, row.warn_at, row.timeout_at, is_sent=sent))
    labels = (question.interaction_type, question.channel_type)
    unit.count_facts([Fact("question_asked", labels)])
    unit.event(
        unit.of(ref.execution_id),
        EventType.USER_INPUT_REQUIRED,
        interaction_id=str(row.id),
        node_id=ref.node,
        scope=ref.scope,
        interaction_type=question.interaction_type,
        title=question.title,
        timeout_at=int(row.timeout_at.timestamp() * 1000),
    )


def withdraw(unit: UnitOfWork, executions: Sequence[LockedExecution]) -> None:
    """Cancel the pending questions of executions that end early."""
    asking = [locked.id for locked in executions if locked.questions]
    if asking:
        _withdrawn(unit, unit.run("withdraw", ids=pack("uuid", asking)).fetchall())


def withdraw_in_scopes(unit: UnitOfWork, scopes: Sequence[ScopeRef]) -> None:
    """Cancel the pending questions of scopes that end early, inner ones too."""
    asking = [scope for scope in scopes if unit.of(scope.execution_id).questions]
    if asking:
        _withdrawn(unit, unit.run_rows("withdraw_in_scopes", asking).fetchall())


def _withdrawn(unit: UnitOfWork, rows: Sequence[Any]) -> None:
    for row in rows:
        unit.of(row.execution_id).questions -= 1
    unit.unpark(row.id for row in rows)


def derive_statuses(unit: UnitOfWork) -> None:
    """Give unfinished executions the status that follows from what is open in them."""
    unsure = [
        locked
        for locked in unit.executions
        if (locked.questions or locked.status is not ExecutionStatus.RUNNING)
        and not locked.paused
        and not locked.is_final
    ]
    if not unsure:
        return
    asking = [locked.id for locked in unsure if locked.questions]
    rows = unit.run("standing", ids=pack("uuid", asking)).fetchall() if asking else []
    standing = {row.id: row for row in rows}
    for locked in unsure:
        row = standing.get(locked.id)
        if row is None or row.busy:
            _turn(unit, locked, ExecutionStatus.RUNNING)
        elif row.undelivered:
            _turn(unit, locked, ExecutionStatus.PAUSED, PauseReason.NOT_DELIVERED_YET)
        else:
            _turn(unit, locked, ExecutionStatus.WAITING_FOR_HUMAN, PauseReason.HUMAN_INPUT_REQUIRED)


def _turn(
    unit: UnitOfWork,
    locked: LockedExecution,
    status: ExecutionStatus,
    reason: PauseReason | None = None,
) -> None:
    if locked.status is status:
        return
    locked.status = status
    if reason is None:
        unit.event(locked, EventType.EXECUTION_RESUMED)
    else:
        unit.event(locked, EventType.EXECUTION_PAUSED, reason=reason)
