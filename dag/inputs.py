"""The shape of what arrives at a node (section "Input" of docs/semantics.md)."""

from __future__ import annotations

from collections.abc import Sequence

from treadle.dag.graph import Edge
from treadle.dag.values import Value


def as_object(value: Value) -> dict[str, Value]:
    """Return an object unchanged, anything else under `data`."""
    return value if isinstance(value, dict) else {"data": value}


def shape(taken: Sequence[tuple[Edge, Value]]) -> dict[str, Value]:
    """Return what arrives by the taken connections.

    One: its output, key by key. Several: one key per source, values as they are, null included.
    """
    if len(taken) == 1:
        return as_object(taken[0][1])
    return {edge.source: value for edge, value in taken}
