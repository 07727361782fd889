"""Keys to sort and compare by: all numbers, or all text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.dag.expressions.access import reached, steps_of
from treadle.dag.expressions.budget import CHARACTERS_A_STEP, Budget
from treadle.dag.expressions.errors import Fault, kind_of
from treadle.dag.expressions.measures import NUMBERS
from treadle.dag.expressions.texts import recased
from treadle.dag.values import Value


def attribute_of(values: Sequence[Value], attribute: Value, budget: Budget) -> list[Value]:
    """Return an attribute of each value; the values themselves where none is asked for."""
    if attribute is None:
        return list(values)
    steps = steps_of(attribute)
    budget.visit(len(values) * len(steps))
    return [reached(each, steps) for each in values]


def folded(value: Value, case_sensitive: bool, budget: Budget) -> Value:
    """Return a text in lower case, unless case counts; other values as they are."""
    if case_sensitive or value.__class__ is not str:
        return value
    return recased(value, str.lower, budget)


def keys(what: str, values: Sequence[Value], case_sensitive: bool, budget: Budget) -> list[Any]:
    """Return keys that Python can order, after charging for ordering them.

    Raises:
        Fault: `wrong_type`, as only numbers or only text have an order.
    """
    comparable = [folded(each, case_sensitive, budget) for each in values]
    # Comparing a pair of keys that are all of one kind takes a fraction of a step.
    passes = 1 + len(comparable).bit_length() // 4
    budget.visit(len(comparable) * passes)
    if all(each.__class__ in NUMBERS for each in comparable):
        return comparable
    size = 0
    for each in comparable:
        if each.__class__ is not str:
            kinds = {kind_of(other) for other in comparable}
            raise Fault(
                f"{what} needs only numbers or only text, not {' and '.join(sorted(kinds))}",
                "wrong_type",
                "Take an attribute of the elements, or select those of one kind first.",
            )
        size += len(each)
    budget.visit(size // CHARACTERS_A_STEP * passes)
    return comparable
