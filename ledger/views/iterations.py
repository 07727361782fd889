"""Loops as attempts read them: what they go over, and what their scopes came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from treadle.dag.graph import CompiledGraph
from treadle.dag.scopes import child_scope
from treadle.dag.values import Value, loads
from treadle.ledger.engine.leases import Ref
from treadle.ledger.queries import fetching

_fetch = fetching("iterations")

#: Bytes of a page of a loop's results, as JSON: some tens of MiB at most once decoded. A page has
#: one scope at least, whose outputs are as large as payloads may be.
PAGE_BYTES = 2 * 2**20


def loop_items(connection: psycopg.Connection, loop: Ref) -> Value:
    """Return what a loop goes over: the entries, a reference to results, `{start, step}` of a
    range, or `None`.
    """
    rows = _fetch(connection, "loop_items", **loop._asdict())
    return loads(rows[0].items) if rows and rows[0].items is not None else None


@dataclass(slots=True)
class Iteration:
    """One scope of a loop, as its results are gathered."""

    ordinal: int
    status: str
    error: Value
    leaves: dict[str, Value] = field(default_factory=dict)
    """By node: the outputs by which it has a result."""


def iterations(
    connection: psycopg.Connection, graph: CompiledGraph, loop: Ref, ordinals: range
) -> list[Iteration]:
    """Return a page of a loop's scopes: as many of `ordinals`, in order, as `PAGE_BYTES` hold.

    It has at least the first, however large that is, unless the loop has no such scope.
    """
    connected = [
        f"{node}:{key}" for node in graph.bodies[loop.node] for key in graph.nodes[node].outgoing
    ]
    rows = _fetch(
        connection,
        "loop_results",
        execution_id=loop.execution_id,
        scopes=[child_scope(loop.scope, loop.node, ordinal) for ordinal in ordinals],
        connected=connected,
        first=ordinals.start,
        bytes=PAGE_BYTES,
    )
    found: dict[int, Iteration] = {}
    for row in rows:
        each = found.get(row.index)
        if each is None:
            error = loads(row.error) if row.error else None
            each = found[row.index] = Iteration(row.index, row.status, error)
        if row.node is not None:
            each.leaves[row.node] = loads(row.output)
    return list(found.values())


def loop_count(connection: psycopg.Connection, loop: Ref, lease_id: UUID) -> int | None:
    """Return how many scopes a loop had when it was settled under a lease; `None` if it was not."""
    rows = _fetch(connection, "loop_count", **loop._asdict(), lease_id=lease_id)
    return int(rows[0].count) if rows else None
