"""Checked tree to closures: each node becomes a function of the variables and the budget.

A node can be compiled in two ways. The *strict* closure returns a value or raises. The *lenient*
one, used only where `default`, `is defined` or a choice needs it, may also return `Undefined`. So
it is decided at compilation whether a value may be missing, and the strict closure tests for
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from treadle.dag.expressions import closures, form_closures, paths, tree
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Undefined
from treadle.dag.expressions.form_closures import ElementTest
from treadle.dag.expressions.operators import ARITHMETIC, COMPARISONS, SIGNS
from treadle.dag.expressions.paths import Run
from treadle.dag.values import Value


def strict(node: tree.Node) -> Run:
    """Return the closure of a node that raises if a value is missing."""
    return _STRICT[type(node)](node)


def lenient(node: tree.Node) -> Run:
    """Return the closure of a node that returns `Undefined` if its own value is missing."""
    return _LENIENT.get(type(node), strict)(node)


def _all(nodes: Sequence[tree.Node]) -> list[Run]:
    return [strict(node) for node in nodes]


def _unary(node: tree.Unary) -> Run:
    operand = strict(node.operand)
    if node.operator == "not":
        return closures.negation(operand)
    return closures.unary(SIGNS[node.operator], operand, node.at)


def _arithmetic(node: tree.Arithmetic) -> Run:
    rest = [(ARITHMETIC[operator], strict(operand)) for operator, operand in node.rest]
    if len(rest) == 1:
        return closures.binary(rest[0][0], strict(node.first), rest[0][1], node.at)
    return closures.arithmetic(strict(node.first), rest, node.at)


def _comparison(node: tree.Comparison) -> Run:
    rest = [(COMPARISONS[operator], strict(operand)) for operator, operand in node.rest]
    if len(rest) == 1:
        return closures.binary(rest[0][0], strict(node.first), rest[0][1], node.at)
    return closures.comparison(strict(node.first), rest, node.at)


def _logic(node: tree.Logic) -> Run:
    operands = _all(node.operands)
    is_and = node.operator == "and"
    return closures.conjunction(operands) if is_and else closures.disjunction(operands)


def _choice(node: tree.Choice) -> Run:
    no = closures.nothing(node.at) if node.no is None else strict(node.no)
    return closures.choice(strict(node.test), strict(node.yes), no)


def _maybe_choice(node: tree.Choice) -> Run:
    no = closures.maybe_nothing() if node.no is None else lenient(node.no)
    return closures.choice(strict(node.test), lenient(node.yes), no)


def _part(node: tree.Part) -> Run:
    bounds = (strict(node.start), strict(node.stop), strict(node.step))
    return closures.sliced(strict(node.sequence), *bounds, node.at)


def _object(node: tree.ObjectOf) -> Run:
    entries = [(strict(key), strict(value)) for key, value in node.entries]
    return closures.object_of(entries, node.at)


def _default(node: tree.Default) -> Run:
    subject, falsy = lenient(node.subject), strict(node.falsy)
    return form_closures.fallback(subject, strict(node.fallback), falsy)


def _maybe_default(node: tree.Default) -> Run:
    subject, falsy = lenient(node.subject), strict(node.falsy)
    return form_closures.fallback(subject, lenient(node.fallback), falsy)


def _map_attribute(node: tree.MapAttribute) -> Run:
    default = None if node.default is None else strict(node.default)
    run = form_closures.map_attribute(strict(node.subject), strict(node.attribute), default)
    return closures.located(run, node.at)


def _map_filter(node: tree.MapFilter) -> Run:
    operation, further = node.applied.operation.run, _all(node.applied.arguments)
    run = form_closures.map_operation(strict(node.subject), operation, further)
    return closures.located(run, node.at)


def _select(node: tree.Select) -> Run:
    attribute = None if node.attribute is None else strict(node.attribute)
    further = _all(node.test.arguments) if isinstance(node.test, tree.Applied) else []
    test = _element_test(node.test)
    run = form_closures.select(strict(node.subject), attribute, test, further, node.keep)
    return closures.located(run, node.at)


def _element_test(test: tree.Applied | str | None) -> ElementTest:
    """Return the test of one element, which may be missing only for `defined`."""
    if test == "defined":
        return lambda value, budget, further: value.__class__ is not Undefined
    if test == "undefined":
        return lambda value, budget, further: value.__class__ is Undefined
    run = test.operation.run if isinstance(test, tree.Applied) else None

    def holds(value: Value, budget: Budget, further: Sequence[Value]) -> bool:
        if value.__class__ is Undefined:
            raise value.fault()
        return bool(value if run is None else run(budget, value, *further))

    return holds


def _per_item(node: tree.PerItem) -> Run:
    subject, inner = strict(node.subject), strict(node.inner)
    run = form_closures.per_item(subject, inner, node.source, node.size, node.keep)
    return closures.located(run, node.at)


_STRICT: Final[Mapping[type[Any], Callable[[Any], Run]]] = MappingProxyType(
    {
        tree.Constant: lambda node: closures.constant(node.value),
        tree.Path: lambda node: paths.path(node.name, node.keys, node.at),
        tree.Item: lambda node: closures.subscript(
            strict(node.container), strict(node.key), node.at
        ),
        tree.Part: _part,
        tree.Unary: _unary,
        tree.Arithmetic: _arithmetic,
        tree.Joined: lambda node: closures.joined(_all(node.parts), node.at),
        tree.Comparison: _comparison,
        tree.Logic: _logic,
        tree.Choice: _choice,
        tree.ListOf: lambda node: closures.list_of(_all(node.items)),
        tree.ObjectOf: _object,
        tree.Apply: lambda node: form_closures.applied(
            node.operation.run, _all(node.arguments), node.at
        ),
        tree.Default: _default,
        tree.IsDefined: lambda node: form_closures.is_defined(lenient(node.subject)),
        tree.MapAttribute: _map_attribute,
        tree.MapFilter: _map_filter,
        tree.Select: _select,
        tree.PerItem: _per_item,
    }
)

_LENIENT: Final[Mapping[type[Any], Callable[[Any], Run]]] = MappingProxyType(
    {
        tree.Path: lambda node: paths.maybe_path(node.name, node.keys),
        tree.Item: lambda node: closures.maybe_subscript(lenient(node.container), strict(node.key)),
        tree.Choice: _maybe_choice,
        tree.Default: _maybe_default,
        tree.Apply: lambda node: form_closures.maybe_applied(
            node.operation.run, _all(node.arguments), node.at
        ),
    }
)
