"""n8n's document: its nodes that run, what connects them, and what is left out first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from treadle.dag.problems import json_path
from treadle.importing.report import Reason, Report

_PREFIXES = ("n8n-nodes-base.", "@n8n/n8n-nodes-langchain.", "n8n-nodes-langchain.")


@dataclass(frozen=True, slots=True)
class Node:
    """A node of n8n's."""

    index: int
    name: str
    type: str
    """Without the package, if it is one of n8n's own."""
    version: float
    parameters: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def path(self) -> str:
        return json_path(("nodes", self.index))

    def at(self, *steps: str | int) -> str:
        """Return the path of one of its parameters."""
        return json_path(("nodes", self.index, "parameters", *steps))

    @property
    def options(self) -> Mapping[str, Any]:
        options = self.parameters.get("options")
        return options if isinstance(options, dict) else {}

    @property
    def position(self) -> tuple[float, float] | None:
        place = self.raw.get("position")
        if isinstance(place, list) and len(place) == 2 and all(map(_is_number, place)):
            return float(place[0]), float(place[1])
        return None


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection that carries items."""

    source: str
    output: int
    target: str
    input: int


@dataclass(slots=True)
class Document:
    """What is imported of a document, by the nodes' names."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    parts: dict[str, list[tuple[str, Node]]] = field(default_factory=lambda: defaultdict(list))
    """The models, tools, memories and parsers of a node: what each is to it, and its node."""

    def into(self, name: str) -> list[Edge]:
        """Return the edges that lead to a node."""
        return [each for each in self.edges if each.target == name]

    def out_of(self, name: str) -> list[Edge]:
        """Return the edges that lead away from a node."""
        return [each for each in self.edges if each.source == name]


def read(raw: Mapping[str, Any], report: Report) -> Document:
    """Return the nodes that run and their connections; report what is left out."""
    document = Document()
    for index, each in enumerate(raw["nodes"]):
        node = _node(index, each)
        if node is None:
            report.add(json_path(("nodes", index)), Reason.NODE_LOST, "This is no node of n8n's.")
        elif node.type == "stickyNote":
            report.add(node.path, Reason.STICKY_NOTE, f"The note {node.name!r} is left out.")
        else:
            document.nodes[node.name] = node
    subordinate = set()
    for source, kind, output, link in _links(raw.get("connections")):
        target = link.get("node")
        if source not in document.nodes or target not in document.nodes:
            path = json_path(("connections", source, kind, output))
            report.add(path, Reason.CONNECTION_LOST, "One of its ends is not in the file.")
        elif kind == "main":
            given = link.get("index")
            edge = Edge(source, output, target, given if isinstance(given, int) else 0)
            if edge not in document.edges:
                document.edges.append(edge)
        else:
            document.parts[target].append((kind, document.nodes[source]))
            subordinate.add(source)
    for name in subordinate:
        document.nodes.pop(name)
    document.edges = [
        each for each in document.edges if {each.source, each.target} <= document.nodes.keys()
    ]
    _leave_out_disabled(document, report)
    return document


def _node(index: int, raw: Any) -> Node | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        return None
    name, kind = raw.get("name"), raw["type"]
    for prefix in _PREFIXES:
        kind = kind.removeprefix(prefix)
    parameters, version = raw.get("parameters"), raw.get("typeVersion", 1)
    return Node(
        index,
        name if isinstance(name, str) and name else f"node {index}",
        kind,
        float(version) if _is_number(version) else 1.0,
        parameters if isinstance(parameters, dict) else {},
        raw,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _links(connections: Any) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
    """Yield source, kind, output and link of every connection that can be read."""
    for source, kinds in connections.items() if isinstance(connections, dict) else ():
        for kind, outputs in kinds.items() if isinstance(kinds, dict) else ():
            for output, links in enumerate(outputs if isinstance(outputs, list) else ()):
                for link in links if isinstance(links, list) else ():
                    if isinstance(link, dict):
                        yield source, kind, output, link


def _leave_out_disabled(document: Document, report: Report) -> None:
    """Connect what comes before a disabled node with what follows its first output, as n8n does."""
    for node in [each for each in document.nodes.values() if each.raw.get("disabled") is True]:
        del document.nodes[node.name]
        before = [each for each in document.into(node.name) if each.input == 0]
        after = [each for each in document.out_of(node.name) if each.output == 0]
        document.edges = [
            each for each in document.edges if node.name not in (each.source, each.target)
        ]
        for one in before:
            for other in after:
                edge = Edge(one.source, one.output, other.target, other.input)
                if edge not in document.edges and one.source != node.name != other.target:
                    document.edges.append(edge)
        report.add(
            node.path,
            Reason.DISABLED_NODE,
            f"{node.name!r} is disabled and left out; what came to it goes to what follows it.",
        )
