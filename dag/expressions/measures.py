"""Measuring, comparing and printing values, each bounded by the budget.

A value made by an expression may contain the same list many times, so its size as JSON can be
astronomical although it needs little memory. Walking through one is charged per element, and stops
when the budget is used up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import BAD_ARGUMENT, OUT_OF_RANGE, Fault, wrong_type
from treadle.dag.values import INTEGER_LIMIT, Value, dumps

#: Nesting of lists and objects in a value that an expression makes or compares: the limit of the
#: JSON encoder.
VALUE_LEVELS = 200

NUMBERS: Final = frozenset({int, float})
SCALARS: Final = frozenset({int, float, str, bool, type(None)})
CONTAINERS: Final = frozenset({list, dict})


def out_of_range() -> Fault:
    """Return the fault of a number that JSON's readers cannot hold."""
    return Fault(
        "number_out_of_range: the result is not within ±2^63",
        OUT_OF_RANGE,
        "Keep such numbers as text, or divide first.",
    )


def integer(value: int) -> int:
    """Return an integer that is within range."""
    if -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        return value
    raise out_of_range()


def measure(value: Value, budget: Budget) -> None:
    """Pay for a whole value as it would be written: a step an element, and its text."""
    level: list[Value] = [value]
    depth = 0
    while level:
        below: list[Value] = []
        for each in level:
            kind = each.__class__
            if kind is str:
                budget.make_text(len(each), not each.isascii())
            elif kind is list:
                budget.visit(len(each))
                _measure_flat(each, below, budget)
            elif kind is dict:
                budget.visit(2 * len(each))
                _measure_flat(each, below, budget)
                _measure_flat(each.values(), below, budget)
            elif kind not in SCALARS:
                raise wrong_type("A result", "JSON", each)
        depth += 1
        if depth > VALUE_LEVELS:
            raise too_deep()
        level = below


def _measure_flat(values: Iterable[Value], below: list[Value], budget: Budget) -> None:
    """Pay for the texts among values and put the containers by."""
    size = 0
    for value in values:
        kind = value.__class__
        if kind is str:
            size += len(value) if value.isascii() else 4 * len(value)
        elif kind in CONTAINERS:
            below.append(value)
        elif kind not in SCALARS:
            raise wrong_type("A result", "JSON", value)
    budget.make_text(size, wide=False)


def too_deep() -> Fault:
    """Return the fault of a value nested beyond what is written as JSON."""
    return Fault(f"The value is nested more than {VALUE_LEVELS} levels deep", BAD_ARGUMENT)


def text_of(value: Value, budget: Budget) -> str:
    """Return a value as text: text unchanged, everything else as JSON."""
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    if kind in CONTAINERS:
        measure(value, budget)
    return dumps(value).decode()


def equal(left: Value, right: Value, budget: Budget, depth: int = 0) -> bool:
    """Compare by value: numbers by size, everything else only with its own kind."""
    kind, other = left.__class__, right.__class__
    if kind in NUMBERS and other in NUMBERS:
        return bool(left == right)
    if kind is not other:
        return False
    if kind in CONTAINERS:
        return len(left) == len(right) and _equal_parts(left, right, budget, depth + 1)
    if kind is str:
        if len(left) != len(right):
            return False
        budget.read(left)
    return bool(left == right)


def _equal_parts(left: Value, right: Value, budget: Budget, depth: int) -> bool:
    """Compare two lists or two objects of the same length."""
    if depth > VALUE_LEVELS:
        raise too_deep()
    budget.visit(len(left))
    if left.__class__ is list:
        return all(equal(a, b, budget, depth) for a, b in zip(left, right, strict=True))
    return all(
        key in right and equal(each, right[key], budget, depth) for key, each in left.items()
    )


def identity(value: Value, budget: Budget, depth: int = 0) -> Hashable:
    """Return something hashable that two values share exactly if they are equal."""
    kind = value.__class__
    if kind in NUMBERS or kind is str:
        return value  # type: ignore[no-any-return]
    if kind not in CONTAINERS:
        return (kind, value)
    if depth >= VALUE_LEVELS:
        raise too_deep()
    budget.visit(1 + len(value))
    budget.make_items(len(value))
    if kind is list:
        return (list, *(identity(each, budget, depth + 1) for each in value))
    return frozenset((key, identity(each, budget, depth + 1)) for key, each in value.items())


def elements(what: str, value: Value, budget: Budget) -> list[Value]:
    """Return what a filter goes over: a list's items, an object's keys, a text's characters."""
    kind = value.__class__
    if kind is list:
        budget.visit(len(value))
        return value  # type: ignore[no-any-return]
    if kind is dict:
        budget.visit(len(value))
        budget.make_items(len(value))
        return list(value)
    if kind is str:
        budget.visit(len(value))
        budget.make_items(len(value))
        return list(value)
    raise wrong_type(what, "a list", value)
