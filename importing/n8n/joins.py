"""Connections that meet at a node: whether all of them are taken, and what arrives by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from treadle.importing.building import Building
from treadle.importing.n8n.document import Edge, Node
from treadle.importing.n8n.scope import Items
from treadle.importing.n8n.step import Output, Outputs, listed
from treadle.importing.report import Reason

Branches = Mapping[str, frozenset[str]]
"""Of each node that branches, the keys by which something is reached; it is reached by no other."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one connection brings."""

    edge: Edge
    output: Output
    branches: Branches


def together(arrivals: Sequence[Arrival]) -> Branches:
    """Return what holds of a node that is reached by any of these."""
    if not arrivals:
        return {}
    first, *others = [each.branches for each in arrivals]
    shared = set(first).intersection(*others)
    return {
        name: frozenset[str]().union(*(each.branches[name] for each in arrivals)) for name in shared
    }


def by(output: Output, branches: Branches, all_keys: Mapping[str, int]) -> Branches:
    """Return what holds of what is reached by an output."""
    if all_keys.get(output.node, 1) < 2:
        return branches
    return {**branches, output.node: frozenset(output.keys)}


def _exclusive(one: Branches, other: Branches) -> bool:
    return any(name in other and not (keys & other[name]) for name, keys in one.items())


def joined(
    arrivals: Sequence[Arrival], node: Node, name: str, building: Building
) -> tuple[Items, list[Output]]:
    """Return what arrives at an input, in one of the two forms; a merge before it if needed."""
    outputs = [each.output for each in arrivals]
    apart = all(
        _exclusive(one.branches, other.branches)
        for index, one in enumerate(arrivals)
        for other in arrivals[:index]
    )
    items = Items.MANY if any(each.items is Items.MANY for each in outputs) else Items.ONE
    if apart:
        return items, [as_items(each, items) for each in outputs]
    building.report.add(
        node.path,
        Reason.INPUTS_JOINED,
        f"n8n runs {node.name!r} once for each of its connections; here it runs once, when all have"
        " brought their items.",
    )
    merge = building.reserve(f"{name}_inputs")
    building.add(merge, "FLOW.MERGE", {}, name=f"{node.name} inputs", path=node.path,
                 position=node.position)  # fmt: skip
    for each in outputs:
        connect(building, as_items(each, Items.MANY), merge)
    return Items.MANY, [Output(merge, items=Items.MANY, convert=listed)]


def as_items(output: Output, items: Items) -> Output:
    """Return an output in the form that is asked for; one item is a list of one."""
    if output.items is items or items is Items.ONE:
        return output
    convert = output.convert
    return replace(output, items=Items.MANY, convert=lambda root: f"[{convert(root)}]")


def connect(building: Building, output: Output, target: str) -> None:
    """Connect an output to a node, converted to the form that expressions expect."""
    text = output.convert("output")
    if output.items is Items.MANY:
        text = "output" if text == "output.data" else f"{{'data': {text}}}"
    for key in output.keys:
        building.connect(output.node, key, target, text)


def keys_of(outputs: Outputs) -> dict[str, int]:
    """Return by how many outputs each node of Treadle's is left."""
    count: dict[str, set[tuple[str, ...]]] = {}
    for each in outputs.values():
        count.setdefault(each.node, set()).add(each.keys)
    return {name: len(keys) for name, keys in count.items()}
