"""Methods that may be called on a value: Python's names, our functions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions import texts
from treadle.dag.expressions.arguments import entries, text, whole
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import wrong_type
from treadle.dag.expressions.filters import objects as object_filters
from treadle.dag.expressions.filters import text as text_filters
from treadle.dag.expressions.measures import elements, equal
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.values import Value


def get(budget: Budget, value: Value, key: Value, default: Value = None) -> Value:
    """The value under a key of an object, or `default`."""
    return entries("`.get`", value).get(text("`.get`", key), default)


def keys(budget: Budget, value: Value) -> list[Value]:
    """The keys of an object."""
    return elements("`.keys`", entries("`.keys`", value), budget)


def values(budget: Budget, value: Value) -> list[Value]:
    """The values of an object."""
    found = entries("`.values`", value)
    budget.visit(len(found))
    budget.make_items(len(found))
    return list(found.values())


def startswith(budget: Budget, value: Value, prefix: Value) -> bool:
    """Whether a text begins with another."""
    found, start = text("`.startswith`", value), text("`.startswith`", prefix)
    budget.read(start)
    return found.startswith(start)


def endswith(budget: Budget, value: Value, suffix: Value) -> bool:
    """Whether a text ends with another."""
    found, end = text("`.endswith`", value), text("`.endswith`", suffix)
    budget.read(end)
    return found.endswith(end)


def lstrip(budget: Budget, value: Value, chars: Value = None) -> str:
    """The text without white space (or the given characters) at its start."""
    which = None if chars is None else text("`.lstrip`", chars)
    return texts.changed(text("`.lstrip`", value), lambda found: found.lstrip(which), budget)


def rstrip(budget: Budget, value: Value, chars: Value = None) -> str:
    """The text without white space (or the given characters) at its end."""
    which = None if chars is None else text("`.rstrip`", chars)
    return texts.changed(text("`.rstrip`", value), lambda found: found.rstrip(which), budget)


def splitlines(budget: Budget, value: Value) -> list[str]:
    """The lines of a text."""
    found = text("`.splitlines`", value).replace("\r\n", "\n").replace("\r", "\n")
    lines = texts.parts(found, "\n", -1, budget)
    return lines[:-1] if lines[-1] == "" else lines


def join(budget: Budget, value: Value, items: Value) -> str:
    """The elements of a list as one text, with this text between them."""
    separator = text("`.join`", value)
    return texts.joined(elements("`.join`", items, budget), separator, budget)


def removeprefix(budget: Budget, value: Value, prefix: Value) -> str:
    """The text without another at its start."""
    start = text("`.removeprefix`", prefix)
    return texts.changed(
        text("`.removeprefix`", value), lambda found: found.removeprefix(start), budget
    )


def removesuffix(budget: Budget, value: Value, suffix: Value) -> str:
    """The text without another at its end."""
    end = text("`.removesuffix`", suffix)
    return texts.changed(
        text("`.removesuffix`", value), lambda found: found.removesuffix(end), budget
    )


def find(budget: Budget, value: Value, part: Value) -> int:
    """The first position of a part of a text, or -1."""
    found, sought = text("`.find`", value), text("`.find`", part)
    budget.read(found)
    return found.find(sought)


def count(budget: Budget, value: Value, part: Value) -> int:
    """How often a part occurs in a text, or an element in a list."""
    if value.__class__ is str:
        budget.read(value)
        return value.count(text("`.count`", part))
    if value.__class__ is list:
        return sum(equal(each, part, budget) for each in elements("`.count`", value, budget))
    raise wrong_type("`.count`", "text or a list", value)


def isdigit(budget: Budget, value: Value) -> bool:
    """Whether a text is made of digits only."""
    found = text("`.isdigit`", value)
    budget.read(found)
    return found.isdigit()


def split(budget: Budget, value: Value, separator: Value = None, maxsplit: Value = -1) -> list[str]:
    """The parts of a text between separators, or between white space."""
    return text_filters.split(budget, value, separator, whole("`.split`", maxsplit))


def strip(budget: Budget, value: Value, chars: Value = None) -> str:
    """The text without white space (or the given characters) at both ends."""
    return text_filters.trim(budget, value, chars)


METHODS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("get", get),
        operation("keys", keys),
        operation("values", values),
        operation("items", object_filters.items),
        operation("startswith", startswith),
        operation("endswith", endswith),
        operation("strip", strip),
        operation("lstrip", lstrip),
        operation("rstrip", rstrip),
        operation("split", split),
        operation("splitlines", splitlines),
        operation("join", join),
        operation("upper", text_filters.upper),
        operation("lower", text_filters.lower),
        operation("title", text_filters.title),
        operation("capitalize", text_filters.capitalize),
        operation("replace", text_filters.replace),
        operation("removeprefix", removeprefix),
        operation("removesuffix", removesuffix),
        operation("find", find),
        operation("count", count),
        operation("isdigit", isdigit),
    )
)
"""By name."""
