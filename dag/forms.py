"""Forms: the fields that a person fills in, and what counts as filled in. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from treadle.dag.answer_problems import foreign, missing, no_choice, out_of_range, wrong_type
from treadle.dag.model import ID_PATTERN, Strict
from treadle.dag.patterns import PATTERN_CHARACTERS, fault_of, matches
from treadle.dag.problems import Problem, json_path, quoted
from treadle.dag.values import INTEGER_LIMIT, Value

#: Most options or fields of one question.
PARTS = 200

OptionValue = Annotated[str, Field(min_length=1, max_length=200)]

_NAME = re.compile(ID_PATTERN)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


class InputField(Strict):
    """One field of a form."""

    name: OptionValue
    """The key of its value in the answer: a letter or `_`, then letters, digits, `_` and `-`."""
    label: str = ""
    """What is shown; its name if empty."""
    type: Literal["text", "number", "email", "date", "select", "boolean"] = "text"
    """A date is written `2026-01-31`."""
    required: bool = True
    """Whether it must be filled in; an optional one that is not is null."""
    options: list[OptionValue] = Field(default_factory=list, max_length=PARTS)
    """`select`: what may be chosen."""
    minimum: int | float | None = None
    """`number`: the minimum; `text`: the fewest characters."""
    maximum: int | float | None = None
    """`number`: the maximum; `text`: the most characters."""
    pattern: Annotated[str, Field(max_length=PATTERN_CHARACTERS)] | None = None
    """`text`: a regular expression in RE2's syntax that the whole of it matches."""


#: The types that each of these belongs to.
_BELONGS = {
    "options": ("select",),
    "minimum": ("number", "text"),
    "maximum": ("number", "text"),
    "pattern": ("text",),
}


def form_problems(fields: Sequence[InputField]) -> Iterator[Problem]:
    """Report fields that cannot be filled in, or that have ambiguous names or options."""
    seen: set[str] = set()
    for index, field in enumerate(fields):
        for problem in _field_problems(field, seen):
            yield problem.under(index)
        seen.add(field.name)


def _field_problems(field: InputField, seen: set[str]) -> Iterator[Problem]:
    if not _NAME.match(field.name):
        message = f"{quoted(field.name)} is not a name that expressions can use."
        solution = "Use a letter or _, then letters, digits, _ or -; write the rest as its label."
        yield Problem("name", "invalid_name", message, solution)
    if field.name in seen:
        yield Problem("name", "duplicate", "Two fields have this name.", "Give each its own.")
    if field.type == "select" and not field.options:
        yield Problem("options", "missing", "There is nothing to choose from.", "Add `options`.")
    if len(set(field.options)) < len(field.options):
        yield Problem("options", "duplicate", "An option is listed twice.", "Name each once.")
    for name, types in _BELONGS.items():
        if getattr(field, name) not in (None, []) and field.type not in types:
            message = f"A field of type {field.type} has no {name}."
            yield Problem(name, "not_used_here", message, f"Remove `{name}`.")
    low, high = field.minimum, field.maximum
    if low is not None and high is not None and low > high:
        message = f"The minimum, {low}, is above the maximum, {high}."
        yield Problem("minimum", "out_of_range", message, "Lower `minimum` or raise `maximum`.")
    if field.pattern is not None and (fault := fault_of(field.pattern)):
        message = f"{quoted(field.pattern)} is not a regular expression: {fault}."
        yield Problem("pattern", "invalid_pattern", message, "Write it in RE2's syntax.")


def values_problems(fields: Sequence[InputField], values: Mapping[str, Value]) -> Iterator[Problem]:
    """Report what is wrong with the values of fields."""
    yield from foreign(values, [field.name for field in fields], "this form")
    for field in fields:
        yield from _value_problems(field, values.get(field.name))


def _value_problems(field: InputField, value: Value) -> Iterator[Problem]:
    path = json_path((field.name,))
    if value is None:
        if field.required:
            yield missing(path, field.options)
        return
    match field.type:
        case "number":
            yield from _number_problems(field, path, value)
        case "boolean":
            if not isinstance(value, bool):
                yield wrong_type(path, "true or false", value)
        case _ if not isinstance(value, str):
            yield wrong_type(path, "text", value)
        case "select":
            if value not in field.options:
                yield no_choice(path, value, field.options)
        case "email" if not _EMAIL.match(value):
            yield wrong_type(path, "an address such as ana@example.org", value)
        case "date" if not _is_date(value):
            yield wrong_type(path, "a date such as 2026-01-31", value)
        case "text":
            yield from _text_problems(field, path, value)


def _number_problems(field: InputField, path: str, value: Value) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        yield wrong_type(path, "a number", value)
    elif isinstance(value, int) and abs(value) >= INTEGER_LIMIT:
        message = "It has more than 64 bits."
        yield Problem(path, "number_out_of_range", message, "Ask for it as text.")
    elif not _is_within(field, value):
        yield out_of_range(path, _bounds(field))


def _text_problems(field: InputField, path: str, value: str) -> Iterator[Problem]:
    if field.required and not value.strip():
        yield missing(path)
    elif not _is_within(field, len(value)):
        yield out_of_range(path, f"{_bounds(field)} characters")
    elif field.pattern is not None and not matches(field.pattern, value, whole=True):
        message = f"{quoted(value)} does not match {quoted(field.pattern)}."
        yield Problem(path, "pattern_not_matched", message, "Write it in that form.")


def _is_within(field: InputField, number: float) -> bool:
    low, high = field.minimum, field.maximum
    return (low is None or number >= low) and (high is None or number <= high)


def _bounds(field: InputField) -> str:
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.match(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False
