"""The walk that checks a tree: what may be named, what was named, and how deep it goes.

What each kind of node must satisfy is said in `syntax` (literals, names, operators) and `calls`
(filters, tests, methods, functions); `check` puts the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from jinja2 import nodes

from treadle.dag.expressions import tree
from treadle.dag.expressions.lexing import LEVELS, refuse

Handler = Callable[["Checker", Any], tree.Node]
"""Accepts one class of Jinja's nodes, so its own argument is narrower than any."""


@dataclass(frozen=True)
class Context:
    """What an expression may name in its place."""

    node_ids: frozenset[str]
    """Ids that `nodes.<id>` may name."""
    names: frozenset[str]
    """Of `input nodes trigger execution item index last secrets output`."""
    secrets_allowed: bool = False
    """Whether the field takes secrets, so that `secrets.NAME` is allowed."""


@dataclass
class Facts:
    """What an expression reads, gathered while it is checked."""

    names: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    size: int = 0
    """Nodes of the tree, those of inner expressions included."""


class Checker:
    """Turns Jinja's tree into ours, node by node, and refuses what is not listed."""

    def __init__(
        self,
        source: str,
        context: Context,
        handlers: Mapping[type[nodes.Expr], Handler],
        facts: Facts | None = None,
    ) -> None:
        self.source = source
        self.context = context
        self.facts = facts if facts is not None else Facts()
        #: Names that the expression sets itself, per item.
        self.bound: frozenset[str] = frozenset()
        self.depth = 0
        self._handlers = handlers

    def within(self, source: str, bound: frozenset[str]) -> Checker:
        """Return the checker of an inner expression, at this depth and with further names."""
        inner = Checker(source, self.context, self._handlers, self.facts)
        inner.bound = self.bound | bound
        inner.depth = self.depth
        return inner

    def check(self, node: nodes.Expr) -> tree.Node:
        """Return our node for Jinja's.

        Raises:
            ExpressionInvalid: it is not on the list, or deeper than `LEVELS`.
        """
        handler = self._handlers.get(type(node))
        if handler is None:
            self.refuse(node, f"`{type(node).__name__}` is not allowed in an expression")
        self.facts.size += 1
        self.depth += 1
        self.refuse_deeper(node, 0)
        checked = handler(self, node)
        self.depth -= 1
        return checked

    def refuse_deeper(self, node: nodes.Expr, levels: int) -> None:
        """Refuse a node that would add so many levels of nesting."""
        if self.depth + levels > LEVELS:
            self.refuse(
                node,
                f"The expression is nested more than {LEVELS} levels deep",
                "Compute the inner part in a node of its own.",
            )

    def refuse(self, node: nodes.Node, problem: str, solution: str | None = None) -> NoReturn:
        """Raise `ExpressionInvalid` at a node."""
        refuse(problem, self.source, node.lineno, solution)
