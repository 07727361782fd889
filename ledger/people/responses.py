"""Responses: all that people answered to a question, with what became of each.

One that decides is always kept. Of the others a question keeps so many, each up to a size, so that
whoever may answer cannot fill the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.dag.events import EventType
from treadle.dag.replies import Verdict
from treadle.dag.values import NotAValue, dumps
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.people.decisions import Response
from treadle.ledger.people.interactions import Interaction
from treadle.monitoring.facts import Fact

#: Responses of a question that are kept besides the one that decided.
MOST_KEPT = 100
#: Bytes of JSON of a response that did not decide; the content of a larger one is left out.
KEPT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Refused:
    """What somebody answered who may see the question, and why it cannot count."""

    error: TreadleError
    raw: Mapping[str, Any]
    """The answer as it was given."""
    by: str
    via: str


def record(
    unit: UnitOfWork,
    locked: LockedExecution,
    asked: Interaction,
    given: Response | Refused,
    *,
    same: bool,
) -> None:
    """Keep a response; while its question is open, readers hear of one that cannot count.

    Args:
        same: whether it says what was decided before.
    """
    unit.run(
        "respond",
        id=new_id(),
        interaction_id=asked.id,
        by=given.by,
        via=given.via,
        most=MOST_KEPT,
        **_became(asked, given, same=same),
    )
    if not isinstance(given, Refused):
        return
    reason = given.error.reason
    unit.count_facts([Fact("answer_refused", (reason,))])
    if asked.pending:
        unit.event(
            locked,
            EventType.USER_INPUT_REFUSED,
            interaction_id=str(asked.id),
            node_id=asked.node,
            scope=asked.scope,
            answered_by=given.by,
            reason=reason,
        )


def _became(asked: Interaction, given: Response | Refused, *, same: bool) -> dict[str, Any]:
    """Return the columns that say what became of a response."""
    if isinstance(given, Refused):
        error = dumps(given.error.to_wire())
        answer = _kept(given.raw)
        return {"verdict": Verdict.REFUSED, "decision": None, "answer": answer, "error": error}
    decided = {"decision": given.decision, "error": None}
    if asked.pending:
        return {**decided, "verdict": Verdict.DECIDED, "answer": dumps(given.answer)}
    verdict = Verdict.REPEATED if same else Verdict.LATE
    return {**decided, "verdict": verdict, "answer": _kept(given.answer)}


def _kept(answer: object) -> bytes | None:
    """Return an answer as it is kept; `None` if it is too large, or no value of JSON."""
    try:
        text = dumps(answer)
    except NotAValue:
        return None
    return text if len(text) <= KEPT_BYTES else None
