"""Figures over the values of one field: what `aggregate`, `group_by` and `pivot` compute. Pure.

Null counts as not there, except for `first`, `last` and `list`, which say what stands there. A
figure of nothing is null; a count and a sum of nothing are 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from treadle.dag.specs.data import Aggregation, Function
from treadle.dag.values import INTEGER_LIMIT, Value
from treadle.workers.nodes.data.comparison import check_comparable, field_of, identity
from treadle.workers.nodes.errors import NotANumber, NumberOutOfRange
from treadle.workers.nodes.results import Items, within


def figure(function: Function, path: str | None, items: Items) -> Value:
    """Compute one figure over a field of the items; over the items themselves without a path.

    Raises:
        NotANumber: `sum` or `avg` met something else.
        NotComparable: `min` or `max` met values that have no common order.
        NumberOutOfRange: the result is beyond what JSON readers hold.
        ResultsTooLarge: a field of results in the ledger is more than a payload holds.
    """
    if function == "count" and path is None:
        return len(items)
    return _FIGURES[function](within(items, (field_of(item, path) for item in items)), path)


def figures(functions: Mapping[str, Aggregation], items: Items) -> dict[str, Value]:
    """Compute every figure, by its name."""
    return {name: figure(each.function, each.field, items) for name, each in functions.items()}


def _there(values: list[Value]) -> list[Value]:
    return [value for value in values if value is not None]


def _count(values: list[Value], _: str | None) -> Value:
    return len(_there(values))


def _sum(values: list[Value], path: str | None) -> Value:
    numbers = _numbers(values, path)
    # Floats are added without the error that grows with their count; integers stay exact.
    exact = all(isinstance(number, int) for number in numbers)
    return _in_range(sum(numbers) if exact else _float_sum(numbers), path)


def _average(values: list[Value], path: str | None) -> Value:
    numbers = _numbers(values, path)
    return _in_range(_float_sum(numbers) / len(numbers), path) if numbers else None


def _extreme(pick: Callable[[list[Value]], Value]) -> Callable[[list[Value], str | None], Value]:
    def compute(values: list[Value], path: str | None) -> Value:
        there = _there(values)
        check_comparable(there, path)
        return pick(there) if there else None

    return compute


def _float_sum(numbers: list[int | float]) -> float:
    try:
        return math.fsum(numbers)
    except OverflowError:
        return math.inf


def _numbers(values: list[Value], path: str | None) -> list[int | float]:
    there = _there(values)
    for value in there:
        if value.__class__ not in (int, float):
            what = f"The field {path}" if path else "The list"
            raise NotANumber(f"{what} holds something that is no number.", field=path)
    return there


def _in_range(value: int | float, path: str | None) -> Value:
    if (isinstance(value, int) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise NumberOutOfRange("A figure is beyond ±2^63 or not finite.", field=path)
    return value


_FIGURES: Mapping[Function, Callable[[list[Value], str | None], Value]] = {
    "count": _count,
    "sum": _sum,
    "avg": _average,
    "min": _extreme(min),
    "max": _extreme(max),
    "first": lambda values, _: values[0] if values else None,
    "last": lambda values, _: values[-1] if values else None,
    "list": lambda values, _: values,
    "count_distinct": lambda values, _: len({identity(value) for value in _there(values)}),
}
