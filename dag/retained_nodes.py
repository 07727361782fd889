"""Which nodes a retry retains from the execution it repeats; a pure function of their ends."""

from __future__ import annotations

from collections.abc import Mapping

from treadle.dag.graph import CompiledGraph
from treadle.dag.states import NodeState

#: Final states of retained nodes; a failed node is retained only if it left by a key.
_RETAINED = frozenset({NodeState.COMPLETED, NodeState.SKIPPED})


def retained_nodes(
    graph: CompiledGraph, ended: Mapping[str, tuple[NodeState, str | None]]
) -> frozenset[str]:
    """Return the nodes of the root scope that are retained.

    A node that completed, was skipped, or failed and left by `error` is retained, unless something
    upstream of it runs again. A loop is retained or runs again as a whole.

    Args:
        ended: state and output key of each node of the root scope that had a row.
    """
    retained: set[str] = set()
    for node_id in graph.order:
        node = graph.nodes[node_id]
        if node.loop is not None or node_id not in ended:
            continue
        state, key = ended[node_id]
        has_result = state in _RETAINED or (state is NodeState.FAILED and key is not None)
        if has_result and all(edge.source in retained for edge in node.incoming):
            retained.add(node_id)
    return frozenset(retained)
