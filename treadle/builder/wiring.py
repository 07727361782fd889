"""From what a program says to connections: what runs after what.

A node runs after the exits that the program names, and after the nodes that its texts read. Of the
latter, a connection stands for those that nothing else already leads from. What a node in a branch
or a body reads from outside of it is waited for before the branch or the loop is entered: a
connection into it would let the node run without the branch being taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from treadle.builder.nodes import Exit, Node
from treadle.core.errors import TreadleError
from treadle.dag.graph import CompiledGraph
from treadle.dag.problems import Problem
from treadle.dag.specs import BODY_KEY, DONE_KEY


class ExitNotSaid(TreadleError):
    """A node with several exits is read by one that does not say which exit it follows."""

    reason: ClassVar[str] = "exit_not_said"
    solution: ClassVar[str] = (
        "Say it: `ask.confirmed(NODE)`, or make the node in `with ask.confirmed:`."
    )


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection to be."""

    source: Exit
    target: Node
    conversion: str | None = None

    @property
    def document(self) -> dict[str, str]:
        """The connection as the definition has it."""
        source, target = self.source, self.target
        parts = {
            "id": f"{source.node.id}-{source.key}-{target.id}",
            "from_node": source.node.id,
            "to_node": target.id,
            "output_key": source.key,
        }
        said = self.conversion
        return parts if said is None else {**parts, "conversion_function": said}


def wires(made: Iterable[Node], trigger: Node) -> Iterator[Wire]:
    """Yield the connections to nodes that a program has made, in the order of these."""
    wiring = _Wiring([each for each in made if each is not trigger])
    for node in wiring.nodes:
        if node.stated is None:
            yield from list(wiring.into(node)) or [Wire(Exit(trigger, "result"), node)]
        else:
            yield from (Wire(exit_, node, said) for exit_, said in node.entries[node.stated :])


class _Wiring:
    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self._reads: dict[Node, set[Node]] = {each: set(each.nodes) - {each} for each in nodes}
        self._exits = {each: self._exits_to(each) for each in nodes}
        for node in nodes:
            self._wait_outside(node, {*self._reads[node]})

    def into(self, node: Node) -> Iterator[Wire]:
        """Yield the connections to a node."""
        reads, exits = self._reads[node], self._exits[node]
        behind = [
            each
            for each in exits
            if not any(self._is_after(read, each) for read in reads)
            and not any(self._is_after(other.node, each) for other in exits if each.key == BODY_KEY)
        ]
        yield from (Wire(each, node, exits[each]) for each in behind)
        for read in self._in_order(reads):
            others = (reads - {read}) | {each.node for each in behind}
            if read not in others and not any(self._leads(read, other) for other in others):
                yield Wire(_plain_exit(read, node), node)

    def _exits_to(self, node: Node) -> Mapping[Exit, str | None]:
        """Return the exits that lead to a node, by name or because it reads a loop's names."""
        found: dict[Exit, str | None] = {
            Exit(loop, BODY_KEY): None for loop in self._in_order(node.names)
        }
        found.update(node.entries)
        return found

    def _in_order(self, nodes: Iterable[Node]) -> list[Node]:
        among = set(nodes)
        return [each for each in self.nodes if each in among]

    def _wait_outside(self, node: Node, reads: set[Node]) -> None:
        """Have what a node reads waited for by the nodes whose exits lead to it."""
        for exit_ in self._exits[node]:
            gate = exit_.node
            outside = {
                read
                for read in reads
                if read is not gate and not self._leads(gate, read) and read in self._reads
            }
            fresh = {read for read in outside if not self._leads(read, gate)}
            if gate not in self._reads:
                continue
            self._reads[node] -= outside
            self._reads[gate] |= fresh
            if fresh:
                self._wait_outside(gate, fresh)

    def _is_after(self, node: Node, exit_: Exit) -> bool:
        """Return whether a node runs after an exit."""
        return any(exit_ in self._exits.get(each, ()) for each in (node, *self._before(node)))

    def _leads(self, one: Node, other: Node) -> bool:
        """Return whether `other` runs after `one`."""
        return one in self._before(other)

    def _before(self, node: Node) -> set[Node]:
        """Return all that a node runs after."""
        found: set[Node] = set()
        left = [node]
        while left:
            each = left.pop()
            sources = {*self._reads.get(each, ()), *(one.node for one in self._exits.get(each, ()))}
            left += sources - found
            found |= sources
        return found


def hidden_names(graph: CompiledGraph, nodes: Iterable[Node]) -> Iterator[Problem]:
    """Yield a problem for each node that reads a name of a loop where an inner one has it."""
    for number, node in enumerate(nodes):
        inner = graph.nodes[node.id].loop
        for loop in node.names:
            if loop.id != inner:
                yield Problem(
                    f"nodes[{number}]",
                    "name_hidden",
                    f"It reads a name of the loop {loop.id}, and stands in "
                    f"{f'the body of {inner}' if inner else 'no loop'}, where that is another's.",
                    f"Keep it in a node of the body of {loop.id}, and read that node.",
                )


def _plain_exit(node: Node, reader: Node) -> Exit:
    for key in ("result", DONE_KEY):
        if key in node.keys:
            return Exit(node, key)
    raise ExitNotSaid(
        f"{reader.id} reads what {node.id} puts out, which leaves by {', '.join(node.keys)}.",
        solution=f"Name one: `{node.id}.after(…)` takes exits, such as {node.id}'s {node.keys[0]}.",
    )
