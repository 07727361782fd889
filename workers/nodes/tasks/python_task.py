"""ACTION.PYTHON_TASK: a user's function is called, in this process or in a child."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial

from treadle.dag.outcomes import Completed, Failed, Released
from treadle.dag.specs.tasks import PYTHON_TASK, PythonTask
from treadle.dag.values import dumps, loads
from treadle.workers.interruption import is_over_here
from treadle.workers.logs.current import Current, Facts, running
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import implements
from treadle.workers.nodes.tasks.calling import call, call_async
from treadle.workers.tasks import TASKS, Task


@dataclass(frozen=True, slots=True)
class ChildCall:
    """A call that another process can make: no live object."""

    task: str
    module: str
    payload: bytes
    facts: Facts


@implements(PYTHON_TASK)
def run_task(attempt: Attempt) -> Completed | Failed | Released | Awaitable[Completed | Failed]:
    """Call the function here: at once in this thread, or as a coroutine to be awaited."""
    task = _task_of(attempt)
    if task is None:
        return Released()
    payload = dumps(attempt.input)
    if task.lane == "async":
        return _call_async(task, payload, attempt)
    with running(_current(task, attempt)):
        return call(task, payload)


async def _call_async(task: Task, payload: bytes, attempt: Attempt) -> Completed | Failed:
    with running(_current(task, attempt)):
        return await call_async(task, payload)


def _current(task: Task, attempt: Attempt) -> Current:
    assert attempt.log is not None
    return Current(partial(_facts, task, attempt), attempt.log, attempt.log.report, is_over_here)


def _facts(task: Task, attempt: Attempt) -> Facts:
    deadline_at = time.time() + attempt.deadline - time.monotonic()
    node_id, scope = attempt.node.node.id, attempt.scope
    return Facts(attempt.execution_id, node_id, scope, attempt.number, task.name, deadline_at)


def child_call(attempt: Attempt) -> ChildCall | Released:
    """Return the call for a child process; see `run_task_in_child`."""
    task = _task_of(attempt)
    if task is None:
        return Released()
    payload = dumps(attempt.input)
    return ChildCall(task.name, task.function.__module__, payload, _facts(task, attempt))


def outcome_of(reply: bytes) -> Completed | Failed:
    """Read what `run_task_in_child` returned."""
    outcome = loads(reply)
    return Failed(outcome["error"]) if "error" in outcome else Completed(outcome["output"])


def _task_of(attempt: Attempt) -> Task | None:
    config = attempt.config
    assert isinstance(config, PythonTask)
    return TASKS.get(config.task)
