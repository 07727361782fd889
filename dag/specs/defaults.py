"""Defaults written out, so that a published definition means the same in every later release."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel

from treadle.dag.values import Value

Fill: TypeAlias = Callable[[Value], Value]
"""Adds the missing defaults to a value; returns a value of another type unchanged."""


def defaults_of(model: type[BaseModel]) -> dict[str, Value]:
    """Return, as JSON, the default of each optional field of a model."""
    defaults = {}
    for name, field in model.model_fields.items():
        if not field.is_required():
            value = field.get_default(call_default_factory=True)
            defaults[name] = value.model_dump() if isinstance(value, BaseModel) else value
    return defaults


def fills_of(model: type[BaseModel]) -> tuple[tuple[str, Fill], ...]:
    """Return functions that fill in the nested objects of a model, by field."""
    return tuple(_fills(model))


def _fills(model: type[BaseModel]) -> Iterator[tuple[str, Fill]]:
    for name, field in model.model_fields.items():
        fill = _fill(field.annotation)
        if fill is not None:
            yield name, fill


def _fill(annotation: Any) -> Fill | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _filler(annotation)
    inner = next((fill for each in get_args(annotation) if (fill := _fill(each))), None)
    if inner is None or get_origin(annotation) not in (list, dict):
        return inner
    return _each(inner)


def _filler(model: type[BaseModel]) -> Fill | None:
    defaults, nested = defaults_of(model), fills_of(model)
    if not defaults and not nested:
        return None

    def fill(value: Value) -> Value:
        if not isinstance(value, dict):
            return value
        filled = {**defaults, **value}
        for name, inner in nested:
            if name in filled:
                filled[name] = inner(filled[name])
        return filled

    return fill


def _each(inner: Fill) -> Fill:
    def fill(value: Value) -> Value:
        if isinstance(value, list):
            return [inner(each) for each in value]
        if isinstance(value, dict):
            return {key: inner(each) for key, each in value.items()}
        return value

    return fill
