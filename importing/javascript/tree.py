"""The tree of a foreign expression: what of JavaScript can be read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: text, number, boolean or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Undefined:
    """`undefined`."""


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, `$json` among them."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`a.b` and `a[b]`; with `?.` it is optional."""

    subject: Tree
    key: Tree
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function or method."""

    function: Tree
    arguments: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`!a`, `-a`."""

    operator: str
    operand: Tree


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands."""

    operator: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Choice:
    """`test ? yes : no`."""

    test: Tree
    yes: Tree
    no: Tree


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b]`."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """`{a: b}`."""

    entries: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A template literal: texts and expressions in turn."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """`(a, b) => body`."""

    parameters: tuple[str, ...]
    body: Tree


Tree: TypeAlias = (
    Constant
    | Undefined
    | Name
    | Member
    | Call
    | Unary
    | Binary
    | Choice
    | Array
    | Object
    | Text
    | Arrow
)


class Untranslatable(Exception):
    """There is no exact translation; the message says of what."""


def operands(tree: Tree, operator: str) -> list[Tree]:
    """Return the operands of a chain of one operator, which associates either way."""
    found: list[Tree] = []
    while isinstance(tree, Binary) and tree.operator == operator:
        found.append(tree.right)
        tree = tree.left
    return [tree, *reversed(found)]


def is_nothing(tree: Tree) -> bool:
    """Whether it is `null` or `undefined`."""
    return isinstance(tree, Undefined) or (isinstance(tree, Constant) and tree.value is None)


def has_word(tree: Binary) -> bool:
    """Whether one side is a text that is no number, which equals nothing but itself."""
    for side in (tree.left, tree.right):
        if isinstance(side, Constant) and isinstance(side.value, str):
            return side.value.strip()[:1].isalpha() and side.value not in ("Infinity", "NaN")
    return False


def is_optional(tree: Tree) -> bool:
    """Whether a chain before it has a `?.`, which makes all of it null where that is missing."""
    while isinstance(tree, Member):
        if tree.optional:
            return True
        tree = tree.subject
    return False
