"""What a field of a configuration may hold beside its type: expressions, secrets, no templates.

A spec's pydantic model declares it once, as a marker in the field's annotation; `plan` reads the
markers into a `FieldPlan` for each top-level field, which compilation and validation use.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from treadle.dag.problems import Step
from treadle.dag.values import Value


def _always(_: Mapping[str, Value]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Bare:
    """The text is a bare expression, evaluated by the node itself, not a template."""

    names: frozenset[str] = frozenset()
    """Names it sees besides those of every expression of the node."""
    when: Callable[[Mapping[str, Value]], bool] = _always
    """Whether it sees them, depending on the rest of the configuration."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Mark the field in the JSON Schema, so that an editor can tell code from text."""
        return {**handler(core_schema), "format": "expression"}


@dataclass(frozen=True, slots=True)
class Fixed:
    """Decided by the definition alone: a template is refused here."""


@dataclass(frozen=True, slots=True)
class SecretCapable:
    """`secrets.NAME` is allowed in its templates."""


@dataclass(frozen=True, slots=True)
class Address:
    """It is an address that is called: what the node's texts name as secrets is sent there."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """It is the name of a secret itself, without a template."""


PER_ITEM = frozenset({"item", "index"})
"""What an expression sees when it is evaluated for each item of a list."""

Expression: TypeAlias = Annotated[str, Bare()]
"""A bare expression that sees what the node sees."""

Shape: TypeAlias = "Bare | Each | Members"


@dataclass(frozen=True, slots=True)
class Each:
    """A list's items or an object's values, each of the same shape."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Members:
    """A nested model with fields that hold expressions."""

    shapes: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """How one top-level field of a configuration is treated."""

    shape: Shape | None
    """Where it holds expressions; `None` if nowhere."""
    literal: bool
    """Whether it is stored unchanged: fixed, or holding expressions. All others are templates."""
    secrets: bool
    """Whether its templates may name secrets."""
    address: bool = False
    """Whether it is an address that is called."""
    names_secret: bool = False
    """Whether it is the name of a secret."""


def plan(model: type[BaseModel]) -> dict[str, FieldPlan]:
    """Read the markers of a configuration model, by field name."""
    plans = {}
    for name, field in model.model_fields.items():
        marks = field.metadata
        shape = _shape(field.annotation, marks)
        plans[name] = FieldPlan(
            shape,
            literal=_marked(field, Fixed) or shape is not None,
            secrets=_marked(field, SecretCapable),
            address=_marked(field, Address),
            names_secret=_marked(field, SecretName),
        )
    return plans


def _marked(field: FieldInfo, marker: type) -> bool:
    """Return whether a field bears a marker, also inside `… | None`."""
    annotated = (get_args(each) for each in (field.annotation, *get_args(field.annotation)))
    marks = (*field.metadata, *(mark for each in annotated for mark in each[1:]))
    return any(isinstance(mark, marker) for mark in marks)


def _shape(annotation: Any, marks: typing.Sequence[Any] = ()) -> Shape | None:
    """Return where values of an annotation hold bare expressions."""
    for mark in marks:
        if isinstance(mark, Bare):
            return mark
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _shape(inner, more)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        found = {name: _shape(field.annotation, field.metadata) for name, field in fields.items()}
        shapes = {name: shape for name, shape in found.items() if shape is not None}
        return Members(shapes) if shapes else None
    arguments = [_shape(argument) for argument in get_args(annotation)]
    inside = next((shape for shape in arguments if shape is not None), None)
    if inside is None or get_origin(annotation) in (typing.Union, types.UnionType):
        return inside
    return Each(inside)


def expressions_in(
    value: Value, shape: Shape, steps: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], str, Bare]]:
    """Yield each expression in a value: its steps, its source, its marker.

    Values of the wrong type are ignored; the configuration's model reports them.
    """
    if isinstance(shape, Bare):
        if isinstance(value, str):
            yield steps, value, shape
    elif isinstance(shape, Members):
        if isinstance(value, dict):
            for name, inner in shape.shapes.items():
                if name in value:
                    yield from expressions_in(value[name], inner, (*steps, name))
    elif isinstance(value, dict):
        for key, inner_value in value.items():
            yield from expressions_in(inner_value, shape.shape, (*steps, key))
    elif isinstance(value, list):
        for index, inner_value in enumerate(value):
            yield from expressions_in(inner_value, shape.shape, (*steps, index))


def texts_in(value: Value, steps: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield every text in a value, keys aside, with the steps to it."""
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, (*steps, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*steps, index))


def has_template(value: Value) -> bool:
    """Whether a value contains a template, so that it is not known before a run."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value or "{#" in value
    if isinstance(value, dict):
        return any(has_template(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_template(inner) for inner in value)
    return False
