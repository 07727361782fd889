"""Pydantic's errors about a document's shape, as problems."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from treadle.dag.problems import Hints, Problem, Step, json_path, quoted

#: Errors that are reported one by one; a document with more is probably something else.
MOST_ERRORS = 5_000

_RANGE = {
    "greater_than": "gt",
    "greater_than_equal": "ge",
    "less_than": "lt",
    "less_than_equal": "le",
}
_CHOICE = re.compile(r"'([^']*)'")
_LENGTH = {"string_too_short", "string_too_long", "too_short", "too_long"}
_KINDS = {
    "string_type": "text",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "list_type": "a list",
    "tuple_type": "a list",
}


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    hints: Hints,
    templates: Callable[[str], bool] | None = None,
) -> list[Problem]:
    """Return a problem for each error.

    Args:
        error: What validating against `model` raised.
        model: Where names and choices for did-you-mean are read from.
        hints: The budget of did-you-mean.
        templates: Returns whether text with a template may replace any value in a top-level
            field; errors about such text are left out.
    """
    if error.error_count() > MOST_ERRORS:
        message = f"This differs from what is expected in {error.error_count():,} places."
        return [Problem("", "too_many_problems", message, "Check what was put here.")]
    problems = []
    for detail in error.errors(include_url=False):
        top = detail["loc"][0] if detail["loc"] else ""
        if templates and templates(str(top)) and _is_template(detail["input"]):
            continue
        problems.append(problem_of(detail, model, hints))
    return problems


def _is_template(value: object) -> bool:
    return isinstance(value, str) and "{{" in value


def problem_of(detail: ErrorDetails, model: type[BaseModel], hints: Hints) -> Problem:
    """Return one error about what should be a `model` as a problem."""
    loc, value = detail["loc"], detail["input"]
    last = quoted(loc[-1]) if loc else "The document"
    reason, message, solution = _texts_of(detail, last, value)
    if reason == "unknown_field":
        known = _fields_at(model, loc[:-1])
        solution = hints.closest(str(loc[-1]), known) or f"Known here: {_listed(known)}."
    elif reason == "invalid_choice":
        choices = _choices_at(model, loc) or _expected(detail)
        message = f"{quoted(value)} is not one of {_listed(choices)}."
        solution = f"Use {_listed(choices)}."
        if isinstance(value, str):
            solution = hints.closest(value, choices) or solution
    return Problem(json_path(loc), reason, message, solution)


def _texts_of(detail: ErrorDetails, last: str, value: object) -> tuple[str, str, str]:
    """Return the reason, message and solution of an error."""
    kind, text = detail["type"], _lower(detail["msg"])
    match kind:
        case "missing":
            texts = ("missing", f"{last} is missing.", f"Add {last}.")
        case "extra_forbidden":
            texts = ("unknown_field", f"{last} is not a field here.", "")
        case "literal_error" | "enum":
            texts = ("invalid_choice", "", "")
        case _ if kind in _KINDS:
            message = f"{last} must be {_KINDS[kind]}, but is {_named(value)}."
            texts = ("wrong_type", message, f"Write {_KINDS[kind]}.")
        case _ if kind in _RANGE or kind in _LENGTH:
            message = f"{last} is {quoted(value)}: {text}."
            texts = ("out_of_range", message, _bound(kind, detail.get("ctx") or {}))
        case _ if kind in _CUSTOM:
            texts = (kind, detail["msg"], _CUSTOM[kind])
        case _:
            texts = ("wrong_type", f"{last}: {text.rstrip('.')}.", "Correct the value.")
    return texts


_CUSTOM: Mapping[str, str] = {
    "invalid_id": "Rename the node, and every connection and expression that names it.",
    "name_has_white_space": "Join the words of the name with _ or -.",
    "zero_step": "Use a positive or a negative step.",
    "reserved_output_key": "Choose another name for the key.",
    "feature_not_implemented": "Use a value that this release supports.",
}
"""Reasons that our own models raise, each with its solution."""


def _bound(kind: str, context: Mapping[str, Any]) -> str:
    if kind in _RANGE:
        words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
        key = _RANGE[kind]
        return f"Use {words[key]} {context[key]}."
    if "min_length" in context:
        return f"Use at least {context['min_length']}."
    return f"Use at most {context['max_length']}."


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _named(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float | str):
        return quoted(value)
    return "an object" if isinstance(value, dict) else "a list"


def _listed(names: typing.Collection[str]) -> str:
    return ", ".join(names) if names else "none"


def _fields_at(model: type[BaseModel], loc: tuple[Step, ...]) -> list[str]:
    """Return the fields of the model at `loc` under `model`."""
    annotation = _annotation_at(model, loc)
    return list(annotation.model_fields) if _is_model(annotation) else []


def _choices_at(model: type[BaseModel], loc: tuple[Step, ...]) -> list[str]:
    annotation = _annotation_at(model, loc)
    return [str(each) for each in get_args(annotation)] if _is(annotation, Literal) else []


def _expected(detail: ErrorDetails) -> list[str]:
    """Return the choices that an error names: `'a', 'b' or 'c'`."""
    return _CHOICE.findall(str(detail.get("ctx", {}).get("expected", "")))


def _annotation_at(model: type[BaseModel], loc: tuple[Step, ...]) -> Any:
    """Follow steps from a model to an annotation; `None` if they lead nowhere."""
    here: Any = model
    for step in loc:
        here = _plain(here)
        if _is_model(here):
            field = here.model_fields.get(str(step))
            here = field.annotation if field else None
        else:
            arguments = get_args(here)
            here = arguments[-1 if _is(here, dict) else 0] if arguments else None
    return _plain(here)


def _plain(annotation: Any) -> Any:
    """Strip `Annotated`, aliases and `| None`."""
    while True:
        if _is(annotation, typing.Annotated):
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (typing.Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        else:
            return annotation


def _is(annotation: Any, origin: Any) -> bool:
    return get_origin(annotation) is origin


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
