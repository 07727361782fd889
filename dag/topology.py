"""Properties of nodes and connections alone: order, cycles, reachability, loop bodies.

Every defect is tolerated, so that validation can report it: networkx finds the cycle it names.

A node belongs to a loop's body if every path from a trigger to it passes the loop's `body` key, so
bodies follow from dominators: the exits by `body` that are on every path. On a graph without cycles
one pass in topological order finds them, as the intersection over a node's incoming connections.
(`networkx.immediate_dominators` gives the same, and took 4 s for a ladder of 7,500 nodes, as it
climbs to the root from each join. A test compares the two.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from treadle.dag.specs import BODY_KEY

#: Nested loops that are distinguished; far above any limit, so that a hostile document made only of
#: loops costs no more than others.
MOST_NESTED_LOOPS = 64


@dataclass(frozen=True, slots=True)
class Link:
    """A connection as the topology sees it."""

    index: int
    """Its position among the workflow's connections."""
    source: str
    target: str
    output_key: str


class Topology:
    """Properties of nodes and connections alone."""

    def __init__(
        self,
        node_ids: Iterable[str],
        links: Sequence[Link],
        triggers: Iterable[str],
        loops: frozenset[str],
    ) -> None:
        successors: dict[str, list[str]] = {node_id: [] for node_id in node_ids}
        for link in links:
            successors.setdefault(link.source, []).append(link.target)
            successors.setdefault(link.target, [])
        self._links = links
        self._loops = loops
        seen: set[str] = set()
        backwards = list(_postorder(triggers, successors, seen))
        self.reachable = frozenset(backwards)
        """Nodes that some path from a trigger reaches."""
        backwards += _postorder(successors, successors, seen)
        self.order = tuple(reversed(backwards))
        """The nodes in an order in which every link leads forward, unless it closes a cycle."""
        self._position = {node_id: index for index, node_id in enumerate(self.order)}
        self._loop_of: dict[str, str | None] = {}
        self._depth: dict[str, int] = {}
        if loops:
            self._find_bodies()

    def _leads_back(self, link: Link) -> bool:
        return self._position[link.target] <= self._position[link.source]

    def _find_bodies(self) -> None:
        into: dict[str, list[Link]] = defaultdict(list)
        for link in self._links:
            if link.source in self.reachable and not self._leads_back(link):
                into[link.target].append(link)
        for node_id in self.order:
            homes = {self._home(link) for link in into[node_id]}
            loop = homes.pop() if homes else None
            for home in homes:
                loop = self._common(loop, home)
            self._loop_of[node_id] = loop
            self._depth[node_id] = 0 if loop is None else self._depth[loop] + 1

    def _home(self, link: Link) -> str | None:
        """Return the loop that contains the start of a link in its body."""
        if self._enters_body(link) and self.depth(link.source) < MOST_NESTED_LOOPS:
            return link.source
        return self.loop_of(link.source)

    def _enters_body(self, link: Link) -> bool:
        return link.source in self._loops and link.output_key == BODY_KEY

    def _common(self, one: str | None, other: str | None) -> str | None:
        """Return the innermost loop around two bodies, each given by its loop."""
        while one != other:
            if one is not None and (other is None or self._depth[one] >= self._depth[other]):
                one = self._loop_of[one]
            else:
                other = self._loop_of[str(other)]
        return one

    def loop_of(self, node_id: str) -> str | None:
        """Return the innermost loop around a node."""
        return self._loop_of.get(node_id)

    def depth(self, node_id: str) -> int:
        """Return how many loops are around a node, up to `MOST_NESTED_LOOPS`."""
        return self._depth.get(node_id, 0)

    def leaving(self) -> list[Link]:
        """Return the links that lead out of the loop body that they start in."""
        return [
            link
            for link in (self._links if self._loops else ())
            if link.source in self.reachable and self._home(link) != self.loop_of(link.target)
        ]

    def cycle(self) -> list[str]:
        """Return the nodes of one cycle, in order; empty if there is none."""
        if not any(self._leads_back(link) for link in self._links):
            return []
        import networkx as nx  # noqa: PLC0415 - it takes longer to load than to read an execution

        graph: nx.DiGraph[str] = nx.DiGraph((link.source, link.target) for link in self._links)
        return [source for source, _ in nx.find_cycle(graph)]

    def upstream(self) -> dict[str, int]:
        """Return for each node, as a set of bits, the nodes that come before it.

        Bit `i` stands for the node at position `i` of the order. There must be no cycle.
        """
        into: dict[str, list[str]] = defaultdict(list)
        for link in self._links:
            into[link.target].append(link.source)
        before: dict[str, int] = {}
        for node_id in self.order:
            bits = 0
            for source in into[node_id]:
                bits |= before[source] | 1 << self._position[source]
            before[node_id] = bits
        return before


def _postorder(
    starts: Iterable[str], successors: Mapping[str, Sequence[str]], seen: set[str]
) -> Iterator[str]:
    """Yield what the starts lead to, depth first: each node after all that it leads to.

    What is in `seen` is left out, and what is yielded is added to it.
    """
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(successors[start]))]
        while path:
            node_id, targets = path[-1]
            target = next((each for each in targets if each not in seen), None)
            if target is None:
                path.pop()
                yield node_id
            else:
                seen.add(target)
                path.append((target, iter(successors[target])))
