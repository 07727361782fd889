"""ACTION.PYTHON_TASK: a user's function is called, in this process or in a child."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from treadle.dag.outcomes import Completed, Failed, Released
from treadle.dag.specs.tasks import PYTHON_TASK, PythonTask
from treadle.dag.values import dumps, loads
from treadle.workers.logs.capture import captured
from treadle.workers.logs.task_log import TaskLog
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import implements
from treadle.workers.nodes.tasks.calling import call, call_async
from treadle.workers.tasks import TASKS, Task


@dataclass(frozen=True, slots=True)
class ChildCall:
    """A call that another process can make: three picklable values, no live object."""

    task: str
    module: str
    payload: bytes


@implements(PYTHON_TASK)
def run_task(attempt: Attempt) -> Completed | Failed | Released | Awaitable[Completed | Failed]:
    """Call the function here: at once in this thread, or as a coroutine to be awaited."""
    task = _task_of(attempt)
    if task is None:
        return Released()
    payload = dumps(attempt.input)
    assert attempt.log is not None
    if task.lane == "async":
        return _call_async(task, payload, attempt.log)
    with captured(attempt.log):
        return call(task, payload)


async def _call_async(task: Task, payload: bytes, log: TaskLog) -> Completed | Failed:
    with captured(log):
        return await call_async(task, payload)


def child_call(attempt: Attempt) -> ChildCall | Released:
    """Return the call for a child process; see `run_task_in_child`."""
    task = _task_of(attempt)
    if task is None:
        return Released()
    return ChildCall(task.name, task.function.__module__, dumps(attempt.input))


def outcome_of(reply: bytes) -> Completed | Failed:
    """Read what `run_task_in_child` returned."""
    outcome = loads(reply)
    return Failed(outcome["error"]) if "error" in outcome else Completed(outcome["output"])


def _task_of(attempt: Attempt) -> Task | None:
    config = attempt.config
    assert isinstance(config, PythonTask)
    return TASKS.get(config.task)
