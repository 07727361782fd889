"""Filters with arguments that are more than values: a fallback that is evaluated only when needed,
the name of another operation, an expression per item. Each has a form of its own in the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from jinja2 import nodes

from treadle.dag.expressions import tree
from treadle.dag.expressions.calls import apply, arguments, known, refuse_spreading
from treadle.dag.expressions.checker import Checker
from treadle.dag.expressions.errors import ExpressionInvalid
from treadle.dag.expressions.filters import FILTERS
from treadle.dag.expressions.parsing import parse
from treadle.dag.expressions.suggestions import did_you_mean
from treadle.dag.expressions.syntax import column
from treadle.dag.expressions.tests import TESTS

#: Names that `each` and `where` set for their inner expression.
PER_ITEM_NAMES = frozenset({"item", "index"})


@dataclass(frozen=True, slots=True)
class Form:
    """A filter with a form of its own."""

    signature: str
    summary: str
    accept: Callable[[Checker, nodes.Filter, nodes.Expr], tree.Node]


def filtered(check: Checker, node: nodes.Filter) -> tree.Node:
    """Accept a listed filter."""
    if node.node is None:
        check.refuse(node, "A filter is applied to a value")
    refuse_spreading(check, node)
    if node.name in FORMS:
        return FORMS[node.name].accept(check, node, node.node)
    if node.name not in FILTERS:
        names = sorted({*FILTERS, *FORMS})
        every = f"The filters are: {', '.join(names)}."
        check.refuse(
            node,
            f"There is no filter `{node.name}`",
            did_you_mean(node.name, names, every),
        )
    return apply(check, node, FILTERS[node.name], node.node)


def _default(check: Checker, node: nodes.Filter, subject: nodes.Expr) -> tree.Node:
    given = _given(check, node, ("value", "boolean"))
    at = column(node)
    fallback = check.check(given["value"]) if "value" in given else tree.Constant(at, "")
    falsy = check.check(given["boolean"]) if "boolean" in given else tree.Constant(at, False)
    return tree.Default(at, check.check(subject), fallback, falsy)


def _map(check: Checker, node: nodes.Filter, subject: nodes.Expr) -> tree.Node:
    at, over = column(node), check.check(subject)
    if node.args:
        name = _literal(check, node, "the name of a filter")
        operation = known(check, node, "filter", name, FILTERS)
        further = arguments(check, node, operation, node.args[1:])
        return tree.MapFilter(at, over, tree.Applied(operation, further))
    given = _given(check, node, ("attribute", "default"))
    if "attribute" not in given:
        check.refuse(node, "`map` needs a filter or an attribute", "Write `map(attribute='name')`.")
    default = check.check(given["default"]) if "default" in given else None
    return tree.MapAttribute(at, over, check.check(given["attribute"]), default)


def _select(by_attribute: bool, keep: bool) -> Callable[..., tree.Node]:
    def accept(check: Checker, node: nodes.Filter, subject: nodes.Expr) -> tree.Node:
        attribute, rest = None, node.args
        if by_attribute:
            if not rest:
                check.refuse(
                    node, f"`{node.name}` needs an attribute", f"Write `{node.name}('x')`."
                )
            attribute, rest = check.check(rest[0]), rest[1:]
        test = _element_test(check, node, rest)
        return tree.Select(column(node), check.check(subject), attribute, test, keep)

    return accept


def _element_test(
    check: Checker, node: nodes.Filter, written: list[nodes.Expr]
) -> tree.Applied | Literal["defined", "undefined"] | None:
    """Accept the name of a test and its arguments; truth where none is named."""
    if not written:
        if node.kwargs:
            check.refuse(node, f"`{node.name}` takes no named arguments without a test")
        return None
    name = _literal(check, node, "the name of a test", written)
    if name == "defined":
        return "defined"
    if name == "undefined":
        return "undefined"
    operation = known(check, node, "test", name, TESTS)
    return tree.Applied(operation, arguments(check, node, operation, written[1:]))


def _per_item(keep: bool) -> Callable[..., tree.Node]:
    def accept(check: Checker, node: nodes.Filter, subject: nodes.Expr) -> tree.Node:
        if len(node.args) != 1 or node.kwargs:
            check.refuse(node, f"`{node.name}` takes one expression in quotes")
        source = _literal(check, node, "an expression in quotes")
        over = check.check(subject)
        before = check.facts.size
        try:
            inner = check.within(source, PER_ITEM_NAMES).check(parse(source))
        except ExpressionInvalid as exc:
            raise _outside(exc, check, node) from None
        size = check.facts.size - before
        return tree.PerItem(column(node), over, inner, source, size, keep)

    return accept


def _outside(exc: ExpressionInvalid, check: Checker, node: nodes.Filter) -> ExpressionInvalid:
    """Return an inner expression's problem as one of the outer expression."""
    return type(exc)(
        f"In `{node.name}`, column {exc.position}: {exc.problem}",
        expression=check.source,
        position=column(node),
        solution=exc.advice,
    )


def _literal(
    check: Checker, node: nodes.Filter, what: str, written: list[nodes.Expr] | None = None
) -> str:
    """Return the literal text that the first argument must be."""
    first = (node.args if written is None else written)[0]
    if not isinstance(first, nodes.Const) or not isinstance(first.value, str):
        check.refuse(node, f"`{node.name}` takes {what}, written literally")
    return first.value


def _given(check: Checker, node: nodes.Filter, names: tuple[str, ...]) -> dict[str, nodes.Expr]:
    """Return the arguments that are given, by name."""
    solution = f"It is written `{FORMS[node.name].signature}`."
    if len(node.args) > len(names):
        check.refuse(node, f"`{node.name}` takes at most {len(names)} arguments", solution)
    given = dict(zip(names, node.args, strict=False))
    for each in node.kwargs:
        name = str(each.key)
        if name not in names or name in given:
            check.refuse(node, f"`{node.name}` cannot take `{name}` here", solution)
        given[name] = each.value
    return given


_DEFAULT = Form(
    "default(value='', boolean=false)",
    "`value` where the subject is undefined; with `boolean`, also where it is false or empty.",
    _default,
)

FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "default": _DEFAULT,
        "d": _DEFAULT,
        "map": Form(
            "map(filter, arguments…) or map(attribute='a.b', default=…)",
            "Apply a filter to each element, or take an attribute of each.",
            _map,
        ),
        "select": Form(
            "select(test, arguments…)",
            "The elements that pass a test; without one, those that are true.",
            _select(by_attribute=False, keep=True),
        ),
        "reject": Form(
            "reject(test, arguments…)",
            "The elements that do not pass a test.",
            _select(by_attribute=False, keep=False),
        ),
        "selectattr": Form(
            "selectattr(attribute, test, arguments…)",
            "The elements with an attribute that passes a test.",
            _select(by_attribute=True, keep=True),
        ),
        "rejectattr": Form(
            "rejectattr(attribute, test, arguments…)",
            "The elements with an attribute that does not pass a test.",
            _select(by_attribute=True, keep=False),
        ),
        "each": Form(
            "each('expression')",
            "An expression evaluated for each element, with `item` and `index` set.",
            _per_item(keep=False),
        ),
        "where": Form(
            "where('expression')",
            "The elements for which an expression is true, with `item` and `index` set.",
            _per_item(keep=True),
        ),
    }
)
"""By name."""
