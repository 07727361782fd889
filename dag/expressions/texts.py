"""Functions on text that charge the budget first; shared by filters and methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.measures import text_of
from treadle.dag.values import Value

#: Characters that one character may become when its case changes, as "ﬃ" becomes "FFI".
CASE_GROWTH = 3


def changed(value: str, change: Callable[[str], str], budget: Budget, growth: int = 1) -> str:
    """Return a text with each character changed to at most `growth` others."""
    budget.read(value)
    budget.make_text(len(value) * growth, not value.isascii())
    return change(value)


def recased(value: str, change: Callable[[str], str], budget: Budget) -> str:
    """Return a text in another case."""
    return changed(value, change, budget, 1 if value.isascii() else CASE_GROWTH)


def replaced(value: str, old: str, new: str, most: int, budget: Budget) -> str:
    """Return a text with up to `most` occurrences replaced; a negative `most` means all."""
    budget.read(value)
    found = value.count(old)
    if most >= 0:
        found = min(found, most)
    size = len(value) + found * (len(new) - len(old))
    budget.make_text(size, not (value.isascii() and new.isascii()))
    return value.replace(old, new, most)


def parts(value: str, separator: str | None, most: int, budget: Budget) -> list[str]:
    """Return a text cut at a separator, or at white space; at most `most` cuts unless negative."""
    budget.read(value)
    if separator is not None:
        found = value.count(separator)
        budget.make_texts(1 + (min(found, most) if most >= 0 else found), len(value))
        return value.split(separator, most)
    affordable = max(0, budget.items)
    cut = value.split(None, min(most, affordable) if most >= 0 else affordable)
    budget.make_texts(len(cut), len(value))
    return cut


def joined(values: Sequence[Value], separator: str, budget: Budget) -> str:
    """Return values as one text; everything but text as JSON."""
    budget.visit(len(values))
    texts = [text_of(each, budget) for each in values]
    size = sum(map(len, texts)) + len(separator) * max(0, len(texts) - 1)
    budget.make_text(size, not (separator.isascii() and all(map(str.isascii, texts))))
    return separator.join(texts)
