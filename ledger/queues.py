"""Queues are by capability: what a worker must be able to run to take a row from one."""

from __future__ import annotations

from dag.graph import CompiledNode

#: What every worker can run: the node types that come with Treadle.
CORE_QUEUE = "core"


def task_queue(task: str) -> str:
    """Return the queue of a user's task."""
    return f"task.{task}"


def queue_of(node: CompiledNode) -> str:
    """Return the queue that `node` waits on when it is ready."""
    if node.spec.key == "ACTION.PYTHON_TASK":
        return task_queue(str(node.configurations.literal["task"]))
    return CORE_QUEUE
