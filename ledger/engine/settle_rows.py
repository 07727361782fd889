"""What the settle writes of each outcome: a row's new columns, worked out before the transaction.

Everything that can fail for what an outcome holds fails here, and for that attempt alone (rule 5).
What follows from those that count stands in `settlements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from treadle.dag.outcomes import (
    Asked,
    Completed,
    Failed,
    LoopOpened,
    Outcome,
    Released,
    Retrying,
    Sleeping,
)
from treadle.dag.results import ResultsRef
from treadle.dag.states import NodeState, WaitKind
from treadle.dag.values import NotAValue, Value, dumps, payload
from treadle.ledger.engine.leases import Claim

#: Bytes that an answer may have: a question's input leaves this much room for it in the output.
ANSWER_BYTES = 1024 * 1024


class SettleRow(NamedTuple):
    """What a settle writes: whose row, under which lease, and its new columns, encoded."""

    execution_id: UUID
    scope: str
    node: str
    lease_id: UUID
    state: NodeState
    wait_kind: WaitKind | None = None
    delay: int | None = None
    """In microseconds."""
    output_key: str | None = None
    output: bytes | None = None
    error: bytes | None = None
    details: bytes | None = None
    items: bytes | None = None
    loop_next: int | None = None
    loop_active: int | None = None
    loop_total: int | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """An outcome on its way to the ledger, under the lease that permits it."""

    claim: Claim
    outcome: Outcome
    row: SettleRow
    """What the settle writes; made by `settlement_of`."""
    seconds: float | None = None
    """How long the attempt took; `None` for one that did not run to an outcome."""


def settlement_of(
    claim: Claim,
    outcome: Outcome,
    *,
    arrived: Value = None,
    seconds: float | None = None,
) -> Settlement:
    """Return an outcome ready to be written: encoded, so that no batch fails for it (rule 5).

    An output that cannot be kept makes the attempt a failed one, `output_not_storable`.

    Args:
        arrived: what the attempt worked on, for the output of a failure that leaves by `error`.
        seconds: how long the attempt took.
    """
    try:
        return Settlement(claim, outcome, _row_of(claim, outcome, arrived), seconds)
    except NotAValue as refusal:
        failed = Failed(refusal.to_wire())
        return Settlement(claim, failed, _row_of(claim, failed, None), seconds)


def _row_of(claim: Claim, outcome: Outcome, arrived: Value) -> SettleRow:
    """Return what the settle writes, by the kind of outcome."""
    match outcome:
        case Completed(output, key, details):
            return SettleRow(
                *claim.ref,
                claim.lease_id,
                state=NodeState.COMPLETED,
                output_key=key,
                output=payload(output),
                details=_encoded(details),
            )
        case Failed(error, _, details, output):
            dealt_with = leaves_by_error(claim)
            output = output or _put_out_by_error(claim, error, arrived)
            return SettleRow(
                *claim.ref,
                claim.lease_id,
                state=NodeState.FAILED,
                error=dumps(error),
                details=_encoded(details),
                output_key="error" if dealt_with else None,
                output=payload(output) if dealt_with else None,
            )
        case Retrying(error, delay, details):
            return SettleRow(
                *claim.ref,
                claim.lease_id,
                state=NodeState.RETRYING,
                delay=_microseconds(delay),
                error=dumps(error),
                details=_encoded(details),
            )
        case Sleeping() | LoopOpened() | Asked():
            return _waiting_row(claim, outcome)
        case Released(lost):
            return SettleRow(*claim.ref, claim.lease_id, NodeState.READY, lost=int(lost))


def _waiting_row(claim: Claim, outcome: Sleeping | LoopOpened | Asked) -> SettleRow:
    """Return the columns of a node that goes on without a worker: for a time, a body, a person."""
    match outcome:
        case Sleeping(delay, output):
            return SettleRow(
                *claim.ref,
                claim.lease_id,
                state=NodeState.WAITING,
                wait_kind=WaitKind.TIMER,
                delay=_microseconds(delay),
                output_key="result",
                output=payload(output),
            )
        case LoopOpened():
            return _opened_row(claim, outcome)
        case Asked():
            check_room_for_answer(outcome.input)
            details = dumps({"interaction_id": str(claim.lease_id)})
            return SettleRow(*claim.ref, claim.lease_id, NodeState.WAITING_INPUT, details=details)


def _put_out_by_error(claim: Claim, error: Mapping[str, Any], arrived: Value) -> Value:
    """Return what a failure that says nothing of its own puts out by `error`."""
    if not claim.node.is_loop:
        return {"error": error, "input": arrived}
    failed = {"error": error, "scope": None}
    if claim.turn == 0:
        return {**failed, "results": []}
    ref = ResultsRef(claim.ref.node, claim.ref.scope, claim.lease_id)
    return {**failed, "count": claim.turn, "results_ref": ref.to_wire()}


def _encoded(details: Mapping[str, Any]) -> bytes | None:
    return dumps(details) if details else None


def _microseconds(delay: timedelta) -> int:
    return round(delay.total_seconds() * 1e6)


def _opened_row(claim: Claim, opened: LoopOpened) -> SettleRow:
    """Return the columns of a loop that waits for its body; the counts are what is opened."""
    items: Any = opened.items
    if opened.results is not None:
        items = opened.results.ref.to_wire()
    elif opened.indices is not None:
        items = {"start": opened.indices.start, "step": opened.indices.step}
    first = first_ordinals(claim, opened)
    return SettleRow(
        *claim.ref,
        claim.lease_id,
        state=NodeState.WAITING,
        wait_kind=WaitKind.BODY,
        items=payload(items) if items is not None else None,
        loop_next=first.stop,
        loop_active=len(first),
        loop_total=opened.total,
    )


def first_ordinals(claim: Claim, opened: LoopOpened) -> range:
    """Return the ordinals of the scopes that this outcome opens at once."""
    if opened.indices is None and opened.total is not None:
        return range(min(opened.parallel, opened.total))
    return range(claim.turn, claim.turn + 1)


def check_room_for_answer(value: Any) -> None:
    """Refuse the input of a question that would leave no room for its answer in the output.

    Raises:
        NotAValue: `output_not_storable`.
    """
    payload([value, "x" * ANSWER_BYTES])


def leaves_by_error(claim: Claim) -> bool:
    """Return whether a failure of this node is dealt with by a connection of key `error`."""
    return bool(claim.node.outgoing.get("error"))
