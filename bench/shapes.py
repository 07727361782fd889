"""The measured graphs, as edges; both sides run the same number of nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Edges = list[tuple[str, str]]


@dataclass(frozen=True)
class Shape:
    """A graph, and how many copies run at once."""

    name: str
    summary: str
    edges: Edges
    at_once: int = 1
    is_chain: bool = False

    @property
    def nodes(self) -> list[str]:
        """The ids, in the order of their first mention."""
        return list(dict.fromkeys(node for edge in self.edges for node in edge))

    @property
    def total(self) -> int:
        """Nodes of all its copies."""
        return len(self.nodes) * self.at_once


def _chain(length: int) -> Edges:
    return [(f"n{i}", f"n{i + 1}") for i in range(length - 1)]


def fan(width: int) -> Edges:
    middle = [f"n{i}" for i in range(width)]
    return [("first", n) for n in middle] + [(n, "last") for n in middle]


def _layers(depth: int, width: int, each_on: int) -> Edges:
    """Every node depends on `each_on` nodes of the layer before."""
    return [
        (f"l{layer - 1}_{(column + offset) % width}", f"l{layer}_{column}")
        for layer in range(1, depth)
        for column in range(width)
        for offset in range(each_on)
    ]


_DIAMOND = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]

SHAPES = (
    Shape("1 chain", "100 nodes in a row", _chain(100), is_chain=True),
    Shape(
        "50 chains", "100 nodes in a row, 50 times at once", _chain(100), at_once=50, is_chain=True
    ),
    Shape("fan", "1 → 1,000 → 1", fan(1000)),
    Shape(
        "layers", "10 layers of 50, each node on 3 of the layer before", _layers(10, 50, each_on=3)
    ),
    Shape("diamonds", "4 nodes, 500 times at once", _DIAMOND, at_once=500),
)
LONE_CHAIN = SHAPES[0]

#: Loads of some 20,000 nodes, in which an idle consumer's wake-up weighs nothing.
SUSTAINED = (
    Shape(
        "200 chains",
        "100 nodes in a row, 200 times at once",
        _chain(100),
        at_once=200,
        is_chain=True,
    ),
    Shape("20 fans", "1 → 1,000 → 1, 20 times at once", fan(1000), at_once=20),
    Shape("fan of 7,000", "1 → 7,000 → 1", fan(7000)),
    Shape("40 layers", "10 layers of 50, 40 times at once", _layers(10, 50, each_on=3), at_once=40),
    Shape("5,000 diamonds", "4 nodes, 5,000 times at once", _DIAMOND, at_once=5000),
)


def task_node(node_id: str) -> dict[str, Any]:
    """Return a node that calls `bench.tasks.noop`: in a thread, like a raw actor."""
    return _action(node_id, "PYTHON_TASK", {"task": "noop"})


def nap_node(node_id: str, *, seconds: float) -> dict[str, Any]:
    """Return a node that calls `bench.tasks.nap`, which keeps its thread for so long."""
    return {
        **_action(node_id, "PYTHON_TASK", {"task": "nap"}),
        "input_params": {"seconds": seconds},
    }


def inline_node(node_id: str) -> dict[str, Any]:
    """Return a node that the worker runs itself, without a thread or a message of its own."""
    return _action(
        node_id, "DATA_TRANSFORMATION", {"operation": "map", "field_mapping": {"v": "1"}}
    )


def document(
    name: str,
    nodes: Sequence[str],
    edges: Edges,
    node: Callable[[str], dict[str, Any]],
) -> dict[str, Any]:
    """Return the workflow: a manual trigger before every node that nothing leads to."""
    entered = {target for _, target in edges}
    all_edges = [("start", each) for each in nodes if each not in entered] + edges
    return {
        "metadata": {"id": name, "name": name},
        "nodes": [
            {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"},
            *(node(each) for each in nodes),
        ],
        "connections": [
            {"id": f"c{index}", "from_node": source, "to_node": target}
            for index, (source, target) in enumerate(all_edges)
        ],
        "triggers": ["start"],
    }


def _action(node_id: str, subtype: str, configurations: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": node_id,
        "name": node_id,
        "type": "ACTION",
        "subtype": subtype,
        "configurations": configurations,
    }
