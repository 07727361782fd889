"""The readable parts of a document, so that one broken part hides no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from treadle.dag.specs import NodeSpec, spec_of
from treadle.dag.specs.loops import LOOP_SPECS
from treadle.dag.topology import Link
from treadle.dag.values import Value


@dataclass(frozen=True, slots=True)
class DraftNode:
    """A node, as far as it can be read."""

    index: int
    id: str
    """Empty if it has none."""
    spec: NodeSpec | None
    """`None` if its type is unknown or not available."""
    configurations: Mapping[str, Value]
    input_params: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class DraftConnection:
    """A connection with readable ends; they may name no existing node."""

    link: Link
    conversion: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What can be read of a workflow."""

    all_nodes: tuple[DraftNode, ...]
    nodes: Mapping[str, DraftNode]
    """By id, the first of each; the others have no place in the graph."""
    connections: tuple[DraftConnection, ...]
    triggers: tuple[tuple[int, str], ...]
    """Positions and ids."""
    specs: Mapping[str, NodeSpec]
    """The known specs by node id."""
    loops: frozenset[str]
    """The ids of loops."""


def draft(document: Mapping[str, Value]) -> Draft:
    """Read what can be read of a document."""
    all_nodes = tuple(_nodes(document.get("nodes")))
    nodes: dict[str, DraftNode] = {}
    for each in all_nodes:
        if each.id:
            nodes.setdefault(each.id, each)
    triggers = document.get("triggers")
    specs = {each.id: each.spec for each in nodes.values() if each.spec is not None}
    return Draft(
        all_nodes,
        nodes,
        tuple(_connections(document.get("connections"))),
        tuple(
            (index, each)
            for index, each in enumerate(triggers if isinstance(triggers, list) else ())
            if isinstance(each, str)
        ),
        specs,
        frozenset(each for each, spec in specs.items() if spec in LOOP_SPECS),
    )


def _nodes(value: Value) -> Iterator[DraftNode]:
    for index, node in _objects(value):
        node_id = node.get("id")
        yield DraftNode(
            index,
            node_id if isinstance(node_id, str) else "",
            _known(node.get("type"), node.get("subtype")),
            _object(node.get("configurations")),
            _object(node.get("input_params")),
        )


def _connections(value: Value) -> Iterator[DraftConnection]:
    for index, each in _objects(value):
        ends = each.get("from_node"), each.get("to_node"), each.get("output_key", "result")
        source, target, key = ends
        if isinstance(source, str) and isinstance(target, str) and isinstance(key, str):
            conversion = each.get("conversion_function")
            yield DraftConnection(
                Link(index, source, target, key),
                conversion if isinstance(conversion, str) else None,
            )


def _known(kind: Value, subtype: Value) -> NodeSpec | None:
    if not isinstance(kind, str) or not isinstance(subtype, str):
        return None
    spec = spec_of(kind, subtype)
    return spec if spec is not None and spec.available else None


def _objects(value: Value) -> Iterator[tuple[int, dict[str, Value]]]:
    for index, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, dict):
            yield index, each


def _object(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}
