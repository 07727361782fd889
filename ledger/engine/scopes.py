"""The scopes of a unit of work: what opens, ends early, or counts other nodes as open.

Changes to a scope's count are gathered here and written together (invariant 4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from treadle.dag.scopes import around, child_scope
from treadle.dag.states import ScopeState
from treadle.ledger.engine.hand_off import Caller
from treadle.ledger.engine.leases import Ref


class ScopeRef(NamedTuple):
    """A scope of an execution."""

    execution_id: UUID
    scope: str


class ScopeRow(NamedTuple):
    """A scope that opens."""

    execution_id: UUID
    scope: str
    parent: str
    loop: str
    ordinal: int
    status: ScopeState
    outstanding: int


class ScopeChange(NamedTuple):
    """A change to the count of a scope's open nodes."""

    execution_id: UUID
    scope: str
    delta: int


class Scopes:
    """What happens to inner scopes in one transaction."""

    def __init__(self, nobody: Caller) -> None:
        """`nobody` stands for the caller of a change that no caller made."""
        self._nobody = nobody
        #: Changes to the count of open nodes, and who made each.
        self._changes: defaultdict[ScopeRef, int] = defaultdict(int)
        self._callers: dict[ScopeRef, Caller] = {}
        #: Those opened here and not written yet, each with its loop and ordinal.
        self._opened: dict[ScopeRef, tuple[Ref, int]] = {}
        #: Those canceled here, with everything in them.
        self._canceled: set[ScopeRef] = set()

    def count(self, ref: Ref, change: int, caller: Caller) -> None:
        """Add to the open nodes of the scope that `ref` stands in."""
        scope = ScopeRef(ref.execution_id, ref.scope)
        self._changes[scope] += change
        self._callers[scope] = caller

    def changed_by(self, scope: ScopeRef, caller: Caller) -> None:
        """Note who ends a scope whose nodes are not counted any more."""
        self._callers[scope] = caller

    def caller_of(self, scope: ScopeRef) -> Caller:
        """Return who changed a scope last."""
        return self._callers.get(scope, self._nobody)

    def take_changes(self, failing: Mapping[ScopeRef, Any]) -> list[ScopeChange]:
        """Return the changes to write now: not of scopes that open or fail here."""
        taken = [
            ScopeChange(*scope, delta)
            for scope, delta in self._changes.items()
            if delta and scope not in self._opened and scope not in failing
        ]
        for change in taken:
            del self._changes[ScopeRef(change.execution_id, change.scope)]
        return taken

    def open(self, loop: Ref, ordinal: int) -> str:
        """Open one scope of a loop; return its name."""
        scope = child_scope(loop.scope, loop.node, ordinal)
        self._opened[ScopeRef(loop.execution_id, scope)] = (loop, ordinal)
        return scope

    def take_opened(self) -> list[ScopeRow]:
        """Return the rows of the scopes opened so far, with what is open in them."""
        rows = [
            ScopeRow(
                *scope, loop.scope, loop.node, ordinal, ScopeState.OPEN, self._changes.pop(scope, 0)
            )
            for scope, (loop, ordinal) in self._opened.items()
        ]
        self._opened.clear()
        return rows

    def cancel(self, scopes: Iterable[ScopeRef]) -> None:
        """Take note that scopes are canceled, with everything in them."""
        self._canceled.update(scopes)

    def covers_canceled(self, ref: Ref) -> bool:
        """Return whether `ref` stands in a scope that was canceled here."""
        scopes = (ScopeRef(ref.execution_id, scope) for scope in around(ref.scope))
        return any(scope in self._canceled for scope in scopes)
