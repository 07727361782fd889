"""The order of n8n's nodes: what leads back, the loops over items, and their bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from treadle.importing.n8n.document import Document, Edge
from treadle.importing.n8n.kinds import LOOP
from treadle.importing.report import Reason, Report


@dataclass(slots=True)
class Loop:
    """A loop over items."""

    name: str
    body_output: int
    done_output: int
    body: set[str] = field(default_factory=set)
    """The names of the nodes that are repeated."""
    leaves: set[str] = field(default_factory=set)
    """Those that lead back to the loop."""


@dataclass(frozen=True, slots=True)
class Order:
    """The nodes in an order in which each comes after what it needs."""

    names: tuple[str, ...]
    loops: Mapping[str, Loop]
    homes: Mapping[str, tuple[str, ...]]
    """The loops around each node, the outermost first."""
    before: Mapping[str, frozenset[str]]
    """What has run before each node."""


def ordered(document: Document, report: Report) -> Order:
    """Cut what leads back, find the loops, and put the nodes in order."""
    loops = {
        name: _loop(document, name) for name, node in document.nodes.items() if node.type == LOOP
    }
    for loop in loops.values():
        _take_back_edges(document, loop)
    _cut_cycles(document, report)
    for loop in loops.values():
        _find_body(document, loop, report)
    homes = {
        name: tuple(
            sorted((each for each in loops if name in loops[each].body),
                   key=lambda each: -len(loops[each].body))
        )
        for name in document.nodes
    }  # fmt: skip
    edges = [(each.source, each.target) for each in document.edges]
    waits = [
        (inner, each.target)
        for loop in loops.values()
        for each in document.out_of(loop.name)
        if each.output == loop.done_output and each.target not in loop.body
        for inner in loop.body
    ]
    names = _sorted(document.nodes, [*edges, *waits])
    return Order(names, loops, homes, _before(names, edges))


def _loop(document: Document, name: str) -> Loop:
    """Return a loop; its outputs changed places with version 3."""
    if document.nodes[name].version >= 3:
        return Loop(name, body_output=1, done_output=0)
    return Loop(name, body_output=0, done_output=1)


def _take_back_edges(document: Document, loop: Loop) -> None:
    """Take out what leads back from the body; whatever the body reaches besides stays."""
    reached = _reached(
        [each.target for each in document.out_of(loop.name) if each.output == loop.body_output],
        [each for each in document.edges if each.source != loop.name],
    )
    back = [each for each in document.into(loop.name) if each.source in reached]
    loop.leaves = {each.source for each in back}
    document.edges = [each for each in document.edges if each not in back]


def _find_body(document: Document, loop: Loop, report: Report) -> None:
    """Find what only the loop leads to; cut what leads from there to anything else."""
    starts = [e.target for e in document.out_of(loop.name) if e.output == loop.body_output]
    body = _reached(starts, document.edges)
    changed = True
    while changed:
        outside = {
            each.target
            for each in document.edges
            if each.target in body
            and each.source not in body
            and (each.source, each.output) != (loop.name, loop.body_output)
        }
        changed = bool(outside)
        body -= _reached(outside, document.edges)
    loop.body = body
    for each in [e for e in document.edges if e.source in body and e.target not in body]:
        document.edges.remove(each)
        report.add(
            document.nodes[each.source].path,
            Reason.CONNECTION_LOST,
            f"{each.source!r} is repeated by {loop.name!r}, so no connection leads from it to"
            f" {each.target!r}, which is not; the loop's results are read instead.",
        )
    direct = [e for e in document.out_of(loop.name) if e.output == loop.body_output]
    for each in [e for e in direct if e.target not in body]:
        document.edges.remove(each)
        message = f"What {loop.name!r} repeats is reached from elsewhere, too; it runs there alone."
        report.add(document.nodes[loop.name].path, Reason.LOOP_DIFFERS, message)


def _reached(starts: Iterable[str], edges: Iterable[Edge]) -> set[str]:
    after = defaultdict(list)
    for each in edges:
        after[each.source].append(each.target)
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(after[name])
    return found


def _cut_cycles(document: Document, report: Report) -> None:
    """Cut each connection that leads back to a node on the way to it."""
    after = defaultdict(list)
    for each in document.edges:
        after[each.source].append(each)
    state: dict[str, int] = {}
    incoming = {each.target for each in document.edges}
    starts = [*(name for name in document.nodes if name not in incoming), *document.nodes]
    for start in starts:
        if start in state:
            continue
        state[start] = 1
        path = [(start, iter(after[start]))]
        while path:
            name, left = path[-1]
            edge = next(left, None)
            if edge is None:
                state[name] = 2
                path.pop()
            elif state.get(edge.target) == 1:
                document.edges.remove(edge)
                report.add(
                    document.nodes[edge.source].path,
                    Reason.CYCLE_CUT,
                    f"The connection from {edge.source!r} back to {edge.target!r} is cut; repeat"
                    " those steps with FLOW.LOOP and `loop_type: while`.",
                )
            elif edge.target not in state:
                state[edge.target] = 1
                path.append((edge.target, iter(after[edge.target])))


def _sorted(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return names in topological order; of several, as they stand in the file."""
    pairs = set(edges)
    left = {name: {one for one, other in pairs if other == name} for name in names}
    found: list[str] = []
    while left:
        ready = [name for name, needs in left.items() if not needs] or [next(iter(left))]
        for name in ready:
            found.append(name)
            del left[name]
        for needs in left.values():
            needs.difference_update(ready)
    return tuple(found)


def _before(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    into = defaultdict(list)
    for one, other in edges:
        into[other].append(one)
    before: dict[str, frozenset[str]] = {}
    for name in names:
        direct = into[name]
        before[name] = frozenset(direct).union(*(before.get(each, frozenset()) for each in direct))
    return before
