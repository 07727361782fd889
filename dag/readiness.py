"""When a node may run: the one decision about joins, as a pure function of sums.

Sums come from the ledger's row, or from one transaction's arrivals when those are all there are.
"""

from __future__ import annotations

from treadle.dag.states import NodeState


def next_state(
    *, expected: int, wait_any: bool, arrived: int, taken: int, upstream_failed: int
) -> NodeState:
    """Return what a waiting node becomes: `PENDING`, `READY` or `SKIPPED`.

    Args:
        expected: incoming connections.
        wait_any: MERGE that goes on with its first taken arrival; a failure elsewhere does not
            keep it from running.
        arrived: connections resolved so far.
        taken: of those, the ones whose source left by them.
        upstream_failed: of those, the ones that lead back to a failure the workflow goes on after.
    """
    if wait_any and taken:
        return NodeState.READY
    if arrived < expected:
        return NodeState.PENDING
    return NodeState.READY if taken and not upstream_failed else NodeState.SKIPPED
