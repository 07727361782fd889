"""What follows from nodes and connections alone: reach, order, cycles, loop bodies.

networkx is used here and nowhere else. Every defect is tolerated, so that validation can report it.

A loop's body is found by dominators. Every loop gets a second vertex, its body vertex, which
stands between the loop and what its `body` key leads to; a node belongs to the body if every path
from a trigger to it passes that vertex.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from dag.specs import BODY_KEY

Vertex = tuple[str, str]
"""A node's id and `""`, or a loop's id and `body`; the root is no node's."""

_ROOT: Vertex = ("", "")
_NODE = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A connection as the topology sees it."""

    index: int
    """Its position among the workflow's connections."""
    source: str
    target: str
    output_key: str


class Topology:
    """What follows from nodes and connections alone."""

    def __init__(
        self,
        node_ids: Iterable[str],
        links: Sequence[Link],
        triggers: Iterable[str],
        loops: frozenset[str],
    ) -> None:
        self._links = links
        self._loops = loops
        graph: nx.DiGraph[Vertex] = nx.DiGraph()
        self._graph = graph
        graph.add_nodes_from((each, _NODE) for each in node_ids)
        graph.add_edges_from((_ROOT, (each, _NODE)) for each in triggers)
        graph.add_node(_ROOT)
        graph.add_edges_from(((each, _NODE), (each, BODY_KEY)) for each in loops)
        graph.add_edges_from((self._leaves(link), (link.target, _NODE)) for link in links)
        self.reachable = frozenset(v[0] for v in nx.descendants(graph, _ROOT))
        """Nodes that some path from a trigger reaches."""
        self.order = self._sorted()
        """The nodes so that every link leads forward; `None` if there is a cycle."""
        self._dominators = nx.immediate_dominators(graph, _ROOT) if loops else {}
        self._inside = self._find_loops()

    def _sorted(self) -> tuple[str, ...] | None:
        try:
            ordered = tuple(nx.topological_sort(self._graph))
        except nx.NetworkXUnfeasible:
            return None
        return tuple(v[0] for v in ordered if v[1] == _NODE and v != _ROOT)

    def _leaves(self, link: Link) -> Vertex:
        inside = link.source in self._loops and link.output_key == BODY_KEY
        return (link.source, BODY_KEY if inside else _NODE)

    def _find_loops(self) -> dict[Vertex, tuple[str | None, int]]:
        """For each vertex, the innermost loop whose body vertex is above it, and how many are."""
        found: dict[Vertex, tuple[str | None, int]] = {_ROOT: (None, 0)}
        for vertex in self._dominators:
            trail = []
            here = vertex
            while here not in found:
                trail.append(here)
                here = self._dominators[here]
            for each in reversed(trail):
                above = self._dominators[each]
                loop, depth = found[above]
                found[each] = (loop, depth) if above[1] == _NODE else (above[0], depth + 1)
        return found

    def loop_of(self, node_id: str) -> str | None:
        """Return the innermost loop whose body a node belongs to."""
        return self._inside.get((node_id, _NODE), (None, 0))[0]

    def depth(self, node_id: str) -> int:
        """Return how many loops stand around a node."""
        return self._inside.get((node_id, _NODE), (None, 0))[1]

    def leaving(self) -> list[Link]:
        """Return the links that lead out of the body that they start in."""
        out = []
        for link in self._links if self._loops else ():
            source = self._leaves(link)
            home = source[0] if source[1] == BODY_KEY else self.loop_of(link.source)
            if link.source in self.reachable and home != self.loop_of(link.target):
                out.append(link)
        return out

    def cycle(self) -> list[str]:
        """Return the nodes of some cycle, in its order."""
        found = nx.find_cycle(self._graph)
        return [source[0] for source, _ in found if source[1] == _NODE]

    def upstream(self) -> dict[str, int]:
        """Return for each node, as a set of bits, the nodes that come before it.

        Bit `i` stands for the node at position `i` of the order, which must exist.
        """
        before: dict[str, int] = {}
        bit = {node_id: 1 << i for i, node_id in enumerate(self.order or ())}
        into: dict[str, list[str]] = {}
        for link in self._links:
            into.setdefault(link.target, []).append(link.source)
        for node_id in self.order or ():
            bits = 0
            for source in into.get(node_id, ()):
                bits |= before[source] | bit[source]
            before[node_id] = bits
        return before
