"""Settlements: outcomes become the rows' new states, and what follows from them (invariant 2).

The guarded UPDATE says which outcomes count (invariant 1); arrivals, counters, events and endings
come only from the rows that it returns. What it writes of each is worked out in `written`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from treadle.dag.outcomes import (
    OUTCOME_NAMES,
    Completed,
    Failed,
    LoopOpened,
    Released,
    Retrying,
)
from treadle.dag.scopes import ROOT
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus
from treadle.dag.values import dumps
from treadle.ledger.engine.arrivals import Arrivals
from treadle.ledger.engine.claims import start
from treadle.ledger.engine.endings import end_early, end_finished
from treadle.ledger.engine.interactions import ask
from treadle.ledger.engine.loops import (
    Failures,
    open_scope,
    refused_openings,
    settle_scopes,
    taken_by,
)
from treadle.ledger.engine.rows import Claim, LockedExecution, Ref, Settlement
from treadle.ledger.engine.settle_rows import (
    COLUMNS,
    first_ordinals,
    leaves_by_error,
    settlement_of,
)
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.monitoring.facts import Fact
from treadle.wire.events import EventType


def settle(
    unit: UnitOfWork, settlements: Sequence[tuple[int, Settlement]]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Apply outcomes, each with the index of its caller, to executions that are locked.

    Returns:
        The leases whose outcome counted (any other was reclaimed, canceled or settled before),
        and the leases of the chunk members that were started.
    """
    outcomes: dict[UUID, tuple[int, Settlement]] = {}
    for cause, s in _permitted(unit, settlements):
        if s.outcome == Released() and s.claim.lease_id in outcomes:
            continue  # whoever gave the attempt up did not know how it ended
        outcomes[s.claim.lease_id] = cause, s
    rows = [(*s.claim.ref, s.claim.lease_id, *s.columns) for _, s in outcomes.values()]
    accepted = {row.lease_id for row in unit.run_rows("settle", COLUMNS, rows).fetchall()}
    counted = [outcomes[lease_id] for lease_id in outcomes if lease_id in accepted]
    started = apply_outcomes(unit, counted)
    return frozenset(s.claim.lease_id for _, s in counted), started


def apply_outcomes(unit: UnitOfWork, counted: Sequence[tuple[int, Settlement]]) -> frozenset[UUID]:
    """Apply all that follows from outcomes that counted, to the end of their executions.

    Returns:
        The leases of the chunk members that were started.
    """
    for _, settlement in counted:
        _report(unit, unit.locked[settlement.claim.ref.execution_id], settlement)
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
    unit: UnitOfWork, settlements: Sequence[tuple[int, Settlement]]
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


def _start_members(unit: UnitOfWork, counted: Sequence[tuple[int, Settlement]]) -> frozenset[UUID]:
    """Rule 8: the settle of one member of a chunk starts the next, unless it ended that one too.

    Behind a closed gate none is started: its worker gives it back.
    """
    members = [
        s.starts
        for _, s in counted
        if s.starts is not None and not unit.locked[s.starts.ref.execution_id].paused
    ]
    if not members:
        return frozenset()
    started = start(unit, members)
    for member in members:
        if member.lease_id in started:
            locked = unit.locked[member.ref.execution_id]
            unit.event(
                locked, EventType.NODE_STARTED, node_id=member.ref.node, scope=member.ref.scope
            )
    return started


def _fail(unit: UnitOfWork, counted: Sequence[tuple[int, Settlement]], failures: Failures) -> None:
    """End what the failures among the outcomes end, before anything else follows from them."""
    for cause, settlement in counted:
        claim, outcome = settlement.claim, settlement.outcome
        if not isinstance(outcome, Failed) or leaves_by_error(claim):
            continue
        ref = claim.ref
        locked = unit.locked[ref.execution_id]
        if ref.scope != ROOT:
            failures.scopes.setdefault((ref.execution_id, ref.scope), _placed(outcome.error, ref))
            unit.causes[ref.execution_id, ref.scope] = cause
        elif claim.graph.continue_on_failure:
            locked.failure = locked.failure or dumps(outcome.error)
        else:
            end_early(unit, [locked], ExecutionStatus.ERROR, outcome.error)


def _apply(
    unit: UnitOfWork, arrivals: Arrivals, failures: Failures, settlement: Settlement, cause: int
) -> None:
    """Apply what follows from one outcome that counted."""
    claim, outcome = settlement.claim, settlement.outcome
    ref = claim.ref
    locked = unit.locked[ref.execution_id]
    if locked.status in FINAL_EXECUTION_STATUSES:
        return
    alive = not failures.covers(ref)
    if isinstance(outcome, Completed | Failed):
        unit.count(locked, ref.scope, -1, cause)
        if alive:
            _leave(unit, arrivals, claim, outcome, cause)
    elif isinstance(outcome, LoopOpened) and alive:
        locked.node_count += taken_by(claim, outcome)
        for ordinal in first_ordinals(claim, outcome):
            open_scope(unit, arrivals, ref, ordinal, cause=cause)


def _leave(
    unit: UnitOfWork, arrivals: Arrivals, claim: Claim, outcome: Completed | Failed, cause: int
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


def _report(unit: UnitOfWork, locked: LockedExecution, settlement: Settlement) -> None:
    """Add the event of one outcome."""
    ref = settlement.claim.ref
    place = {"node_id": ref.node, "scope": ref.scope}
    match settlement.outcome:
        case Completed(_, key, _):
            unit.event(locked, EventType.NODE_COMPLETED, **place, output_key=key)
        case Failed(error):
            unit.event(locked, EventType.NODE_FAILED, **place, error=error)
        case Retrying(error, delay, _):
            milliseconds = round(delay.total_seconds() * 1000)
            unit.event(locked, EventType.NODE_RETRYING, **place, error=error, delay_ms=milliseconds)
        case _:
            pass
