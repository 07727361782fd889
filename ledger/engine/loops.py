"""Loops: scopes open, end and fail, and the loop that waits for them goes on (rule 3).

A loop counts one in the scope it stands in until it leaves. Its row says how far it is; whatever
ends one of its scopes opens the next where no expression is needed, and makes it ready for a turn
(`while`) or to gather (the last scope ended, or it gives up) where one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Failed, LoopOpened
from treadle.dag.scopes import around
from treadle.dag.specs.loops import ErrorAction
from treadle.dag.states import LoopPhase, NodeState, ScopeState
from treadle.dag.values import dumps
from treadle.ledger.engine.arrivals import Arrivals, PlacedRow, place_rows
from treadle.ledger.engine.claims import leases
from treadle.ledger.engine.endings import cancel_scopes
from treadle.ledger.engine.hand_off import Caller
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.scopes import ScopeRef
from treadle.ledger.engine.unit_of_work import UnitOfWork

#: Node executions that one execution may have: past this its records are of no use to anybody.
NODE_EXECUTIONS_LIMIT = 100_000


class FailedScope(NamedTuple):
    """A scope that a failure ends."""

    execution_id: UUID
    scope: str
    error: bytes


class LoopOf(NamedTuple):
    """A loop, as its scopes name it."""

    execution_id: UUID
    parent: str
    loop: str


class LoopProgress(NamedTuple):
    """How far a loop is that waits for its scopes."""

    execution_id: UUID
    scope: str
    node: str
    loop_next: int
    loop_active: int


class TooManyNodeExecutions(TreadleError):
    """A loop would exceed the number of node executions that one execution may have."""

    reason: ClassVar[str] = "too_many_node_executions"
    solution: ClassVar[str] = "Filter the input first, or split it over several executions."


def taken_by(claim: Claim, opened: LoopOpened) -> int:
    """Return how many node executions an opening takes; an inner loop takes its own as it opens."""
    scopes = 1 if opened.total is None else opened.total
    return scopes * len(claim.graph.bodies[claim.ref.node])


def refused_openings(
    unit: UnitOfWork, openings: Sequence[tuple[Claim, LoopOpened]]
) -> Mapping[UUID, Failed]:
    """Return the failures of loops that are too large to open, by their leases.

    What a loop takes is added to `node_count`, under its execution's lock, by the settle that opens
    it, before any of it has run: so two that open side by side cannot both have the same room. In
    one batch the first comes first, and an outcome whose lease is lost takes nothing.
    """
    room = {locked.id: NODE_EXECUTIONS_LIMIT - locked.node_count for locked in unit.executions}
    needed = Counter[UUID]()
    for claim, opened in openings:
        needed[claim.ref.execution_id] += taken_by(claim, opened)
    if all(size <= room[execution_id] for execution_id, size in needed.items()):
        return {}
    live, _ = leases(unit.connection, list(needed), [claim.lease_id for claim, _ in openings])
    refused = {}
    for claim, opened in openings:
        size, execution_id = taken_by(claim, opened), claim.ref.execution_id
        if claim.lease_id not in live:
            continue
        if size <= room[execution_id]:
            room[execution_id] -= size
        else:
            refused[claim.lease_id] = _too_large(size, room[execution_id])
    return refused


def _too_large(size: int, room: int) -> Failed:
    error = TooManyNodeExecutions(
        f"The loop would have {size:,} node executions; {room:,} are left of the "
        f"{NODE_EXECUTIONS_LIMIT:,} of an execution.",
        node_executions=size,
        left=room,
        limit=NODE_EXECUTIONS_LIMIT,
    )
    return Failed(error.to_wire())


def open_scope(
    unit: UnitOfWork, arrivals: Arrivals, loop: Ref, ordinal: int, caller: Caller
) -> None:
    """Open one iteration of a loop: its first nodes get their arrivals."""
    arrivals.enter(loop, unit.scopes.open(loop, ordinal), caller)


@dataclass(slots=True)
class _Ended:
    """Scopes of one loop that ended in this transaction."""

    caller: Caller
    """Who ended the last of them."""
    count: int = 0
    failure: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Failures:
    """Scopes that a failure ends, with the error of the first one each."""

    scopes: dict[ScopeRef, Mapping[str, Any]] = field(default_factory=dict)

    def covers(self, ref: Ref) -> bool:
        """Return whether `ref` stands in a scope that fails in this transaction."""
        return any(ScopeRef(ref.execution_id, scope) in self.scopes for scope in around(ref.scope))


def settle_scopes(unit: UnitOfWork, arrivals: Arrivals, failures: Failures) -> None:
    """Count the open nodes of inner scopes, and move on the loops whose scopes end by it."""
    ended = _fail(unit, failures)
    while True:
        arrivals.write()
        changes = unit.scopes.take_changes(failures.scopes)
        if changes:
            for row in unit.run_rows("count_scopes", changes).fetchall():
                if row.status == ScopeState.ENDED:
                    _end(unit, ended, row).count += 1
        if not ended:
            return
        _advance(unit, arrivals, ended)
        ended = {}


def _end(unit: UnitOfWork, ended: dict[Ref, _Ended], row: Any) -> _Ended:
    """Return what has ended of the loop of a scope, which ends now."""
    loop = Ref(row.execution_id, row.parent, row.loop)
    caller = unit.scopes.caller_of(ScopeRef(row.execution_id, row.scope))
    scopes = ended.setdefault(loop, _Ended(caller))
    scopes.caller = caller
    return scopes


def _fail(unit: UnitOfWork, failures: Failures) -> dict[Ref, _Ended]:
    """End the scopes that fail, with all that is open in them."""
    ended: dict[Ref, _Ended] = {}
    if not failures.scopes:
        return ended
    rows = [FailedScope(*scope, dumps(error)) for scope, error in failures.scopes.items()]
    failed = unit.run_rows("fail_scopes", rows).fetchall()
    cancel_scopes(unit, [ScopeRef(row.execution_id, row.scope) for row in failed])
    for row in failed:
        scopes = _end(unit, ended, row)
        scopes.count += 1
        scopes.failure = failures.scopes[ScopeRef(row.execution_id, row.scope)]
    return ended


def _advance(unit: UnitOfWork, arrivals: Arrivals, ended: Mapping[Ref, _Ended]) -> None:
    """Open the next scopes of the loops, or make them ready for their next phase.

    Those that give up come first: a loop that stands in what they cancel does nothing more.
    """
    _cancel_siblings(unit, [loop for loop in ended if _gives_up(unit, loop, ended[loop])])
    rows = unit.run_rows("waiting_loops", list(ended)).fetchall()
    going, ready = [], []
    for row in rows:
        loop = Ref(row.execution_id, row.scope, row.node)
        scopes = ended[loop]
        turn, active = row.loop_next, row.loop_active - scopes.count
        next_phase: LoopPhase | None = None
        if _gives_up(unit, loop, scopes):
            next_phase, active = LoopPhase.GATHER, 0
        elif row.loop_total is None:
            next_phase, scopes.failure = LoopPhase.TURN, None
        else:
            for ordinal in range(turn, min(turn + scopes.count, row.loop_total)):
                open_scope(unit, arrivals, loop, ordinal, scopes.caller)
                turn, active = turn + 1, active + 1
            if active == 0:
                next_phase, scopes.failure = LoopPhase.GATHER, None
        if next_phase is not None:
            ready.append(_ready(unit, row, next_phase, scopes))
        going.append(LoopProgress(*loop, turn, active))
    if going:
        unit.run_rows("advance_loops", going)
    place_rows(unit, ready)


def _gives_up(unit: UnitOfWork, loop: Ref, scopes: _Ended) -> bool:
    node = unit.of(loop.execution_id).node(loop)
    on_error = node.configurations.literal.get("on_error", ErrorAction.FAIL)
    return scopes.failure is not None and on_error == ErrorAction.FAIL


def _cancel_siblings(unit: UnitOfWork, loops: Sequence[Ref]) -> None:
    if loops:
        rows = unit.run_rows("open_siblings", [LoopOf(*loop) for loop in loops]).fetchall()
        cancel_scopes(unit, [ScopeRef(row.execution_id, row.scope) for row in rows])


def _ready(unit: UnitOfWork, row: Any, phase: LoopPhase, scopes: _Ended) -> PlacedRow:
    """Make a loop ready for its next phase; return where its row goes."""
    loop = Ref(row.execution_id, row.scope, row.node)
    placed = unit.place(
        loop,
        scopes.caller,
        leaves=NodeState.WAITING,
        phase=phase,
        error=scopes.failure,
        turn=row.loop_next,
        attempt=row.attempt + 1,
        retry_count=row.retry_count,
        lost_count=row.lost_count,
    )
    return PlacedRow(
        *loop,
        placed.state,
        phase=phase,
        error=dumps(scopes.failure) if scopes.failure else None,
        lease_id=placed.lease_id,
        limit_seconds=unit.of(loop.execution_id).node(loop).timeout.total_seconds(),
        epoch=placed.epoch,
        owner=placed.owner,
        workflow_id=placed.workflow_id,
    )
