"""The checked tree: what an expression may consist of, and nothing else.

`check` makes it out of Jinja's tree and `compile` turns it into closures. A node that is here is
allowed; Jinja's classes do not pass this point. `at` is the 1-based column that errors show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from treadle.dag.expressions.operations import Operation
from treadle.dag.values import Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; a literal list or object is none, as its parts may vary."""

    at: int
    value: Value


@dataclass(frozen=True, slots=True)
class Path:
    """A name and the literal keys and indices after it: `input.rows[0].id`."""

    at: int
    name: str
    keys: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """`container[key]`, or `container.key` where the container is no path."""

    at: int
    container: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Part:
    """`sequence[start:stop:step]`."""

    at: int
    sequence: Node
    start: Node
    stop: Node
    step: Node


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x` or `not x`."""

    at: int
    operator: Literal["neg", "pos", "not"]
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A chain of operators from left to right: ((first op₁ x₁) op₂ x₂) …"""

    at: int
    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """`a ~ b ~ c`."""

    at: int
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: true when each neighbouring pair holds."""

    at: int
    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and c`, or with `or`: the operand that decides, the rest unevaluated."""

    at: int
    operator: Literal["and", "or"]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if test else no`; without `else` it may be undefined."""

    at: int
    test: Node
    yes: Node
    no: Node | None


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    at: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """`{'a': x}`."""

    at: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """A filter, test, method or function with its arguments in the operation's order."""

    at: int
    operation: Operation
    arguments: tuple[Node, ...]
    """The subject first, if the operation has one."""


@dataclass(frozen=True, slots=True)
class Default:
    """`x | default(fallback, falsy)`."""

    at: int
    subject: Node
    fallback: Node
    falsy: Node


@dataclass(frozen=True, slots=True)
class IsDefined:
    """`x is defined`."""

    at: int
    subject: Node


@dataclass(frozen=True, slots=True)
class Applied:
    """What is done to each element: an operation with its further arguments."""

    operation: Operation
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapAttribute:
    """`xs | map(attribute='a.b', default=…)`."""

    at: int
    subject: Node
    attribute: Node
    default: Node | None


@dataclass(frozen=True, slots=True)
class MapFilter:
    """`xs | map('filter', …)`."""

    at: int
    subject: Node
    applied: Applied


@dataclass(frozen=True, slots=True)
class Select:
    """`select`, `reject`, `selectattr`, `rejectattr`."""

    at: int
    subject: Node
    attribute: Node | None
    """What of each element is tested; the element itself where absent."""
    test: Applied | Literal["defined", "undefined"] | None
    """Truth where absent."""
    keep: bool
    """Whether the elements that pass stay, or the others."""


@dataclass(frozen=True, slots=True)
class PerItem:
    """`xs | each('…')` and `xs | where('…')`."""

    at: int
    subject: Node
    inner: Node
    source: str
    """The text of the inner expression, for errors inside it."""
    size: int
    """Nodes of the inner expression: the steps one element takes."""
    keep: bool
    """`where`: elements for which the inner expression is true stay as they are."""


Node: TypeAlias = (
    Constant
    | Path
    | Item
    | Part
    | Unary
    | Arithmetic
    | Joined
    | Comparison
    | Logic
    | Choice
    | ListOf
    | ObjectOf
    | Apply
    | Default
    | IsDefined
    | MapAttribute
    | MapFilter
    | Select
    | PerItem
)
