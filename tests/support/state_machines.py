"""What tests derive from the state tables of `dag/states.py`."""

from __future__ import annotations

from treadle.dag.states import State, Transition


def sources_of(table: tuple[Transition[State], ...], enters: State) -> frozenset[State]:
    """Return the states that may change to `enters`: what a guarded UPDATE names."""
    return frozenset(row.leaves for row in table if row.enters is enters and row.leaves is not None)
