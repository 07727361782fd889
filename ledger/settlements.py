"""Settlements: outcomes become the rows' new states, and what follows from them (invariant 2).

The guarded UPDATE says which outcomes count (invariant 1); arrivals, counters, events and endings
come only from the rows that it returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from dag.outcomes import (
    OUTCOME_NAMES,
    Asked,
    Completed,
    Failed,
    GivenBack,
    LoopOpened,
    Outcome,
    Retrying,
    Sleeping,
)
from dag.results import ResultsRef
from dag.scopes import ROOT
from dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus, NodeState, WaitKind
from dag.values import NotAValue, Value, dumps, payload
from ledger.arrivals import Arrivals
from ledger.claims import start
from ledger.endings import end_early, end_finished
from ledger.loops import Failures, open_scope, refused_openings, settle_scopes, taken_by
from ledger.questions import ask, room_for_answer
from ledger.rows import Claim, Held, Ref, Settlement
from ledger.unit import Unit
from monitoring.facts import Fact

_COLUMNS = (
    "execution_id", "scope", "node", "lease_id", "state", "wait_kind", "delay", "output_key",
    "output", "error", "details", "items", "loop_next", "loop_active", "loop_total",
    "lost",
)  # fmt: skip
#: The columns of a settlement: all but what the claim says.
WRITTEN = _COLUMNS[4:]


def settle(
    unit: Unit, settlements: Sequence[tuple[int, Settlement]]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Apply outcomes, each with the index of its caller, to executions that are held.

    Returns:
        The leases whose outcome counted (any other was taken back, canceled or settled before),
        and the leases of the chunk members that were started.
    """
    outcomes: dict[UUID, tuple[int, Settlement]] = {}
    for cause, s in _permitted(unit, settlements):
        if s.outcome == GivenBack() and s.claim.lease_id in outcomes:
            continue  # whoever gave the attempt up did not know how it ended
        outcomes[s.claim.lease_id] = cause, s
    rows = [(*s.claim.ref, s.claim.lease_id, *s.columns) for _, s in outcomes.values()]
    accepted = {row.lease_id for row in unit.run_rows("settle", _COLUMNS, rows).fetchall()}
    counted = [outcomes[lease_id] for lease_id in outcomes if lease_id in accepted]
    started = follow(unit, counted)
    return frozenset(s.claim.lease_id for _, s in counted), started


def follow(unit: Unit, counted: Sequence[tuple[int, Settlement]]) -> frozenset[UUID]:
    """Apply all that follows from outcomes that counted, to the end of their executions.

    Returns:
        The leases of the chunk members that were started.
    """
    for _, settlement in counted:
        _report(unit, unit.held[settlement.claim.ref.execution_id], settlement)
        kind = settlement.claim.node.spec.key
        unit.facts.append(Fact("node_settled", (kind, OUTCOME_NAMES[type(settlement.outcome)])))
    arrivals, failures = Arrivals(unit), Failures()
    _fail(unit, counted, failures)
    for cause, settlement in counted:
        _apply(unit, arrivals, failures, settlement, cause)
    asking = [
        (cause, each)
        for cause, each in counted
        if unit.stands(each.claim.ref) and not failures.covers(each.claim.ref)
    ]
    ask(unit, asking)
    settle_scopes(unit, arrivals, failures)
    started = _start_members(unit, counted)
    end_finished(unit)
    return started


def _permitted(
    unit: Unit, settlements: Sequence[tuple[int, Settlement]]
) -> Sequence[tuple[int, Settlement]]:
    """Return the settlements, with failures in place of loops that are too large to open."""
    openings = [
        (each.claim, each.outcome)
        for _, each in settlements
        if isinstance(each.outcome, LoopOpened)
    ]
    refused = refused_openings(unit, openings) if openings else {}
    if not refused:
        return settlements
    return [
        (cause, settlement_of(s.claim, refused[s.claim.lease_id], starts=s.starts))
        if s.claim.lease_id in refused
        else (cause, s)
        for cause, s in settlements
    ]


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
        case GivenBack(lost):
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
    first = _ordinals(claim, opened)
    return _row(
        state=NodeState.WAITING,
        wait_kind=WaitKind.BODY,
        items=payload(items) if items is not None else None,
        loop_next=first.stop,
        loop_active=len(first),
        loop_total=opened.total,
    )


def _ordinals(claim: Claim, opened: LoopOpened) -> range:
    """Return the ordinals of the scopes that this outcome opens at once."""
    if opened.indices is None and opened.total is not None:
        return range(min(opened.parallel, opened.total))
    return range(claim.turn, claim.turn + 1)


def leaves_by_error(claim: Claim) -> bool:
    """Return whether a failure of this node is dealt with by a connection of key `error`."""
    return bool(claim.node.outgoing.get("error"))


def _start_members(unit: Unit, counted: Sequence[tuple[int, Settlement]]) -> frozenset[UUID]:
    """Rule 8: the settle of one member of a chunk starts the next, unless it ended that one too.

    Behind a closed gate none is started: its worker gives it back.
    """
    members = [
        s.starts
        for _, s in counted
        if s.starts is not None and not unit.held[s.starts.ref.execution_id].paused
    ]
    if not members:
        return frozenset()
    started = start(unit, members)
    for member in members:
        if member.lease_id in started:
            held = unit.held[member.ref.execution_id]
            unit.event(held, "node_started", node_id=member.ref.node, scope=member.ref.scope)
    return started


def _fail(unit: Unit, counted: Sequence[tuple[int, Settlement]], failures: Failures) -> None:
    """End what the failures among the outcomes end, before anything else follows from them."""
    for cause, settlement in counted:
        claim, outcome = settlement.claim, settlement.outcome
        if not isinstance(outcome, Failed) or leaves_by_error(claim):
            continue
        ref = claim.ref
        held = unit.held[ref.execution_id]
        if ref.scope != ROOT:
            failures.scopes.setdefault((ref.execution_id, ref.scope), _placed(outcome.error, ref))
            unit.causes[ref.execution_id, ref.scope] = cause
        elif claim.graph.continue_on_failure:
            held.failure = held.failure or dumps(outcome.error)
        else:
            end_early(unit, [held], ExecutionStatus.ERROR, outcome.error)


def _apply(
    unit: Unit, arrivals: Arrivals, failures: Failures, settlement: Settlement, cause: int
) -> None:
    """Apply what follows from one outcome that counted."""
    claim, outcome = settlement.claim, settlement.outcome
    ref = claim.ref
    held = unit.held[ref.execution_id]
    if held.status in FINAL_EXECUTION_STATUSES:
        return
    alive = not failures.covers(ref)
    if isinstance(outcome, Completed | Failed):
        unit.count(held, ref.scope, -1, cause)
        if alive:
            _leave(unit, arrivals, claim, outcome, cause)
    elif isinstance(outcome, LoopOpened) and alive:
        held.node_count += taken_by(claim, outcome)
        for ordinal in _ordinals(claim, outcome):
            open_scope(unit, arrivals, ref, ordinal, cause=cause)


def _stands(unit: Unit, failures: Failures, ref: Ref) -> bool:
    return unit.stands(ref) and not failures.covers(ref)


def _leave(
    unit: Unit, arrivals: Arrivals, claim: Claim, outcome: Completed | Failed, cause: int
) -> None:
    if isinstance(outcome, Completed):
        arrivals.leave(claim.ref, outcome.output_key, cause=cause)
    elif leaves_by_error(claim):
        arrivals.leave(claim.ref, "error", cause=cause)
    else:
        arrivals.leave(claim.ref, None, cause=cause, poisoned=True)


def _placed(error: Mapping[str, Any], ref: Ref) -> dict[str, Any]:
    """Return an error that says where in a loop's body it happened."""
    details = {**error.get("error_details", {}), "scope": ref.scope, "node_id": ref.node}
    return {**error, "error_details": details}


def _report(unit: Unit, held: Held, settlement: Settlement) -> None:
    """Add the event of one outcome."""
    ref = settlement.claim.ref
    place = {"node_id": ref.node, "scope": ref.scope}
    match settlement.outcome:
        case Completed(_, key, _):
            unit.event(held, "node_completed", **place, output_key=key)
        case Failed(error):
            unit.event(held, "node_failed", **place, error=error)
        case Retrying(error, delay, _):
            milliseconds = round(delay.total_seconds() * 1000)
            unit.event(held, "node_retrying", **place, error=error, delay_ms=milliseconds)
        case _:
            pass
