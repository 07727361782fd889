"""A call of a task as a node states it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from treadle.core.errors import TreadleError
from treadle.dag.values import dumps
from treadle.workers.tasks import Task


def params_of(task: Task, positional: Iterable[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call by name, defaults written out.

    So what arrives at the node beside them reaches no parameter that the call leaves to its
    default. A default that is no JSON is left to the function.

    Raises:
        TypeError: the function cannot be called so.
    """
    bound = inspect.signature(task.function).bind(*positional, **named)
    stated: dict[str, Any] = {}
    for parameter in bound.signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            stated.update(bound.arguments.get(parameter.name, {}))
        elif parameter.name in bound.arguments:
            stated[parameter.name] = bound.arguments[parameter.name]
        elif _is_json(parameter.default):
            stated[parameter.name] = parameter.default
    return stated


def _is_json(value: object) -> bool:
    try:
        return value is not inspect.Parameter.empty and bool(dumps(value))
    except TreadleError:
        return False
