"""How a task's function is called, here or in a child, and what becomes of its result.

Input reaches the function through JSON and its annotations, and its result comes back as JSON: so
it gets its own objects in every lane, and nothing it does to them is seen by another node.

A child imports this and nothing of nodes, graphs or connections: it starts before each first call.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_jsonable_python

from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.values import INTEGER_LIMIT, NotAValue, Value, dumps
from treadle.workers.interruption import AttemptOver
from treadle.workers.nodes.tasks.exceptions import described, traceback_lines
from treadle.workers.tasks import TASKS, NonRetryable, Task


class TaskFailed(TreadleError):
    """The task function raised an exception."""

    reason = "task_failed"
    retryable = True
    solution = "See the traceback; raise `treadle.NonRetryable` where a retry cannot help."


def run_task_in_child(name: str, module: str, payload: bytes) -> bytes:
    """Call a function in this process, which holds nothing else; return its outcome as JSON.

    `python_task.outcome_of` reads it back in the parent.
    """
    try:
        import_module(module)
    except BaseException as exc:  # noqa: BLE001 - the border to user code
        outcome: Completed | Failed = _not_imported(name, module, exc)
    else:
        outcome = _call_here(name, module, payload)
    if isinstance(outcome, Failed):
        return dumps({"error": outcome.error})
    return dumps({"output": outcome.output})


def _call_here(name: str, module: str, payload: bytes) -> Completed | Failed:
    task = TASKS.get(name)
    if task is None:
        return Failed(TaskFailed(f"Importing {module} did not register task {name}.").to_wire())
    if task.lane != "async":
        return call(task, payload)
    try:
        return asyncio.run(call_async(task, payload))
    except BaseException as exc:  # noqa: BLE001 - a part of the coroutine, or the loop, was ended
        return _failed(task, exc)


def call(task: Task, payload: bytes) -> Completed | Failed:
    """Call a function in this thread; an attempt that is over while it runs passes through."""
    try:
        return _completed(task, task.function(**task.bind(payload)))
    except AttemptOver:
        raise
    except BaseException as exc:  # noqa: BLE001 - the border to user code
        return _failed(task, exc)


async def call_async(task: Task, payload: bytes) -> Completed | Failed:
    """Call a coroutine function; what it raises is its failure."""
    try:
        return _completed(task, await task.function(**task.bind(payload)))
    except BaseException as exc:  # noqa: BLE001 - the border; a cancellation of ours shows outside
        return _failed(task, exc)


def _completed(task: Task, result: Any) -> Completed:
    value = storable(task.name, result)
    return Completed(value if isinstance(value, dict) else {"data": value})


def storable(name: str, result: Any) -> Value:
    """Return a function's result as JSON: dataclasses, models, dates and sets as their fields,
    texts and lists.

    Raises:
        NotAValue: `output_not_storable`: JSON cannot say it.
    """
    if inspect.isawaitable(result) or inspect.isgenerator(result):
        raise NotAValue(
            f"Task {name} returned something that has not run yet.",
            solution="Return its result: await it, or make a list of it.",
        )
    try:
        value = to_jsonable_python(result, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError, RecursionError) as exc:
        raise NotAValue(f"Task {name} returned what is not JSON: {exc}") from exc
    _check_keys(name, result)
    _check_numbers(name, value)
    return value


def _check_keys(name: str, result: Any) -> None:
    """Refuse an object two of whose keys become one text, such as `1` and `"1"`."""
    left = [result]
    while left:
        each = left.pop()
        if isinstance(each, Mapping):
            if any(not isinstance(key, str) for key in each):
                written = to_jsonable_python(dict.fromkeys(each))
                if len(written) < len(each):
                    raise NotAValue(
                        f"Task {name} returned an object with keys that are the same as text.",
                        solution="Return keys that differ as text.",
                    )
            left.extend(each.values())
        elif isinstance(each, list | tuple | set | frozenset):
            left.extend(each)
        elif isinstance(each, BaseModel):
            left.extend(vars(each).values())
        elif dataclasses.is_dataclass(each):
            left.extend(getattr(each, field.name) for field in dataclasses.fields(each))


def _check_numbers(name: str, value: Value) -> None:
    """Refuse what JSON writers turn into something else without a word."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
        elif isinstance(each, float) and not math.isfinite(each):
            raise NotAValue(f"Task {name} returned {each}, which JSON cannot say.")
        elif isinstance(each, int) and not -INTEGER_LIMIT <= each < INTEGER_LIMIT:
            raise NotAValue(f"Task {name} returned an integer beyond ±2^63.")


def _failed(task: Task, exc: BaseException) -> Failed:
    module = task.function.__module__
    if isinstance(exc, NonRetryable):
        exc.context.setdefault("traceback", traceback_lines(exc, module=module))
    if isinstance(exc, TreadleError):
        return Failed(exc.to_wire())
    message, facts = described(exc, module=module)
    return Failed(
        TaskFailed(f"Task {task.name} raised {message}", task=task.name, **facts).to_wire()
    )


def _not_imported(name: str, module: str, exc: BaseException) -> Failed:
    """Return the failure of a call whose module its child cannot import."""
    message, facts = described(exc, module=module)
    return Failed(
        TaskFailed(
            f"Importing {module} for task {name} in a child process raised {message}",
            solution="A child has no variables of Treadle; see the traceback for what is missing.",
            task=name,
            module=module,
            **facts,
        ).to_wire()
    )
