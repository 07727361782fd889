"""What a retry keeps of the execution it repeats, as a pure function of how that one ended."""

from __future__ import annotations

from collections.abc import Mapping

from treadle.dag.graph import CompiledGraph
from treadle.dag.states import NodeState

#: How a node that stays has ended; one that failed stays only if it had left by a key.
_STANDING = frozenset({NodeState.COMPLETED, NodeState.SKIPPED})


def retained_nodes(
    graph: CompiledGraph, ended: Mapping[str, tuple[NodeState, str | None]]
) -> frozenset[str]:
    """Return the nodes of the root scope that stay as they ended.

    A node stays that completed, was skipped, or failed and left by `error`, unless something
    upstream of it runs again. A loop stays or runs again as a whole.

    Args:
        ended: state and output key of each node of the root scope that had a row.
    """
    standing: set[str] = set()
    for node_id in graph.order:
        node = graph.nodes[node_id]
        if node.loop is not None or node_id not in ended:
            continue
        state, key = ended[node_id]
        stood = state in _STANDING or (state is NodeState.FAILED and key is not None)
        if stood and all(edge.source in standing for edge in node.incoming):
            standing.add(node_id)
    return frozenset(standing)
