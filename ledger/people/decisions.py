"""Decisions: a question gets its end, and its node leaves `waiting_input` by it (invariant 8).

What is decided and by whom is the caller's, who holds the execution and has seen that the question
is pending; what follows from it is `settlements.apply_outcomes`, as from any settle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from treadle.core.ids import new_id
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.questions import Decision
from treadle.dag.replies import Via
from treadle.dag.states import InteractionStatus
from treadle.dag.values import Value, dumps
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.settle_rows import Settlement, settlement_of
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.people.interactions import Interaction
from treadle.ledger.views.executions import milliseconds
from treadle.monitoring.facts import Fact

#: Who decides when nobody did in time.
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Response:
    """What somebody answers: checked, and known to be theirs to say."""

    decision: Decision
    """The key that the node leaves by."""
    answer: Value
    by: str
    via: str
    """How it came: a `Via`, or the name of a channel such as `webhook`."""


def decide(
    unit: UnitOfWork,
    locked: LockedExecution,
    asked: Interaction,
    response: Response,
    *,
    status: InteractionStatus,
    arrived: Value,
) -> Settlement:
    """Write a decision; return how the node leaves by its key.

    Args:
        status: the question's: `completed` by a person, `timeout` by the system.
        arrived: what the node got as input.
    """
    _close(unit, locked, asked, response, status=status)
    output = {
        "interaction_id": str(asked.id),
        "decision": response.decision,
        "answer": response.answer,
        "answered_by": response.by,
        "via": response.via,
        "at": milliseconds(locked.now),
        "timed_out": status is InteractionStatus.TIMEOUT,
        "input": arrived,
    }
    completed = Completed(output, response.decision, _details(asked, response))
    return _left(unit, locked, asked, settlement_of(_claim(locked, asked), completed))


def give_up(
    unit: UnitOfWork, locked: LockedExecution, asked: Interaction, failed: Failed, *, arrived: Value
) -> Settlement:
    """Write that nothing was decided in time; return how the node fails."""
    _close(unit, locked, asked, None, status=InteractionStatus.TIMEOUT)
    settlement = settlement_of(_claim(locked, asked), failed, arrived=arrived)
    return _left(unit, locked, asked, settlement)


def _close(
    unit: UnitOfWork,
    locked: LockedExecution,
    asked: Interaction,
    response: Response | None,
    *,
    status: InteractionStatus,
) -> None:
    locked.questions -= 1
    unit.unpark([asked.id])
    _count(unit, locked, asked, response, status=status)
    decision = response.decision if response else None
    unit.run(
        "decide",
        id=asked.id,
        status=status,
        at=locked.now,
        decision=decision,
        answer=dumps(response.answer) if response else None,
        by=response.by if response else None,
        via=response.via if response else None,
    )
    details = {"execution_id": str(locked.id), "node_id": asked.node, "decision": decision}
    unit.run(
        "audit",
        id=new_id(),
        owner=asked.owner,
        actor=response.by if response else SYSTEM,
        action=f"interaction.{status}",
        subject=str(asked.id),
        details=dumps({**details, "via": response.via if response else Via.TIMEOUT}),
    )


def _count(
    unit: UnitOfWork,
    locked: LockedExecution,
    asked: Interaction,
    response: Response | None,
    *,
    status: InteractionStatus,
) -> None:
    kind = asked.question.interaction_type
    if status is InteractionStatus.TIMEOUT or response is None:
        missed = asked.delivered_at is None
        action = "not_delivered" if missed else asked.question.timeout_action
        unit.count_facts([Fact("question_timed_out", (action,))])
        return
    seconds = (locked.now - asked.created_at).total_seconds()
    unit.count_facts(
        (
            Fact("question_answered", (kind, response.decision)),
            Fact("question_seconds", (kind,), seconds),
        )
    )


def _claim(locked: LockedExecution, asked: Interaction) -> Claim:
    return Claim(Ref(locked.id, asked.scope, asked.node), asked.id, locked.graph)


def _left(
    unit: UnitOfWork, locked: LockedExecution, asked: Interaction, settlement: Settlement
) -> Settlement:
    """Write the node's row."""
    row = settlement.row
    unit.run(
        "leave_waiting",
        **settlement.claim.ref._asdict(),
        id=asked.id,
        state=row.state,
        output_key=row.output_key,
        output=row.output,
        error=row.error,
        details=row.details,
    )
    return settlement


def _details(asked: Interaction, response: Response) -> dict[str, Any]:
    """Return the node's `execution_details`."""
    return {
        "interaction_id": str(asked.id),
        "interaction_type": asked.question.interaction_type,
        "waiting_since": milliseconds(asked.created_at),
        "decision": response.decision,
        "answered_by": response.by,
        "via": response.via,
    }
