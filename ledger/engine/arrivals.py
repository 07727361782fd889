"""Arrivals: settled sources reach their targets, and joins count (rules 2 and 4).

Arrivals are summed in memory, one entry a target, then written by one upsert. Where a target's
connections all resolve in this very transaction its next_state is known at once, and a dead path is
followed to its end before anything is written; elsewhere the row's returned sums decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from treadle.dag.readiness import next_state
from treadle.dag.states import LoopPhase, NodeState
from treadle.ledger.engine.rows import LockedExecution, Ref
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.wire.events import EventType


@dataclass(slots=True)
class _Sums:
    arrived: int = 0
    taken: int = 0
    poisoned: int = 0
    chosen: int | None = None
    """The first taken connection, in the order of connections."""
    cause: int = -1


class Arrivals:
    """The arrivals of one unit."""

    def __init__(self, unit: UnitOfWork, *, settled_before: frozenset[Ref] = frozenset()) -> None:
        """`settled_before` are rows that were copied final: what arrives there changes nothing."""
        self._unit = unit
        self._targets: dict[Ref, _Sums] = {}
        self._settled_before = settled_before

    def __bool__(self) -> bool:
        return bool(self._targets)

    def leave(self, ref: Ref, key: str | None, *, cause: int, poisoned: bool = False) -> None:
        """Resolve the connections of a settled node: those of `key` are taken, the others not.

        A loop's `body` connections are not among them: opening a scope resolves those.
        """
        graph = self._unit.locked[ref.execution_id].graph
        dead = [(ref, key, poisoned)]
        while dead:
            source, key, poisoned = dead.pop()
            node = graph.nodes[source.node]
            for output_key, edges in node.outgoing.items():
                if node.is_loop and output_key == "body":
                    continue
                for edge in edges:
                    target = source._replace(node=edge.target)
                    taken = output_key == key
                    sums = self._arrive(target, edge.index, cause, taken=taken, poisoned=poisoned)
                    if sums and self._next_state(target, sums) is NodeState.SKIPPED:
                        dead.append((target, None, sums.poisoned > 0))

    def enter(self, execution_id: UUID, loop: str, scope: str, *, cause: int) -> None:
        """Resolve a loop's `body` connections in a scope that opens."""
        for edge in self._unit.locked[execution_id].graph.nodes[loop].outgoing["body"]:
            self._arrive(Ref(execution_id, scope, edge.target), edge.index, cause, taken=True)

    def write(self) -> None:
        """Write what has arrived, and what follows from it, until nothing more does."""
        while self._targets:
            targets, self._targets = self._targets, {}
            rows, counting = [], False
            for ref, sums in targets.items():
                state = self._next_state(ref, sums)
                counting = counting or state is NodeState.PENDING
                rows.append(self._row(ref, sums, state))
            returned = self._unit.run_rows("arrive", _COLUMNS, rows, worker_id=self._unit.worker_id)
            if counting:
                self._complete(targets, returned.fetchall())

    def _arrive(
        self, target: Ref, index: int, cause: int, *, taken: bool, poisoned: bool = False
    ) -> _Sums | None:
        if target in self._settled_before:
            return None
        sums = self._targets.setdefault(target, _Sums())
        sums.arrived += 1
        sums.poisoned += poisoned
        sums.cause = cause
        if taken:
            sums.taken += 1
            sums.chosen = index if sums.chosen is None else min(sums.chosen, index)
        return sums

    def _next_state(self, ref: Ref, sums: _Sums) -> NodeState:
        """Return the state that this transaction's arrivals alone decide, if they are all."""
        node = self._unit.locked[ref.execution_id].graph.nodes[ref.node]
        expected = len(node.incoming)
        if sums.arrived < expected:
            return NodeState.PENDING
        return next_state(
            expected=expected,
            wait_any=node.wait_any,
            arrived=sums.arrived,
            taken=sums.taken,
            poisoned=sums.poisoned,
        )

    def _row(self, ref: Ref, sums: _Sums, state: NodeState) -> tuple[object, ...]:
        locked = self._unit.locked[ref.execution_id]
        node = locked.graph.nodes[ref.node]
        phase = LoopPhase.OPEN if node.is_loop else None
        chosen = sums.chosen if node.wait_any and state is NodeState.READY else None
        lease_id = epoch = None
        if state is NodeState.READY:
            state, lease_id, epoch = self._admit(locked, ref, sums.cause, chosen)
        elif state is NodeState.SKIPPED:
            self._skip(locked, ref, poisoned=sums.poisoned > 0)
        return (
            ref.execution_id, ref.scope, ref.node, state, sums.arrived, sums.taken, sums.poisoned,
            chosen, node.queue, locked.priority, phase, lease_id, node.timeout.total_seconds(),
            epoch,
        )  # fmt: skip

    def _admit(
        self, locked: LockedExecution, ref: Ref, cause: int, chosen: int | None
    ) -> tuple[NodeState, UUID | None, str | None]:
        self._unit.count(locked, ref.scope, +1, cause)
        phase = LoopPhase.OPEN if locked.graph.nodes[ref.node].is_loop else None
        return self._unit.place(locked, ref, cause, phase=phase, chosen=chosen)

    def _skip(self, locked: LockedExecution, ref: Ref, *, poisoned: bool) -> None:
        reason = "upstream_failed" if poisoned else "not_taken"
        self._unit.event(
            locked, EventType.NODE_SKIPPED, node_id=ref.node, scope=ref.scope, reason=reason
        )

    def _complete(self, targets: dict[Ref, _Sums], rows: list[Any]) -> None:
        """Move on the rows whose sums have become complete with this transaction's arrivals."""
        placed = []
        for row in rows:
            if row.state != NodeState.PENDING:
                continue
            ref = Ref(row.execution_id, row.scope, row.node)
            locked = self._unit.locked[ref.execution_id]
            node = locked.graph.nodes[ref.node]
            state = next_state(
                expected=len(node.incoming),
                wait_any=node.wait_any,
                arrived=row.arrived,
                taken=row.taken,
                poisoned=row.poisoned,
            )
            if state is NodeState.PENDING:
                continue
            sums = targets[ref]
            chosen = sums.chosen if node.wait_any and state is NodeState.READY else None
            lease_id = epoch = None
            if state is NodeState.READY:
                state, lease_id, epoch = self._admit(locked, ref, sums.cause, chosen)
            else:
                self._skip(locked, ref, poisoned=row.poisoned > 0)
                self.leave(ref, None, cause=sums.cause, poisoned=row.poisoned > 0)
            limit = node.timeout.total_seconds()
            placed.append((*ref, state, chosen, None, None, lease_id, limit, epoch))
        place_rows(self._unit, placed)


def place_rows(unit: UnitOfWork, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write where rows that already exist go; columns as in `_PLACED`."""
    if rows:
        unit.run_rows("place", _PLACED, rows, worker_id=unit.worker_id)


_COLUMNS = (
    "execution_id", "scope", "node", "state", "arrived", "taken", "poisoned", "chosen", "queue",
    "priority", "phase", "lease_id", "limit_seconds", "epoch",
)  # fmt: skip
_PLACED = (
    "execution_id", "scope", "node", "state", "chosen", "phase", "error", "lease_id",
    "limit_seconds", "epoch",
)  # fmt: skip
