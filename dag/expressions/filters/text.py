"""Filters on text. A number is not text: `| string` makes it so."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions import texts
from treadle.dag.expressions.arguments import between, text, whole
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.measures import elements, text_of
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.expressions.ordering import attribute_of
from treadle.dag.values import Value

#: Characters that one character may become when it is escaped: `&quot;`.
ESCAPE_GROWTH = 6

#: What stands before a word, as Jinja has it.
_BETWEEN_WORDS = re.compile(r"([-\s({\[<]+)")

#: The widest field that text is padded to.
WIDEST = 10_000


def upper(budget: Budget, value: Value) -> str:
    """The text in upper case."""
    return texts.recased(text("`upper`", value), str.upper, budget)


def lower(budget: Budget, value: Value) -> str:
    """The text in lower case."""
    return texts.recased(text("`lower`", value), str.lower, budget)


def title(budget: Budget, value: Value) -> str:
    """The text with each word beginning in upper case; an apostrophe begins no word."""
    return texts.recased(text("`title`", value), _titled, budget)


def _titled(written: str) -> str:
    parts = _BETWEEN_WORDS.split(written)
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)


def capitalize(budget: Budget, value: Value) -> str:
    """The text with its first letter in upper case and the rest in lower."""
    return texts.recased(text("`capitalize`", value), str.capitalize, budget)


def trim(budget: Budget, value: Value, chars: Value = None) -> str:
    """The text without white space (or the given characters) at both ends."""
    which = None if chars is None else text("`trim`", chars)
    return texts.changed(text("`trim`", value), lambda found: found.strip(which), budget)


def replace(budget: Budget, value: Value, old: Value, new: Value, count: Value = None) -> str:
    """The text with every (or the first `count`) occurrence of `old` replaced."""
    most = -1 if count is None else whole("`replace`", count)
    what = "`replace`"
    return texts.replaced(text(what, value), text(what, old), text(what, new), most, budget)


def split(budget: Budget, value: Value, separator: Value = None, maxsplit: Value = -1) -> list[str]:
    """The parts of the text between separators, or between white space."""
    found = text("`split`", value)
    if separator is None:
        return texts.parts(found, None, whole("`split`", maxsplit), budget)
    if separator == "":
        return [str(each) for each in elements("`split`", found, budget)]
    at = text("`split`", separator)
    return texts.parts(found, at, whole("`split`", maxsplit), budget)


def join(budget: Budget, value: Value, d: Value = "", attribute: Value = None) -> str:
    """The elements as one text with `d` between them; everything but text as JSON."""
    found = attribute_of(elements("`join`", value, budget), attribute, budget)
    return texts.joined(found, text("`join`", d), budget)


def string(budget: Budget, value: Value) -> str:
    """The value as text; everything but text as JSON."""
    found = text_of(value, budget)
    budget.make_text(len(found), not found.isascii())
    return found


def truncate(budget: Budget, value: Value, length: Value = 255, end: Value = "…") -> str:
    """The text cut to `length` characters, the end mark among them."""
    found, mark = text("`truncate`", value), text("`truncate`", end)
    most = between("The length of `truncate`", length, len(mark), 2**31)
    if len(found) <= most:
        return found
    budget.make_text(most, not (found.isascii() and mark.isascii()))
    return found[: most - len(mark)] + mark


def center(budget: Budget, value: Value, width: Value = 80) -> str:
    """The text in the middle of a field of blanks."""
    found = text("`center`", value)
    wide = between("The width of `center`", width, 0, WIDEST)
    budget.make_text(max(len(found), wide), not found.isascii())
    return found.center(wide)


def wordcount(budget: Budget, value: Value) -> int:
    """The number of words."""
    return len(texts.parts(text("`wordcount`", value), None, -1, budget))


def escape(budget: Budget, value: Value) -> str:
    """The text with `&`, `<`, `>` and quotes as HTML entities."""
    return texts.changed(text("`escape`", value), html.escape, budget, ESCAPE_GROWTH)


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("upper", upper),
        operation("lower", lower),
        operation("title", title),
        operation("capitalize", capitalize),
        operation("trim", trim),
        operation("replace", replace),
        operation("split", split),
        operation("join", join),
        operation("string", string),
        operation("truncate", truncate),
        operation("center", center),
        operation("wordcount", wordcount),
        operation("escape", escape, "e"),
    )
)
