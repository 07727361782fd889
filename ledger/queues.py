"""Queues are by capability: what a worker must be able to run to take a row from one."""

from __future__ import annotations

from collections.abc import Iterable

from dag.graph import CompiledNode
from dag.specs import CORE_QUEUE


def task_queue(task: str) -> str:
    """Return the queue of a user's task."""
    return f"task.{task}"


def queue_of(node: CompiledNode) -> str:
    """Return the queue that `node` waits on when it is ready."""
    if node.spec.key == "ACTION.PYTHON_TASK":
        return task_queue(str(node.configurations.literal["task"]))
    return node.spec.queue


def worker_queues(tasks: Iterable[str]) -> list[str]:
    """Return the queues of a worker that has these tasks: all but those of other processes."""
    return [CORE_QUEUE, *sorted(task_queue(task) for task in tasks)]
