"""What the settle writes of each outcome: a row's new columns, worked out before the transaction.

Everything that can fail for what an outcome holds fails here, and for that attempt alone (rule 5).
What follows from those that count stands in `settlements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

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
from treadle.ledger.engine.interactions import room_for_answer
from treadle.ledger.engine.rows import Claim, Settlement

#: The columns of a settle: whose row, under which lease, and what is written.
COLUMNS = (
    "execution_id", "scope", "node", "lease_id", "state", "wait_kind", "delay", "output_key",
    "output", "error", "details", "items", "loop_next", "loop_active", "loop_total",
    "lost",
)  # fmt: skip
#: The columns of a settlement: all but what the claim says.
WRITTEN = COLUMNS[4:]


def settlement_of(
    claim: Claim,
    outcome: Outcome,
    *,
    arrived: Value = None,
    starts: Claim | None = None,
    seconds: float | None = None,
) -> Settlement:
    """Return an outcome ready to be written: encoded, so that no batch fails for it (rule 5).

    An output that cannot be kept makes the attempt a failed one, `output_not_storable`.

    Args:
        arrived: what the attempt worked on, for the output of a failure that leaves by `error`.
        starts: the member of the same chunk that this settle starts.
        seconds: how long the attempt took.
    """
    try:
        return Settlement(claim, outcome, _columns(claim, outcome, arrived), starts, seconds)
    except NotAValue as refusal:
        failed = Failed(refusal.to_wire())
        return Settlement(claim, failed, _columns(claim, failed, None), starts, seconds)


def _columns(claim: Claim, outcome: Outcome, arrived: Value) -> tuple[Any, ...]:
    """Return what the settle writes, from `state` on, by the kind of outcome."""
    match outcome:
        case Completed(output, key, details):
            return _row(
                state=NodeState.COMPLETED,
                output_key=key,
                output=payload(output),
                details=_encoded(details),
            )
        case Failed(error, _, details, output):
            dealt_with = leaves_by_error(claim)
            output = output or _put_out_by_error(claim, error, arrived)
            return _row(
                state=NodeState.FAILED,
                error=dumps(error),
                details=_encoded(details),
                output_key="error" if dealt_with else None,
                output=payload(output) if dealt_with else None,
            )
        case Retrying(error, delay, details):
            return _row(
                state=NodeState.RETRYING,
                delay=_microseconds(delay),
                error=dumps(error),
                details=_encoded(details),
            )
        case Sleeping() | LoopOpened() | Asked():
            return _waiting_row(claim, outcome)
        case Released(lost):
            return _row(state=NodeState.READY, lost=int(lost))


def _waiting_row(claim: Claim, outcome: Sleeping | LoopOpened | Asked) -> tuple[Any, ...]:
    """Return the columns of a node that goes on without a worker: for a time, a body, a person."""
    match outcome:
        case Sleeping(delay, output):
            return _row(
                state=NodeState.WAITING,
                wait_kind=WaitKind.TIMER,
                delay=_microseconds(delay),
                output_key="result",
                output=payload(output),
            )
        case LoopOpened():
            return _opened_row(claim, outcome)
        case Asked():
            room_for_answer(outcome.input)
            details = dumps({"interaction_id": str(claim.lease_id)})
            return _row(state=NodeState.WAITING_INPUT, details=details)


def _put_out_by_error(claim: Claim, error: Mapping[str, Any], arrived: Value) -> Value:
    """Return what a failure that says nothing of its own puts out by `error`."""
    if not claim.node.is_loop:
        return {"error": error, "input": arrived}
    failed = {"error": error, "scope": None}
    if claim.turn == 0:
        return {**failed, "results": []}
    ref = ResultsRef(claim.ref.node, claim.ref.scope, claim.lease_id)
    return {**failed, "count": claim.turn, "results_ref": ref.to_wire()}


def _row(**values: Any) -> tuple[Any, ...]:
    """Return the written columns in their order; those not given are null."""
    values.setdefault("lost", 0)
    return tuple(values.get(name) for name in WRITTEN)


def _encoded(details: Mapping[str, Any]) -> bytes | None:
    return dumps(details) if details else None


def _microseconds(delay: timedelta) -> int:
    return round(delay.total_seconds() * 1e6)


def _opened_row(claim: Claim, opened: LoopOpened) -> tuple[Any, ...]:
    """Return the columns of a loop that waits for its body; the counts are what is opened."""
    items: Any = opened.items
    if opened.results is not None:
        items = opened.results.ref.to_wire()
    elif opened.indices is not None:
        items = {"start": opened.indices.start, "step": opened.indices.step}
    first = first_ordinals(claim, opened)
    return _row(
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


def leaves_by_error(claim: Claim) -> bool:
    """Return whether a failure of this node is dealt with by a connection of key `error`."""
    return bool(claim.node.outgoing.get("error"))
