"""Filters: the operations that stand after `|`, by what they work on.

A filter takes the budget, the value before the `|` and its arguments, and returns JSON. It pays
before it makes, fails rather than guesses, and never changes what it was given. The filters whose
arguments are more than values (`default`, `map`, `select`, `each` and their kin) are in `forms`.
"""

from treadle.dag.expressions.filters.registry import FILTERS

__all__ = ["FILTERS"]
