"""Attributes as filters take them: `'name'`, `'address.city'`, `'rows.0.id'`, `0`."""

from __future__ import annotations

from typing import TypeAlias

from treadle.dag.expressions.errors import Undefined, wrong_type
from treadle.dag.expressions.operators import item
from treadle.dag.values import Value

Steps: TypeAlias = tuple[str | int, ...]


def steps_of(attribute: Value) -> Steps:
    """Return the keys and indices of a dotted attribute."""
    if attribute.__class__ is int:
        return (attribute,)
    if attribute.__class__ is not str:
        raise wrong_type("An attribute", "text such as 'name' or 'address.city'", attribute)
    return tuple(
        int(step) if step.isascii() and step.isdigit() and len(step) < 10 else step
        for step in attribute.split(".")
    )


def reach(value: Value, steps: Steps) -> Value:
    """Return what the steps lead to, or `Undefined`."""
    for step in steps:
        if value.__class__ is Undefined:
            return value
        value = item(value, step)
    return value


def reached(value: Value, steps: Steps) -> Value:
    """Return what the steps lead to; raise where it is missing."""
    found = reach(value, steps)
    if found.__class__ is Undefined:
        raise found.fault()
    return found
