"""What no worker takes: which queues are served, and why a node waits for nobody."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import psycopg

from treadle.dag.model import Workflow
from treadle.dag.problems import Hints, Problem, quoted
from treadle.dag.specs.planning import PLANNER_QUEUE
from treadle.dag.specs.tasks import PYTHON_TASK, task_of, task_queue
from treadle.ledger.views import processes
from treadle.wire.executions import ExecutionWarning
from treadle.wire.objects import unchecked

REASON = "no_capable_worker"
#: Warnings that one answer holds.
_MOST = 100

_warning = unchecked(ExecutionWarning)


def served(connection: psycopg.Connection) -> frozenset[str]:
    """Return the queues that some process takes which does not stop."""
    rows = processes.workers(connection)
    return frozenset(queue for row in rows if not row.draining for queue in row.queues)


def explain(
    queue: str, taken: Collection[str], path: str = "", hints: Hints | None = None
) -> Problem:
    """Return why nothing in a queue runs, with the task that may have been meant.

    Args:
        taken: the queues that are served.
        path: the place in a definition that names the queue.
    """
    task = task_of(queue)
    if task is None:
        role = "planner" if queue == PLANNER_QUEUE else "worker"
        return Problem(path, REASON, f"No {role} runs.", f"Start one: treadle {role}.")
    tasks = sorted(each for each in map(task_of, taken) if each is not None)
    meant = (hints or Hints()).closest(task, tasks)
    return Problem(
        path,
        REASON,
        f"No worker has the task {quoted(task)}." + (f" {meant}" if meant else ""),
        "Start a worker with it: treadle worker --tasks MODULE; or correct the task's name.",
    )


def warnings(connection: psycopg.Connection, execution_id: UUID) -> list[ExecutionWarning]:
    """Return a warning for each ready node of an execution that no worker takes."""
    found = processes.unserved_nodes(connection, execution_id, limit=_MOST)
    if not found:
        return []
    taken, hints, made = served(connection), Hints(), []
    for node, queue in found:
        each = explain(queue, taken, hints=hints)
        made.append(
            _warning(node_id=node, reason=each.reason, message=each.message, solution=each.solution)
        )
    return made


def unknown_tasks(connection: psycopg.Connection, workflow: Workflow) -> list[Problem]:
    """Return a warning for each node of a definition whose task no worker has."""
    tasks = {
        f"nodes[{index}].configurations.task": task_queue(str(node.configurations["task"]))
        for index, node in enumerate(workflow.nodes)
        if (node.type, node.subtype) == (PYTHON_TASK.type, PYTHON_TASK.subtype)
    }
    if not tasks:
        return []
    taken, hints = served(connection), Hints()
    unknown = {path: queue for path, queue in tasks.items() if queue not in taken}
    return [explain(queue, taken, path, hints) for path, queue in list(unknown.items())[:_MOST]]
