"""Complaints about what a person answers, said as problems."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from treadle.dag.problems import Problem, json_path, quoted
from treadle.dag.values import Value

#: Choices that a solution lists; the rest is counted.
_LISTED = 16


def missing(path: str, choices: Collection[str] = ()) -> Problem:
    """Say that something must be given, and what it may be."""
    solution = f"Give one or more of {listed(choices)}." if choices else "Fill it in."
    return Problem(path, "missing", "It must be given.", solution)


def wrong_type(path: str, wanted: str, given: Value) -> Problem:
    """Say that a value is of the wrong kind."""
    message = f"It must be {wanted}, but is {quoted(given)}."
    return Problem(path, "wrong_type", message, f"Write {wanted}.")


def out_of_range(path: str, wanted: str) -> Problem:
    """Say that there is too much or too little of it."""
    return Problem(path, "out_of_range", f"It must be {wanted}.", f"Give {wanted}.")


def no_choice(path: str, given: Value, choices: Collection[str]) -> Problem:
    """Say that a value is none of those to choose from."""
    message = f"{quoted(given)} is not one of {listed(choices)}."
    return Problem(path, "invalid_choice", message, f"Use one of {listed(choices)}.")


def foreign(given: Mapping[str, Value], known: Collection[str], where: str) -> Iterator[Problem]:
    """Say of each key that nobody asked for that nothing is done with it."""
    for key in given:
        if key not in known:
            message = f"{quoted(key)} is no part of {where}."
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
    """Write names one after the other, as many as a sentence can hold."""
    shown = [quoted(name) for name in list(names)[:_LISTED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
