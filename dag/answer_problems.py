"""Problems in what a person answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from treadle.dag.problems import Problem, json_path, quoted
from treadle.dag.values import Value

#: Choices that a solution lists; the rest is counted.
_LISTED = 16


def missing(path: str, choices: Collection[str] = ()) -> Problem:
    """Return the problem of a missing value, with the choices there are."""
    solution = f"Give one or more of {listed(choices)}." if choices else "Fill it in."
    return Problem(path, "missing", "It must be given.", solution)


def wrong_type(path: str, wanted: str, value: Value) -> Problem:
    """Return the problem of a value of the wrong type."""
    message = f"It must be {wanted}, but is {quoted(value)}."
    return Problem(path, "wrong_type", message, f"Write {wanted}.")


def out_of_range(path: str, wanted: str) -> Problem:
    """Return the problem of a value that is too large or too small."""
    return Problem(path, "out_of_range", f"It must be {wanted}.", f"Give {wanted}.")


def no_choice(path: str, value: Value, choices: Collection[str]) -> Problem:
    """Return the problem of a value that is not among the choices."""
    message = f"{quoted(value)} is not one of {listed(choices)}."
    return Problem(path, "invalid_choice", message, f"Use one of {listed(choices)}.")


def foreign(values: Mapping[str, Value], known: Collection[str], where: str) -> Iterator[Problem]:
    """Yield a problem for each unknown key."""
    for key in values:
        if key not in known:
            message = f"{quoted(key)} is not part of {where}."
            yield Problem(json_path((key,)), "unknown_field", message, f"Known: {listed(known)}.")


def kind_of(value: Value) -> str:
    """Name the JSON kind of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if isinstance(value, Mapping) else "a list"


def listed(names: Collection[str]) -> str:
    """Return names as a comma-separated list, shortened to what a sentence can hold."""
    shown = [quoted(name) for name in list(names)[:_LISTED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
