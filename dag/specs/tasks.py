"""ACTION.PYTHON_TASK: a call of a user's function."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from treadle.dag.fields import Fixed
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import Lane, NodeSpec


class PythonTask(Configuration):
    """A user's function, marked with `@task`."""

    task: Annotated[str, Fixed(), Field(min_length=1, max_length=200)]
    """The name the function is registered under; its parameters come from the node's input."""


_PREFIX = "task."


def task_queue(task: str) -> str:
    """Return the queue of a user's task, which only workers that have the task serve."""
    return _PREFIX + task


def task_of(queue: str) -> str | None:
    """Return the task whose queue this is; `None` if it is not one of a task."""
    return queue.removeprefix(_PREFIX) if queue.startswith(_PREFIX) else None


PYTHON_TASK = NodeSpec(
    "ACTION",
    "PYTHON_TASK",
    "Calls a Python function marked with @task.",
    PythonTask,
    Lane.THREAD,
    queue=lambda config: task_queue(str(config["task"])),
    puts_out="result: what the function returns, under `data` if it is not an object",
    example={"task": "score_lead"},
)
