"""What methods, functions, tests and plain filters must satisfy."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from jinja2 import nodes

from treadle.dag.expressions import tree
from treadle.dag.expressions.checker import Checker
from treadle.dag.expressions.functions import FUNCTIONS
from treadle.dag.expressions.methods import METHODS
from treadle.dag.expressions.operations import BadCall, Operation, bind
from treadle.dag.expressions.suggestions import did_you_mean
from treadle.dag.expressions.syntax import column
from treadle.dag.expressions.tests import TESTS

Called = nodes.Filter | nodes.Test | nodes.Call


def call(check: Checker, node: nodes.Call) -> tree.Node:
    """Accept a listed method of a value, or a listed function; nothing else can be called."""
    target = node.node
    if isinstance(target, nodes.Getattr):
        method = known(check, node, "method", target.attr, METHODS)
        return apply(check, node, method, target.node)
    if not isinstance(target, nodes.Name):
        check.refuse(node, "Only listed methods and functions can be called")
    return apply(check, node, known(check, node, "function", target.name, FUNCTIONS), None)


def test(check: Checker, node: nodes.Test) -> tree.Node:
    """Accept a listed test; only `defined` may read a missing value."""
    if node.name in ("defined", "undefined"):
        if node.args or node.kwargs:
            check.refuse(node, f"`{node.name}` takes no argument")
        defined = tree.IsDefined(column(node), check.check(node.node))
        return defined if node.name == "defined" else tree.Unary(column(node), "not", defined)
    return apply(check, node, known(check, node, "test", node.name, TESTS), node.node)


def apply(
    check: Checker, node: Called, operation: Operation, subject: nodes.Expr | None
) -> tree.Node:
    """Apply an operation to its subject and to the arguments as written."""
    further = arguments(check, node, operation, node.args)
    first = () if subject is None else (check.check(subject),)
    return tree.Apply(column(node), operation, (*first, *further))


def arguments(
    check: Checker, node: Called, operation: Operation, positional: Sequence[nodes.Expr]
) -> tuple[tree.Node, ...]:
    """Check arguments and put them in the operation's order, defaults filled in."""
    refuse_spreading(check, node)
    # Keyword is a pair of a name and an expression; its annotations are the class's, not these.
    named = [(str(each.key), each.value) for each in node.kwargs]
    try:
        bound = bind(operation, positional, named)
    except BadCall as exc:
        check.refuse(node, str(exc), f"It is written `{operation.signature}`.")
    return tuple(
        tree.Constant(column(node), each.default)
        if isinstance(each, inspect.Parameter)
        else check.check(each)
        for each in bound
    )


def refuse_spreading(check: Checker, node: Called) -> None:
    """Refuse `*` and `**` before an argument."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        check.refuse(node, "Arguments are written out; `*` and `**` cannot spread them")


def known(
    check: Checker, node: nodes.Node, kind: str, name: str, table: Mapping[str, Operation]
) -> Operation:
    """Return the operation of a name, or refuse it and name the nearest."""
    if name not in table:
        every = f"The {kind}s are: {', '.join(sorted(table))}."
        check.refuse(node, f"There is no {kind} `{name}`", did_you_mean(name, table, every))
    return table[name]
