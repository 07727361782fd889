"""When a node may run: the one decision about joins, as a pure function of sums.

The sums come from the ledger's row, or from one transaction's arrivals if there are no others.
"""

from __future__ import annotations

from treadle.dag.states import NodeState


def next_state(
    *, expected: int, wait_any: bool, arrived: int, taken: int, upstream_failed: int
) -> NodeState:
    """Return what a waiting node becomes: `PENDING`, `READY` or `SKIPPED`.

    Args:
        expected: incoming connections.
        wait_any: MERGE that runs at its first taken arrival; a failure elsewhere does not skip
            it.
        arrived: connections resolved so far.
        taken: of those, the ones that carry a value.
        upstream_failed: of those, the ones that follow a failure in a workflow that continues on
            failure.
    """
    if wait_any and taken:
        return NodeState.READY
    if arrived < expected:
        return NodeState.PENDING
    return NodeState.READY if taken and not upstream_failed else NodeState.SKIPPED
