"""Settlements: outcomes become the rows' new states, and what follows from them (invariant 2).

The guarded UPDATE says which outcomes count (invariant 1); arrivals, counters, events and endings
come only from the rows that it returns. What it writes of each is worked out in `settle_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from treadle.dag.events import EventType
from treadle.dag.outcomes import (
    OUTCOME_NAMES,
    Completed,
    Failed,
    LoopOpened,
    Released,
    Retrying,
    Sleeping,
)
from treadle.dag.scopes import ROOT
from treadle.dag.states import ExecutionStatus
from treadle.dag.values import dumps
from treadle.ledger.engine.arrivals import Arrivals
from treadle.ledger.engine.endings import end_early, end_finished
from treadle.ledger.engine.hand_off import Caller
from treadle.ledger.engine.interactions import open_interactions
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.loops import (
    Failures,
    open_scope,
    refused_openings,
    settle_scopes,
    taken_by,
)
from treadle.ledger.engine.scopes import ScopeRef
from treadle.ledger.engine.settle_rows import (
    Settlement,
    first_ordinals,
    leaves_by_error,
    settlement_of,
)
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.monitoring.facts import Fact


class Settling(NamedTuple):
    """An outcome, and the caller that brings it: what it makes ready may be handed to that one."""

    caller: Caller
    settlement: Settlement


def settle(unit: UnitOfWork, outcomes: Sequence[Settling]) -> frozenset[UUID]:
    """Apply outcomes to executions that are locked.

    Returns:
        The leases whose outcome counted: others were reclaimed, canceled or settled before.
    """
    by_lease: dict[UUID, Settling] = {}
    for each in _permitted(unit, outcomes):
        lease_id = each.settlement.claim.lease_id
        if each.settlement.outcome == Released() and lease_id in by_lease:
            continue  # whoever gave the attempt up did not know how it ended
        by_lease[lease_id] = each
    rows = [each.settlement.row for each in by_lease.values()]
    accepted = {row.lease_id for row in unit.run_rows("settle", rows).fetchall()}
    counted = [by_lease[lease_id] for lease_id in by_lease if lease_id in accepted]
    unit.open_counts.leave_running(len(counted))
    for _, settlement in counted:
        if not isinstance(settlement.outcome, Completed | Failed):
            locked = unit.of(settlement.claim.ref.execution_id)
            queue, state = settlement.claim.node.queue, settlement.row.state
            unit.open_counts.move(locked, queue, None, state)
    apply_outcomes(unit, counted)
    return frozenset(accepted)


def apply_outcomes(unit: UnitOfWork, counted: Sequence[Settling]) -> None:
    """Apply all that follows from outcomes that counted, to the end of their executions."""
    for _, settlement in counted:
        _report(unit, settlement)
        kind = settlement.claim.node.spec.key
        unit.count_facts([Fact("node_settled", (kind, OUTCOME_NAMES[type(settlement.outcome)]))])
    arrivals, failures = Arrivals(unit), Failures()
    for each in counted:
        _end_failed(unit, each, failures)
    for each in counted:
        _apply(unit, arrivals, failures, each)
    open_interactions(
        unit,
        [
            settlement
            for _, settlement in counted
            if unit.stands(settlement.claim.ref) and not failures.covers(settlement.claim.ref)
        ],
    )
    settle_scopes(unit, arrivals, failures)
    end_finished(unit)


def _permitted(unit: UnitOfWork, outcomes: Sequence[Settling]) -> Sequence[Settling]:
    """Return the outcomes, with failures in place of loops that are too large to open."""
    openings = [
        (each.claim, each.outcome) for _, each in outcomes if isinstance(each.outcome, LoopOpened)
    ]
    refused = refused_openings(unit, openings) if openings else {}
    if not refused:
        return outcomes
    return [
        Settling(caller, settlement_of(s.claim, refused[s.claim.lease_id]))
        if s.claim.lease_id in refused
        else Settling(caller, s)
        for caller, s in outcomes
    ]


def _end_failed(unit: UnitOfWork, settling: Settling, failures: Failures) -> None:
    """End what a failure among the outcomes ends, before anything else follows from them."""
    caller, settlement = settling
    claim, outcome = settlement.claim, settlement.outcome
    if not isinstance(outcome, Failed) or leaves_by_error(claim):
        return
    ref = claim.ref
    locked, error = unit.of(ref.execution_id), _placed(outcome.error, claim)
    if ref.scope != ROOT:
        scope = ScopeRef(ref.execution_id, ref.scope)
        failures.scopes.setdefault(scope, error)
        unit.scopes.changed_by(scope, caller)
    elif claim.graph.continue_on_failure:
        locked.failure = locked.failure or dumps(error)
    else:
        end_early(unit, [locked], ExecutionStatus.ERROR, error)


def _apply(unit: UnitOfWork, arrivals: Arrivals, failures: Failures, settling: Settling) -> None:
    """Apply what follows from one outcome that counted."""
    caller, settlement = settling
    claim, outcome = settlement.claim, settlement.outcome
    ref = claim.ref
    locked = unit.of(ref.execution_id)
    if isinstance(outcome, Sleeping | Retrying):
        unit.set_timer()
    if locked.is_final:
        return
    stands = not failures.covers(ref)
    if isinstance(outcome, Completed | Failed):
        unit.count(ref, -1, caller)
        if stands:
            _leave(arrivals, claim, outcome, caller)
    elif isinstance(outcome, LoopOpened) and stands:
        locked.node_count += taken_by(claim, outcome)
        for ordinal in first_ordinals(claim, outcome):
            open_scope(unit, arrivals, ref, ordinal, caller)


def _leave(arrivals: Arrivals, claim: Claim, outcome: Completed | Failed, caller: Caller) -> None:
    if isinstance(outcome, Completed):
        arrivals.leave(claim.ref, outcome.output_key, caller)
    elif leaves_by_error(claim):
        arrivals.leave(claim.ref, "error", caller)
    else:
        arrivals.leave(claim.ref, None, caller, upstream_failed=True)


def _placed(error: Mapping[str, Any], claim: Claim) -> dict[str, Any]:
    """Return an error that says where it happened; a loop passes on where its body's did."""
    place = {
        "workflow_id": claim.graph.workflow.metadata.id,
        "node_id": claim.ref.node,
        "node_type": claim.node.spec.key,
        "scope": claim.ref.scope,
    }
    return {**error, "error_details": {**place, **error.get("error_details", {})}}


def _report(unit: UnitOfWork, settlement: Settlement) -> None:
    """Add the event of one outcome."""
    ref = settlement.claim.ref
    match settlement.outcome:
        case Completed(_, key, _):
            unit.node_event(ref, EventType.NODE_COMPLETED, output_key=key)
        case Failed(error):
            unit.node_event(ref, EventType.NODE_FAILED, error=error)
        case Retrying(error, delay, _):
            milliseconds = round(delay.total_seconds() * 1000)
            unit.node_event(ref, EventType.NODE_RETRYING, error=error, delay_ms=milliseconds)
        case _:
            pass
