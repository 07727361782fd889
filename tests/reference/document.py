"""The drawing: nodes, connections, loop bodies and an order, read straight from a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LOOPS = frozenset({"FOR_EACH", "LOOP"})


@dataclass(frozen=True, slots=True)
class Connection:
    """A directed edge from an output key to a node."""

    source: str
    target: str
    key: str
    conversion: str | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A workflow document, taken apart."""

    nodes: Mapping[str, Mapping[str, Any]]
    triggers: tuple[str, ...]
    incoming: Mapping[str, tuple[Connection, ...]]
    """By target, in the order of the document."""
    wired: frozenset[tuple[str, str]]
    """The (node, output key) pairs that a connection leaves by."""
    home: Mapping[str, str | None]
    """The innermost loop a node's body membership names; `None` for the root scope."""
    order: tuple[str, ...]
    """Every node after all it is connected from."""
    continue_on_failure: bool

    def members(self, loop: str | None) -> tuple[str, ...]:
        """The nodes that stand directly in a loop's body (or the root scope), in order."""
        return tuple(node for node in self.order if self.home[node] == loop)

    def configurations(self, node: str) -> Mapping[str, Any]:
        return self.nodes[node].get("configurations") or {}

    def is_loop(self, node: str) -> bool:
        return self.nodes[node]["subtype"] in LOOPS

    def waits_for_any(self, node: str) -> bool:
        return (
            self.nodes[node]["subtype"] == "MERGE"
            and self.configurations(node).get("wait_for") == "any"
        )


def draw(document: Mapping[str, Any]) -> Drawing:
    """Take a valid document apart."""
    nodes = {node["id"]: node for node in document["nodes"]}
    connections = tuple(
        Connection(
            source=wire["from_node"],
            target=wire["to_node"],
            key=wire.get("output_key", "result"),
            conversion=wire.get("conversion_function"),
        )
        for wire in document.get("connections", ())
    )
    incoming: dict[str, list[Connection]] = {node: [] for node in nodes}
    for wire in connections:
        incoming[wire.target].append(wire)
    triggers = tuple(document["triggers"])
    return Drawing(
        nodes=nodes,
        triggers=triggers,
        incoming={node: tuple(wires) for node, wires in incoming.items()},
        wired=frozenset((wire.source, wire.key) for wire in connections),
        home=_homes(nodes, connections, triggers),
        order=_topological(nodes, connections),
        continue_on_failure=bool(document["metadata"].get("continue_on_failure", False)),
    )


def _homes(
    nodes: Mapping[str, Mapping[str, Any]],
    connections: tuple[Connection, ...],
    triggers: tuple[str, ...],
) -> dict[str, str | None]:
    """Find each node's innermost loop.

    A body is what every path from a trigger reaches through the loop's `body` key: what is out of
    reach once those connections are rubbed out. Bodies nest, so the smallest is the innermost.
    """
    reachable = _reach(connections, triggers)
    home: dict[str, str | None] = dict.fromkeys(nodes)
    bodies = []
    for loop in (node for node in nodes if nodes[node]["subtype"] in LOOPS):
        others = (w for w in connections if not (w.source == loop and w.key == "body"))
        bodies.append((loop, reachable - _reach(others, triggers)))
    for loop, body in sorted(bodies, key=lambda pair: len(pair[1]), reverse=True):
        home.update(dict.fromkeys(body, loop))
    return home


def _reach(connections: Iterable[Connection], starts: Iterable[str]) -> set[str]:
    targets: dict[str, list[str]] = {}
    for wire in connections:
        targets.setdefault(wire.source, []).append(wire.target)
    seen: set[str] = set()
    front = list(starts)
    while front:
        node = front.pop()
        if node not in seen:
            seen.add(node)
            front.extend(targets.get(node, ()))
    return seen


def _topological(nodes: Iterable[str], connections: tuple[Connection, ...]) -> tuple[str, ...]:
    missing = dict.fromkeys(nodes, 0)
    for wire in connections:
        missing[wire.target] += 1
    targets: dict[str, list[str]] = {}
    for wire in connections:
        targets.setdefault(wire.source, []).append(wire.target)
    order = [node for node, count in missing.items() if count == 0]
    for node in order:
        for target in targets.get(node, ()):
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    return tuple(order)
