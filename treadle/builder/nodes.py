"""The nodes of a workflow in Python, and the exits by which they are left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from treadle.builder.expressions import Expression, Program, called
from treadle.builder.lines import Line
from treadle.dag.specs import BODY_KEY, DONE_KEY, ERROR_KEY, spec_of
from treadle.dag.specs.people import PEOPLE_SPECS

if TYPE_CHECKING:
    from typing import Self


Some = TypeVar("Some")


@dataclass(eq=False)
class Node:
    """A step. `node["key"]` is a part of what it will put out."""

    workflow: Program
    document: dict[str, Any]
    """As it stands in the definition."""
    line: Line | None = None
    """Where it was made."""
    nodes: frozenset[Node] = frozenset()
    """Nodes whose outputs its texts read."""
    names: frozenset[Node] = frozenset()
    """Loops whose `item`, `index` or `last` its texts read."""
    entries: list[tuple[Exit, str | None]] = field(default_factory=list)
    """The exits that lead to it, as the program says it, each with its conversion."""
    stated: int | None = None
    """How many of these a document says; then nothing is added but what a program says besides."""

    @property
    def id(self) -> str:
        """Its id in the definition."""
        return str(self.document["id"])

    @property
    def keys(self) -> tuple[str, ...]:
        """The output keys that it may leave by."""
        spec = spec_of(self.document["type"], self.document["subtype"])
        return spec.output_keys(self.document["configurations"]) if spec else (ERROR_KEY,)

    @property
    def as_expression(self) -> Expression:
        """All that it will put out."""
        place = f".{self.id}" if "-" not in self.id else f"['{self.id}']"
        return Expression(f"nodes{place}", nodes=[self], workflow=self.workflow)

    def __getitem__(self, key: Any) -> Any:
        return self.as_expression[key]

    def __iter__(self) -> Any:
        return iter(self.as_expression)

    def __format__(self, specification: str) -> str:
        return format(self.as_expression, specification)

    def __repr__(self) -> str:
        return f"<node {self.id}>"

    def exit(self, key: str) -> Exit:
        """Return the exit of an output key."""
        return Exit(self, key)

    @property
    def then(self) -> Exit:
        """The exit by which it leaves when it is done."""
        return Exit(self, DONE_KEY if DONE_KEY in self.keys else "result")

    @property
    def on_error(self) -> Exit:
        """The exit by which it leaves when it has failed for good."""
        return Exit(self, ERROR_KEY)

    def after(self, *sources: Node | Exit | Any) -> Self:
        """Let it run after these nodes, or what leaves by these exits; return it."""
        for each in sources:
            (each if isinstance(each, Exit) else node_of(each).then)(self)
        return self


class Exit:
    """One way out of a node: call it with what runs next, or make that in a `with` block."""

    def __init__(self, node: Node, key: str) -> None:
        self.node, self.key = node, key

    def __call__(self, *nodes: Some, convert: Callable[[Any], Any] | str | None = None) -> Some:
        """Let nodes run after this exit; return the last.

        Args:
            convert: what reaches them, as a function of what the node put out, or as an expression
                that names it `output`.
        """
        conversion = called(convert).text if callable(convert) else convert
        for each in nodes:
            node_of(each).entries.append((self, conversion))
        return nodes[-1]

    def __enter__(self) -> Self:
        self.node.workflow.blocks.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.node.workflow.blocks.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exit) and (self.node, self.key) == (other.node, other.key)

    def __hash__(self) -> int:
        return hash((self.node, self.key))

    def __repr__(self) -> str:
        return f"<exit {self.node.id}.{self.key}>"


class If(Node):
    """Two branches."""

    @property
    def true(self) -> Exit:
        """Where its condition holds."""
        return Exit(self, "true")

    @property
    def false(self) -> Exit:
        """Where it does not."""
        return Exit(self, "false")


class Switch(Node):
    """Many branches."""

    def case(self, key: str) -> Exit:
        """Return the branch of a case, by its key."""
        return Exit(self, key)

    @property
    def default(self) -> Exit:
        """The branch where no case holds."""
        return Exit(self, self.document["configurations"].get("default", "default"))


class Loop(Node):
    """A node that repeats its body."""

    @property
    def body(self) -> Exit:
        """What is repeated."""
        return Exit(self, BODY_KEY)

    @property
    def done(self) -> Exit:
        """What runs when all of its iterations have ended."""
        return Exit(self, DONE_KEY)

    def _name(self, name: str) -> Any:
        return Expression(name, names=[self], workflow=self.workflow)

    @property
    def index(self) -> Any:
        """In its body: the number of the iteration; FOR_EACH counts from 0."""
        return self._name("index")


class ForEach(Loop):
    """A loop over entries."""

    @property
    def item(self) -> Any:
        """In its body: the entry of the iteration."""
        return self._name("item")


class InSequence(Loop):
    """A loop of one iteration after another."""

    @property
    def last(self) -> Any:
        """In its body: the result of the iteration before; at first, what reached the loop."""
        return self._name("last")


class Question(Node):
    """A question to a person."""

    @property
    def confirmed(self) -> Exit:
        """Where the answer is yes, or is given."""
        return Exit(self, "confirmed")

    @property
    def rejected(self) -> Exit:
        """Where the answer is no."""
        return Exit(self, "rejected")

    @property
    def timeout(self) -> Exit:
        """Where nobody answered in time, with `timeout_action="continue"`."""
        return Exit(self, "timeout")


_KINDS: dict[str, type[Node]] = {
    "FLOW.IF": If,
    "FLOW.SWITCH": Switch,
    "FLOW.FOR_EACH": ForEach,
    "FLOW.LOOP": InSequence,
    **{each.key: Question for each in PEOPLE_SPECS},
}


def kind_of(key: str) -> type[Node]:
    """Return the class of a node type's nodes."""
    return _KINDS.get(key, Node)


def node_of(made: object) -> Node:
    """Return a node that was made, whatever a type checker takes it for.

    Raises:
        TypeError: it is none.
    """
    if isinstance(made, Node):
        return made
    raise TypeError(
        f"{made!r} is no node. A task makes one when an argument is a value of the run; "
        "`wf.call(ID, TASK, …)` makes one in any case."
    )
