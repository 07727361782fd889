"""Arrivals: settled sources reach their targets, and joins count (rules 2 and 4).

Arrivals are summed in memory, one entry a target, then written by one upsert. Where a target's
connections all resolve in this very transaction its state is known at once, and a dead path is
followed to its end before anything is written; elsewhere the row's returned sums decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from treadle.dag.events import EventType, SkipReason
from treadle.dag.graph import CompiledNode
from treadle.dag.readiness import next_state
from treadle.dag.states import LoopPhase, NodeState
from treadle.ledger.engine.hand_off import Caller
from treadle.ledger.engine.leases import Ref, node_of
from treadle.ledger.engine.unit_of_work import Placement, UnitOfWork


class ArrivalRow(NamedTuple):
    """What one transaction brings to a target."""

    execution_id: UUID
    scope: str
    node: str
    state: NodeState
    arrived: int
    taken: int
    upstream_failed: int
    chosen: int | None
    queue: str
    priority: int
    phase: LoopPhase | None
    lease_id: UUID | None
    limit_seconds: float
    epoch: str | None
    owner: str | None
    workflow_id: str | None


class PlacedRow(NamedTuple):
    """Where a row that already exists goes."""

    execution_id: UUID
    scope: str
    node: str
    state: NodeState
    chosen: int | None = None
    phase: LoopPhase | None = None
    error: bytes | None = None
    lease_id: UUID | None = None
    limit_seconds: float | None = None
    epoch: str | None = None
    owner: str | None = None
    workflow_id: str | None = None


@dataclass(slots=True)
class _Sums:
    caller: Caller
    """Who brought the last arrival."""
    arrived: int = 0
    taken: int = 0
    upstream_failed: int = 0
    chosen: int | None = None
    """The first taken connection, in the order of connections."""


class Arrivals:
    """The arrivals of one unit."""

    def __init__(self, unit: UnitOfWork, *, settled_before: frozenset[Ref] = frozenset()) -> None:
        """`settled_before` are rows that were copied final: what arrives there changes nothing."""
        self._unit = unit
        self._targets: dict[Ref, _Sums] = {}
        self._settled_before = settled_before

    def __bool__(self) -> bool:
        return bool(self._targets)

    def leave(
        self, ref: Ref, key: str | None, caller: Caller, *, upstream_failed: bool = False
    ) -> None:
        """Resolve the connections of a settled node: those of `key` are taken, the others not.

        A loop's `body` connections are not among them: opening a scope resolves those.
        """
        graph = self._unit.of(ref.execution_id).graph
        dead = [(ref, key, upstream_failed)]
        while dead:
            source, key, upstream_failed = dead.pop()
            node = node_of(graph, source)
            for output_key, edges in node.outgoing.items():
                if node.is_loop and output_key == "body":
                    continue
                for edge in edges:
                    target = source._replace(node=edge.target)
                    sums = self._arrive(
                        target,
                        edge.index,
                        caller,
                        taken=output_key == key,
                        upstream_failed=upstream_failed,
                    )
                    if sums and self._state(target, sums) is NodeState.SKIPPED:
                        dead.append((target, None, sums.upstream_failed > 0))

    def enter(self, loop: Ref, scope: str, caller: Caller) -> None:
        """Resolve a loop's `body` connections in a scope that opens."""
        graph = self._unit.of(loop.execution_id).graph
        for edge in node_of(graph, loop).outgoing["body"]:
            target = Ref(loop.execution_id, scope, edge.target)
            self._arrive(target, edge.index, caller, taken=True)

    def write(self) -> None:
        """Write what has arrived, and what follows from it, until nothing more does."""
        while self._targets:
            targets, self._targets = self._targets, {}
            rows, counting = [], False
            for ref, sums in targets.items():
                state = self._state(ref, sums)
                counting = counting or state is NodeState.PENDING
                rows.append(self._row(ref, sums, state))
            returned = self._unit.run_rows("arrive", rows, worker_id=self._unit.worker_id)
            if counting:
                self._complete(targets, returned.fetchall())

    def _arrive(
        self,
        target: Ref,
        index: int,
        caller: Caller,
        *,
        taken: bool,
        upstream_failed: bool = False,
    ) -> _Sums | None:
        if target in self._settled_before:
            return None
        sums = self._targets.get(target)
        if sums is None:
            sums = self._targets[target] = _Sums(caller)
        sums.arrived += 1
        sums.upstream_failed += upstream_failed
        sums.caller = caller
        if taken:
            sums.taken += 1
            sums.chosen = index if sums.chosen is None else min(sums.chosen, index)
        return sums

    def _node(self, ref: Ref) -> CompiledNode:
        return self._unit.of(ref.execution_id).node(ref)

    def _state(self, ref: Ref, sums: _Sums) -> NodeState:
        """Return the state that this transaction's arrivals alone decide, if they are all."""
        node = self._node(ref)
        if sums.arrived < len(node.incoming):
            return NodeState.PENDING
        return next_state(
            expected=len(node.incoming),
            wait_any=node.wait_any,
            arrived=sums.arrived,
            taken=sums.taken,
            upstream_failed=sums.upstream_failed,
        )

    def _row(self, ref: Ref, sums: _Sums, state: NodeState) -> ArrivalRow:
        node = self._node(ref)
        placed = Placement(state)
        chosen = sums.chosen if node.wait_any and state is NodeState.READY else None
        if state is NodeState.READY:
            placed = self._admit(ref, sums.caller, chosen)
        elif state is NodeState.SKIPPED:
            self._skip(ref, upstream_failed=sums.upstream_failed > 0)
        return ArrivalRow(
            *ref,
            state=placed.state,
            arrived=sums.arrived,
            taken=sums.taken,
            upstream_failed=sums.upstream_failed,
            chosen=chosen,
            queue=node.queue,
            priority=self._unit.of(ref.execution_id).priority,
            phase=LoopPhase.OPEN if node.is_loop else None,
            lease_id=placed.lease_id,
            limit_seconds=node.timeout.total_seconds(),
            epoch=placed.epoch,
            owner=placed.owner,
            workflow_id=placed.workflow_id,
        )

    def _admit(self, ref: Ref, caller: Caller, chosen: int | None) -> Placement:
        self._unit.count(ref, +1, caller)
        phase = LoopPhase.OPEN if self._node(ref).is_loop else None
        return self._unit.place(ref, caller, phase=phase, chosen=chosen)

    def _skip(self, ref: Ref, *, upstream_failed: bool) -> None:
        reason = SkipReason.UPSTREAM_FAILED if upstream_failed else SkipReason.NOT_TAKEN
        self._unit.node_event(ref, EventType.NODE_SKIPPED, reason=reason)

    def _complete(self, targets: dict[Ref, _Sums], rows: list[Any]) -> None:
        """Move on the rows whose sums have become complete with this transaction's arrivals."""
        placed = []
        for row in rows:
            if row.state != NodeState.PENDING:
                continue
            ref = Ref(row.execution_id, row.scope, row.node)
            node = self._node(ref)
            state = next_state(
                expected=len(node.incoming),
                wait_any=node.wait_any,
                arrived=row.arrived,
                taken=row.taken,
                upstream_failed=row.upstream_failed,
            )
            if state is not NodeState.PENDING:
                placed.append(self._completed(ref, targets[ref], state, row.upstream_failed > 0))
        place_rows(self._unit, placed)

    def _completed(
        self, ref: Ref, sums: _Sums, state: NodeState, upstream_failed: bool
    ) -> PlacedRow:
        node = self._node(ref)
        limit_seconds = node.timeout.total_seconds()
        if state is not NodeState.READY:
            self._skip(ref, upstream_failed=upstream_failed)
            self.leave(ref, None, sums.caller, upstream_failed=upstream_failed)
            return PlacedRow(*ref, state, limit_seconds=limit_seconds)
        chosen = sums.chosen if node.wait_any else None
        placed = self._admit(ref, sums.caller, chosen)
        return PlacedRow(
            *ref,
            placed.state,
            chosen=chosen,
            lease_id=placed.lease_id,
            limit_seconds=limit_seconds,
            epoch=placed.epoch,
            owner=placed.owner,
            workflow_id=placed.workflow_id,
        )


def place_rows(unit: UnitOfWork, rows: Sequence[PlacedRow]) -> None:
    """Write where rows that already exist go."""
    if rows:
        unit.run_rows("place", rows, worker_id=unit.worker_id)
