"""Fields that hold expressions: what a program gives for one, as the definition has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.builder.expressions import (
    Expression,
    TextNotExpression,
    called,
    expressions_in,
    literal,
    written,
)
from treadle.builder.nodes import Node
from treadle.dag.fields import Bare, Each, Members, Shape


def code(value: Any, shape: Shape) -> tuple[Any, list[Expression]]:
    """Return a value whose texts are expressions, and the expressions that functions in it made."""
    if isinstance(shape, Bare):
        return _expression(value)
    found: list[Expression] = []

    def inside(part: Any, inner: Shape | None) -> Any:
        if inner is None:
            return written(part)
        text, more = code(part, inner)
        found.extend(more)
        return text

    if isinstance(value, Mapping):
        shapes = shape.shapes if isinstance(shape, Members) else dict.fromkeys(value, shape.shape)
        return {key: inside(value[key], shapes.get(key)) for key in value}, found
    if isinstance(value, list | tuple) and isinstance(shape, Each):
        return [inside(each, shape.shape) for each in value], found
    return written(value), found


def _expression(value: Any) -> tuple[str | None, list[Expression]]:
    if callable(value) and not isinstance(value, Expression | Node):
        made = called(value)
        return made.text, [made]
    if isinstance(value, str) and any(True for _ in expressions_in(value)):
        raise TextNotExpression(f"{written(value)!r} is a text, and the field holds an expression.")
    if value is None or isinstance(value, str):
        return value, []
    return literal(value), []
