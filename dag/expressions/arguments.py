"""Type checks of an operation's arguments: each returns the argument, or raises."""

from __future__ import annotations

from treadle.dag.expressions.errors import Fault, wrong_type
from treadle.dag.values import Value


def text(what: str, value: Value) -> str:
    """Return a text."""
    if value.__class__ is str:
        return value
    raise wrong_type(what, "text", value)


def whole(what: str, value: Value) -> int:
    """Return a whole number."""
    if value.__class__ is int:
        return value
    raise wrong_type(what, "a whole number", value)


def number(what: str, value: Value) -> int | float:
    """Return a number; true and false are not numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise wrong_type(what, "a number", value)


def flag(what: str, value: Value) -> bool:
    """Return true or false."""
    if value.__class__ is bool:
        return value
    raise wrong_type(what, "true or false", value)


def items(what: str, value: Value) -> list[Value]:
    """Return a list."""
    if value.__class__ is list:
        return value
    raise wrong_type(what, "a list", value)


def entries(what: str, value: Value) -> dict[str, Value]:
    """Return an object."""
    if value.__class__ is dict:
        return value
    raise wrong_type(what, "an object", value)


def one_of(what: str, value: Value, allowed: tuple[str, ...]) -> str:
    """Return a word of a closed set."""
    if isinstance(value, str) and value in allowed:
        return value
    raise Fault(f"{what} is one of {', '.join(allowed)}", "bad_argument")


def between(what: str, value: Value, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    found = whole(what, value)
    if least <= found <= most:
        return found
    raise Fault(f"{what} must be from {least:,} to {most:,}", "bad_argument")
