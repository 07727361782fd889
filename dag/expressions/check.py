"""Source to checked tree: the one entry to parsing and checking."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jinja2 import nodes

from treadle.dag.expressions import calls, forms, syntax, tree
from treadle.dag.expressions.checker import Checker, Context, Facts, Handler
from treadle.dag.expressions.parsing import parse

HANDLERS: Final[Mapping[type[nodes.Expr], Handler]] = MappingProxyType(
    {
        **syntax.HANDLERS,
        nodes.Call: calls.call,
        nodes.Test: calls.test,
        nodes.Filter: forms.filtered,
    }
)
"""The node classes an expression may consist of; every other class is refused."""


def check(source: str, context: Context) -> tuple[tree.Node, Facts]:
    """Return the checked tree of a source, and what it reads.

    Raises:
        ExpressionInvalid: it is no expression, or names what is not there.
    """
    checker = Checker(source, context, HANDLERS)
    return checker.check(parse(source)), checker.facts
