"""Functions: the few things that are called by name and start from no value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions.arguments import whole
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.values import Value


def numbers(budget: Budget, start: Value, stop: Value = None, step: Value = 1) -> Value:
    """Whole numbers from `start` up to, not including, `stop`; with one argument from 0."""
    first, last = (0, start) if stop is None else (start, stop)
    by = whole("`range`", step)
    if by == 0:
        raise Fault("The step of `range` cannot be 0", "bad_argument")
    counted = range(whole("`range`", first), whole("`range`", last), by)
    length = max(0, -((counted.start - counted.stop) // by))
    budget.visit(length)
    budget.make_items(length)
    return list(counted)


FUNCTIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(operation("range", numbers, has_subject=False))
)
"""By name."""
