"""Random valid workflows, for hypothesis (`cases`) and by seed (`random_case`).

A workflow grows node by node. Each new node hangs on one to three *ends*, output keys that exist
in its scope, so that everything is reachable, nothing leaves a body and nothing goes round. A loop
grows its body as a scope of its own. What an end puts out is known by shape, so most expressions
hold and the runs go deep; the rest fail on purpose.

The fewer and lower the choices, the plainer the workflow: a shrunk one is a short chain of maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from tests.reference import vocabulary
from tests.reference.choices import Choices, Drawn, Seeded, once_in, pick
from tests.reference.interpreter import interpret
from tests.reference.kinds import KINDS, for_each, make_node, turns
from tests.reference.result import Result
from tests.reference.vocabulary import Seen, Shape, Sight

#: Most node executions of a case; what the engine runs well within a second.
MOST_RECORDS = 300
#: Loops inside one another in a random workflow.
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A workflow, an input, and what must come of them."""

    document: dict[str, Any]
    input: dict[str, Any]
    expected: Result


def random_workflow(seed: int, most_nodes: int = 40) -> dict[str, Any]:
    """Return the valid workflow of a seed; its input is `random_case(seed).input`."""
    return random_case(seed, most_nodes).document


def random_case(seed: int, most_nodes: int = 40) -> Case:
    """Return the case of a seed: always the same, never one that order decides."""
    attempt = 0
    while True:
        case = _case(Seeded(seed * 1_000 + attempt), most_nodes)
        if _is_fit(case):
            return case
        attempt += 1


@st.composite
def cases(draw: st.DrawFn, most_nodes: int = 40) -> Case:
    """Cases of 3 to `most_nodes` nodes of which order decides nothing but what a failure cuts."""
    case = _case(Drawn(draw), most_nodes)
    assume(_is_fit(case))
    return case


def _is_fit(case: Case) -> bool:
    return not case.expected.order_dependent and len(case.expected.records) <= MOST_RECORDS


def _case(choices: Choices, most_nodes: int) -> Case:
    document = _Builder(choices, choices.integer(2, most_nodes - 1)).document()
    value = _input(choices)
    return Case(document, value, interpret(document, value))


def _input(choices: Choices) -> dict[str, Any]:
    several = [choices.integer(-3, 9) for _ in range(choices.integer(0, 3))]
    return {
        "n": choices.integer(-2, 12),
        "numbers": several,
        "rows": [{"k": k, "value": value} for k, value in enumerate(several)],
        "text": pick(choices, ("plain", "{{ 1 + 1 }} {% raw %}", "日本 é\"'\\", "")),
    }


@dataclass(frozen=True, slots=True)
class _End:
    """An output key that more nodes can hang on."""

    node: str
    key: str
    shape: Shape
    sure: Mapping[str, Shape]
    """What `nodes` holds for certain when this end is taken, its own node included."""
    before: frozenset[str]
    """Every node upstream, its own included."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where nodes grow: the root or a body."""

    ends: list[_End]
    names: Sight = ()
    """The loop's own: `item`, `index`, `last`."""
    depth: int = 0


@dataclass
class _Builder:
    choices: Choices
    left: int
    """Nodes still to come."""
    nodes: list[dict[str, Any]] = field(default_factory=list)
    connections: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        self._add("start", "TRIGGER", "MANUAL", {})
        sure = {"start": Shape.TRIGGER}
        start = _End("start", "result", Shape.TRIGGER, sure, frozenset(sure))
        self._grow(_Place([start]), self.left)
        metadata: dict[str, Any] = {"id": "random", "name": "random"}
        if once_in(self.choices, 4):
            metadata["continue_on_failure"] = True
        return {
            "metadata": metadata,
            "nodes": self.nodes,
            "connections": self.connections,
            "triggers": ["start"],
        }

    def _grow(self, place: _Place, share: int) -> None:
        """Add up to `share` nodes to a place, one at least."""
        stop = self.left - share
        first = True
        while (self.left > stop and self.left > 0) or first:
            first = False
            self.left -= 1
            sources = self._sources(place)
            node = f"n{len(self.nodes)}" + ("-x" if once_in(self.choices, 8) else "")
            shape = self._connect(node, sources)
            self._make(place, node, sources, shape)

    def _sources(self, place: _Place) -> list[_End]:
        """One end, mostly the newest, or up to three."""
        newest = place.ends[::-1]
        found = [newest[0] if not once_in(self.choices, 3) else pick(self.choices, newest)]
        while once_in(self.choices, 3) and len(found) < 3:
            other = pick(self.choices, newest)
            if other not in found:
                found.append(other)
        return found

    def _connect(self, node: str, sources: list[_End]) -> Shape:
        """Draw the connections to a node; return the shape of its input."""
        shapes = []
        for end in sources:
            wire = {"id": f"c{len(self.connections)}", "from_node": end.node, "to_node": node}
            if end.key != "result":
                wire["output_key"] = end.key
            shape = end.shape
            if shape is Shape.UNKNOWN and end.key == "error":
                wire["conversion_function"] = "{'v': 7, 'xs': [7]}"
                shape = Shape.FIELDS
            elif once_in(self.choices, 6):
                seen = (Seen("output", shape),)
                value = vocabulary.number(self.choices, seen)
                wire["conversion_function"] = f"{{'v': {value}, 'xs': [1, {value}]}}"
                shape = Shape.FIELDS
            shapes.append(shape)
            self.connections.append(wire)
        return shapes[0] if len(shapes) == 1 else Shape.UNKNOWN

    def _make(self, place: _Place, node: str, sources: list[_End], shape: Shape) -> None:
        """Add a node and, for a loop, its body; open its ends."""
        sight = self._sight(place, sources, shape)
        kind = pick(self.choices, KINDS)
        if kind in ("FOR_EACH", "LOOP"):
            if self.left > 0 and place.depth < DEEPEST:
                self._loop(place, node, sources, sight, kind)
                return
            kind = "map"
        if kind in ("join", "zip") and any(end.shape is not Shape.ROWS for end in sources):
            kind = "concatenate"
        type_, subtype, configurations, keys = make_node(self.choices, kind, node, sight, shape)
        self._add(node, type_, subtype, configurations, self._params(sight, subtype))
        for key, put_out in keys.items():
            place.ends.append(_end(node, key, put_out, sources))
        if once_in(self.choices, 6):
            place.ends.insert(-1, _end(node, "error", Shape.ERROR, sources))

    def _params(self, sight: Sight, subtype: str) -> dict[str, Any]:
        if subtype == "MERGE" or not once_in(self.choices, 5):
            return {}
        if once_in(self.choices, 3):
            return {"v": f"{{{{ {vocabulary.number(self.choices, sight)} }}}}"}
        return {"note": vocabulary.text(self.choices, sight)}

    def _loop(self, place: _Place, node: str, sources: list[_End], sight: Sight, kind: str) -> None:
        if kind == "FOR_EACH":
            configurations, names = for_each(self.choices, sight)
        else:
            configurations, names = turns(self.choices, sight)
        on_error = pick(self.choices, ("fail", "continue", "collect"))
        if on_error != "fail":
            configurations["on_error"] = on_error
        self._add(node, "FLOW", kind, configurations)
        loop = _end(node, "body", Shape.TURN, sources)
        entry = _End(node, "body", Shape.TURN, _sure(sources), loop.before - {node})
        inside = _Place([entry], names, place.depth + 1)
        self._grow(inside, self.choices.integer(1, min(5, self.left)))
        place.ends.append(_end(node, "done", Shape.RESULTS, sources))
        if once_in(self.choices, 4):
            place.ends.insert(-1, _end(node, "error", Shape.UNKNOWN, sources))

    def _sight(self, place: _Place, sources: list[_End], shape: Shape) -> Sight:
        """What a node's expressions can name, the likeliest first."""
        seen = [Seen("input", shape), *place.names, Seen("trigger", Shape.TRIGGER)]
        if len(sources) > 1:
            seen += [Seen(_named("input", e.node), e.shape, always=False) for e in sources]
        sure = _sure(sources)
        seen += [Seen(_named("nodes", other), sure[other]) for other in list(sure)[-3:]]
        unsure = sorted(frozenset().union(*(end.before for end in sources)) - sure.keys())
        seen += [Seen(_named("nodes", other), Shape.UNKNOWN, always=False) for other in unsure[:2]]
        return tuple(seen)

    def _add(
        self,
        node: str,
        type_: str,
        subtype: str,
        configurations: dict[str, Any],
        params: Mapping[str, Any] | None = None,
    ) -> None:
        added = {"id": node, "name": node, "type": type_, "subtype": subtype}
        self.nodes.append({**added, "configurations": configurations})
        if params:
            self.nodes[-1]["input_params"] = dict(params)


def _named(of: str, node: str) -> str:
    return f"{of}['{node}']" if "-" in node else f"{of}.{node}"


def _sure(sources: list[_End]) -> dict[str, Shape]:
    """What `nodes` holds for certain, whichever of the sources are taken."""
    first, *others = (end.sure for end in sources)
    return {
        node: shape
        for node, shape in first.items()
        if all(other.get(node) is shape for other in others)
    }


def _end(node: str, key: str, shape: Shape, sources: list[_End]) -> _End:
    before = frozenset({node}).union(*(end.before for end in sources))
    return _End(node, key, shape, {**_sure(sources), node: shape}, before)
