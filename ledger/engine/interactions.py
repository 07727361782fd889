"""Questions: asked by a settle, withdrawn by whatever ends their execution or scope early.

A node that asks waits without a worker, and its execution's status derives from what else is open.
How a question is answered or times out stands in `answering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from treadle.core.columns import pack
from treadle.core.ids import new_id
from treadle.dag.outcomes import Asked
from treadle.dag.questions import ChannelType
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus
from treadle.dag.values import dumps, payload
from treadle.ledger.engine.rows import LockedExecution, Parked, Settlement
from treadle.monitoring.facts import Fact
from treadle.wire.events import EventType

if TYPE_CHECKING:
    from treadle.ledger.engine.unit_of_work import UnitOfWork

#: Bytes that an answer may have: a question's input leaves this much room for it in the output.
ANSWER_BYTES = 1024 * 1024
#: A warning comes at the later of so many seconds before the time is over, and half of the time.
_WARN_SECONDS = 15 * 60

_ASKED = (
    "id", "execution_id", "scope", "node", "interaction_type", "channel_type", "assignees",
    "question", "input", "warn_seconds", "timeout_seconds",
)  # fmt: skip


def ask(unit: UnitOfWork, counted: Sequence[tuple[int, Settlement]]) -> None:
    """Write the questions among outcomes that counted, each with the caller it came from.

    A question's id is the lease under which it was asked: asked once, like any settle.
    """
    asked = [
        (cause, each, each.outcome) for cause, each in counted if isinstance(each.outcome, Asked)
    ]
    if not asked:
        return
    rows = [_asked_row(each, outcome) for _, each, outcome in asked]
    written = unit.run_rows("ask", _ASKED, rows).fetchall()
    times = {row.id: row for row in written}
    for cause, each, outcome in asked:
        locked, row = unit.locked[each.claim.ref.execution_id], times[each.claim.lease_id]
        locked.questions += 1
        question = outcome.question
        is_sent = question.channel_type != ChannelType.IN_APP
        parked = Parked(row.id, locked.id, row.warn_at, row.timeout_at, is_sent=is_sent)
        unit.post_commit[max(cause, 0)].parked.append(parked)
        labels = (question.interaction_type, question.channel_type)
        unit.facts.append(Fact("question_asked", labels))
        unit.event(
            locked,
            EventType.USER_INPUT_REQUIRED,
            interaction_id=str(row.id),
            node_id=each.claim.ref.node,
            scope=each.claim.ref.scope,
            interaction_type=question.interaction_type,
            title=question.title,
            timeout_at=int(row.timeout_at.timestamp() * 1000),
        )
    sent = [
        (new_id(), each.claim.lease_id, "ask")
        for _, each, outcome in asked
        if outcome.question.channel_type != ChannelType.IN_APP
    ]
    if sent:
        unit.run_rows("send", ("id", "interaction_id", "kind"), sent)


def _asked_row(settlement: Settlement, asked: Asked) -> tuple[Any, ...]:
    question = asked.question
    seconds = question.timeout_seconds
    return (
        settlement.claim.lease_id, *settlement.claim.ref, question.interaction_type,
        question.channel_type, dumps(question.assignees).decode(), question.stored(),
        dumps(asked.input), max(seconds - _WARN_SECONDS, seconds / 2), seconds,
    )  # fmt: skip


def room_for_answer(value: Any) -> None:
    """Refuse the input of a question that would leave no room for its answer in the output.

    Raises:
        NotAValue: `output_not_storable`.
    """
    payload([value, "x" * ANSWER_BYTES])


def withdraw(unit: UnitOfWork, executions: Sequence[LockedExecution]) -> None:
    """Cancel the pending questions of executions that end early."""
    asking = [locked.id for locked in executions if locked.questions]
    if asking:
        _withdrawn(unit, unit.run("withdraw", ids=pack("uuid", asking)).fetchall())


def withdraw_in_scopes(unit: UnitOfWork, scopes: Sequence[tuple[UUID, str]]) -> None:
    """Cancel the pending questions of scopes that end early, inner ones too."""
    asking = [place for place in scopes if unit.locked[place[0]].questions]
    if asking:
        names = ("execution_id", "scope")
        _withdrawn(unit, unit.run_rows("withdraw_in_scopes", names, asking).fetchall())


def _withdrawn(unit: UnitOfWork, rows: Sequence[Any]) -> None:
    for row in rows:
        unit.locked[row.execution_id].questions -= 1
        unit.unparked.append(row.id)


def derive(unit: UnitOfWork) -> None:
    """Give unfinished executions the status that follows from what is open in them."""
    unsure = [
        locked
        for locked in unit.locked.values()
        if (locked.questions or locked.status is not ExecutionStatus.RUNNING)
        and not locked.paused
        and locked.status not in FINAL_EXECUTION_STATUSES
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
            _turn(unit, locked, ExecutionStatus.PAUSED, "not_delivered_yet")
        else:
            _turn(unit, locked, ExecutionStatus.WAITING_FOR_HUMAN, "human_input_required")


def _turn(
    unit: UnitOfWork, locked: LockedExecution, status: ExecutionStatus, reason: str | None = None
) -> None:
    if locked.status is status:
        return
    locked.status = status
    if reason is None:
        unit.event(locked, EventType.EXECUTION_RESUMED)
    else:
        unit.event(locked, EventType.EXECUTION_PAUSED, reason=reason)
