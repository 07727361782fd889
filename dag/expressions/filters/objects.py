"""Filters on objects. They make new objects; their arguments are never changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions.arguments import entries, flag, one_of, text
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import wrong_type
from treadle.dag.expressions.measures import elements
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.expressions.ordering import keys
from treadle.dag.values import Value


def items(budget: Budget, value: Value) -> list[Value]:
    """The entries as lists `[key, value]`."""
    found = entries("`items`", value)
    budget.visit(len(found))
    budget.make_items(3 * len(found))
    return [[key, each] for key, each in found.items()]


def dictsort(
    budget: Budget,
    value: Value,
    case_sensitive: Value = False,
    by: Value = "key",
    reverse: Value = False,
) -> list[Value]:
    """The entries as lists `[key, value]`, in the order of the keys or, `by='value'`, values."""
    pairs = items(budget, entries("`dictsort`", value))
    which = 0 if one_of("`by`", by, ("key", "value")) == "key" else 1
    exact, backwards = flag("`dictsort`", case_sensitive), flag("`dictsort`", reverse)
    order = keys("`dictsort`", [pair[which] for pair in pairs], exact, budget)
    indices = sorted(range(len(pairs)), key=order.__getitem__, reverse=backwards)
    return [pairs[index] for index in indices]


def merge(budget: Budget, value: Value, *others: Value) -> dict[str, Value]:
    """One object of several; a later one's entries replace an earlier one's."""
    merged: dict[str, Value] = {}
    for each in (value, *others):
        found = entries("`merge`", each)
        budget.visit(len(found))
        budget.make_items(4 + len(found))
        merged.update(found)
    return merged


def pick(budget: Budget, value: Value, *names: Value) -> dict[str, Value]:
    """The object with only these keys, as far as it has them."""
    found = entries("`pick`", value)
    wanted = [text("`pick`", each) for each in names]
    budget.make_items(4 + len(wanted))
    return {key: found[key] for key in wanted if key in found}


def omit(budget: Budget, value: Value, *names: Value) -> dict[str, Value]:
    """The object without these keys."""
    found = entries("`omit`", value)
    unwanted = {text("`omit`", each) for each in names}
    budget.visit(len(found))
    budget.make_items(4 + len(found))
    return {key: each for key, each in found.items() if key not in unwanted}


def to_object(budget: Budget, value: Value) -> dict[str, Value]:
    """An object of entries `[key, value]` or `{key, value}`; what `items` takes apart."""
    found = elements("`to_object`", value, budget)
    budget.make_items(4 + len(found))
    return dict(_entry(each) for each in found)


def _entry(value: Value) -> tuple[str, Value]:
    if value.__class__ is list and len(value) == 2:
        key, each = value
    elif value.__class__ is dict and {"key", "value"} <= value.keys():
        key, each = value["key"], value["value"]
    else:
        raise wrong_type("`to_object`", "entries [key, value] or {key, value}", value)
    return text("The key of an entry", key), each


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("items", items),
        operation("dictsort", dictsort),
        operation("merge", merge),
        operation("pick", pick),
        operation("omit", omit),
        operation("to_object", to_object),
    )
)
