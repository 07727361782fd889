"""Filters on lists. An object counts as the list of its keys, a text as its characters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import groupby as adjacent
from types import MappingProxyType
from typing import Any, Final

from treadle.dag.expressions import operators
from treadle.dag.expressions.access import reach, steps_of
from treadle.dag.expressions.arguments import between, flag
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Undefined, wrong_type
from treadle.dag.expressions.measures import elements, identity
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.expressions.ordering import attribute_of, folded, keys
from treadle.dag.values import Value

#: Most groups, or elements of a group, of `batch` and `slice`.
MOST_PARTS = 1_000_000

_EMPTY = Undefined("There is no element to take: the list is empty")


def length(budget: Budget, value: Value) -> int:
    """The number of elements, entries or characters."""
    if value.__class__ in (list, dict, str):
        return len(value)
    raise wrong_type("`length`", "a list, an object or text", value)


def to_list(budget: Budget, value: Value) -> list[Value]:
    """The elements as a list: an object's keys, a text's characters."""
    return elements("`list`", value, budget)


def first(budget: Budget, value: Value) -> Value:
    """The first element; undefined where there is none."""
    return _end(budget, value, 0)


def last(budget: Budget, value: Value) -> Value:
    """The last element; undefined where there is none."""
    return _end(budget, value, -1)


def _end(budget: Budget, value: Value, index: int) -> Value:
    if value.__class__ in (list, str):
        return value[index] if value else _EMPTY
    found = elements("This", value, budget)
    return found[index] if found else _EMPTY


def reverse(budget: Budget, value: Value) -> Value:
    """The elements, or the characters of a text, from last to first."""
    if value.__class__ is str:
        return operators.part(value, None, None, -1, budget)
    found = elements("`reverse`", value, budget)
    budget.make_items(len(found))
    return found[::-1]


def sort(
    budget: Budget,
    value: Value,
    reverse: Value = False,
    case_sensitive: Value = False,
    attribute: Value = None,
) -> list[Value]:
    """The elements in order, by an attribute or several (`'city,name'`); equal ones keep theirs."""
    found = elements("`sort`", value, budget)
    budget.make_items(len(found))
    backwards, exact = flag("`sort`", reverse), flag("`sort`", case_sensitive)
    columns = attribute.split(",") if attribute.__class__ is str else [attribute]
    values = list(found)
    # Sorting stably by the last attribute first makes the first one the primary key.
    for column in reversed(columns):
        values = _sorted(values, column, backwards, exact, budget)
    return values


def _sorted(
    values: list[Value], attribute: Value, backwards: bool, exact: bool, budget: Budget
) -> list[Value]:
    order = keys("Sorting", attribute_of(values, attribute, budget), exact, budget)
    indices = sorted(range(len(values)), key=order.__getitem__, reverse=backwards)
    return [values[index] for index in indices]


def unique(
    budget: Budget, value: Value, case_sensitive: Value = False, attribute: Value = None
) -> list[Value]:
    """The elements without repetitions, the first of each kept."""
    found = elements("`unique`", value, budget)
    exact = flag("`unique`", case_sensitive)
    budget.make_items(len(found))
    seen: dict[Any, Value] = {}
    for each, key in zip(found, attribute_of(found, attribute, budget), strict=True):
        seen.setdefault(identity(folded(key, exact, budget), budget), each)
    return list(seen.values())


def total(budget: Budget, value: Value, attribute: Value = None, start: Value = 0) -> Value:
    """The sum of numbers, of an attribute if named, added to `start`."""
    found = attribute_of(elements("`sum`", value, budget), attribute, budget)
    return reduce(lambda left, right: operators.add(left, right, budget), found, start)


def least(
    budget: Budget, value: Value, case_sensitive: Value = False, attribute: Value = None
) -> Value:
    """The smallest element; undefined where there is none."""
    return _extreme(budget, value, case_sensitive, attribute, largest=False)


def most(
    budget: Budget, value: Value, case_sensitive: Value = False, attribute: Value = None
) -> Value:
    """The largest element; undefined where there is none."""
    return _extreme(budget, value, case_sensitive, attribute, largest=True)


def _extreme(
    budget: Budget, value: Value, case_sensitive: Value, attribute: Value, *, largest: bool
) -> Value:
    found = elements("This", value, budget)
    if not found:
        return _EMPTY
    exact = flag("`case_sensitive`", case_sensitive)
    order = keys("Comparing", attribute_of(found, attribute, budget), exact, budget)
    pick = max if largest else min
    return found[pick(range(len(found)), key=order.__getitem__)]


def groupby(
    budget: Budget,
    value: Value,
    attribute: Value,
    default: Value = None,
    case_sensitive: Value = False,
) -> list[Value]:
    """Objects `{grouper, list}`, one for each value of an attribute, in the order of the values."""
    found = elements("`groupby`", value, budget)
    exact, steps = flag("`groupby`", case_sensitive), steps_of(attribute)
    budget.visit(len(found) * len(steps))
    groupers = [_or_default(reach(each, steps), default) for each in found]
    order = keys("Grouping", groupers, exact, budget)
    budget.make_items(6 * len(found))
    indices = sorted(range(len(found)), key=order.__getitem__)
    groups = [list(group) for _, group in adjacent(indices, key=order.__getitem__)]
    return [
        {"grouper": groupers[group[0]], "list": [found[index] for index in group]}
        for group in groups
    ]


def _or_default(value: Value, default: Value) -> Value:
    if value.__class__ is not Undefined:
        return value
    if default is None:
        raise value.fault()
    return default


def batch(budget: Budget, value: Value, linecount: Value, fill_with: Value = None) -> list[Value]:
    """Lists of `linecount` elements each, the last one filled up if `fill_with` is given."""
    found = elements("`batch`", value, budget)
    width = between("The size of `batch`", linecount, 1, MOST_PARTS)
    budget.make_items(2 * len(found) + (width if fill_with is not None else 0))
    rows = [found[start : start + width] for start in range(0, len(found), width)]
    if fill_with is not None and rows:
        rows[-1].extend([fill_with] * (width - len(rows[-1])))
    return rows


def slice_(budget: Budget, value: Value, slices: Value, fill_with: Value = None) -> list[Value]:
    """The elements dealt into so many lists of (almost) the same length, in order."""
    found = elements("`slice`", value, budget)
    number = between("The number of `slice`", slices, 1, MOST_PARTS)
    budget.make_items(len(found) + 2 * number)
    width, longer = divmod(len(found), number)
    columns, start = [], 0
    for index in range(number):
        stop = start + width + (index < longer)
        filler = [fill_with] if fill_with is not None and index >= longer > 0 else []
        columns.append(found[start:stop] + filler)
        start = stop
    return columns


def zip_(budget: Budget, value: Value, *others: Value) -> list[Value]:
    """Lists of the elements at the same position, up to the length of the shortest list."""
    columns = [elements("`zip`", each, budget) for each in (value, *others)]
    budget.make_items(min(map(len, columns)) * (1 + len(columns)))
    return [list(row) for row in zip(*columns, strict=False)]


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("length", length, "count"),
        operation("list", to_list),
        operation("first", first),
        operation("last", last),
        operation("reverse", reverse),
        operation("sort", sort),
        operation("unique", unique),
        operation("sum", total),
        operation("min", least),
        operation("max", most),
        operation("groupby", groupby),
        operation("batch", batch),
        operation("slice", slice_),
        operation("zip", zip_),
    )
)
