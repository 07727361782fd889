"""Filters: the operations after `|`, by the type that they work on.

A filter takes the budget, the value before the `|` and its arguments, and returns JSON. It charges
the budget before it makes anything, fails rather than guesses, and never changes its arguments.
Filters with special arguments (`default`, `map`, `select`, `each` and similar ones) are in `forms`.
"""

from treadle.dag.expressions.filters.registry import FILTERS

__all__ = ["FILTERS"]
