"""What no worker takes: queues that nobody serves, and inputs that a task has no parameter for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

import psycopg

from treadle.dag.answer_problems import listed
from treadle.dag.model import Node, Workflow
from treadle.dag.problems import Hints, Problem, json_path, quoted
from treadle.dag.specs.planning import PLANNER_QUEUE
from treadle.dag.specs.tasks import PYTHON_TASK, task_of, task_queue
from treadle.ledger.views import processes
from treadle.wire.executions import ExecutionWarning
from treadle.wire.objects import unchecked

NO_WORKER = "no_capable_worker"
UNKNOWN_INPUT = "unknown_input"
#: What `task_warnings` may say.
REASONS = frozenset({NO_WORKER, UNKNOWN_INPUT})
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
        return Problem(path, NO_WORKER, f"No {role} runs.", f"Start one: treadle {role}.")
    tasks = sorted(each for each in map(task_of, taken) if each is not None)
    meant = (hints or Hints()).closest(task, tasks)
    return Problem(
        path,
        NO_WORKER,
        f"No worker has the task {quoted(task)}." + (f" {meant}" if meant else ""),
        "Start a worker with it: treadle worker --tasks MODULE; or correct the task's name.",
    )


def warnings(
    connection: psycopg.Connection, execution_id: UUID, workflow: Workflow
) -> list[ExecutionWarning]:
    """Return what is doubtful in an execution of a workflow, by node.

    That is each ready node that no worker takes, and what `task_warnings` says of inputs.
    """
    waiting = processes.unserved_nodes(connection, execution_id, limit=_MOST)
    taken, hints = served(connection) if waiting else frozenset[str](), Hints()
    found = [(node, explain(queue, taken, hints=hints)) for node, queue in waiting]
    found += _unknown_inputs(connection, _tasks(workflow), hints)
    return [
        _warning(node_id=node, reason=each.reason, message=each.message, solution=each.solution)
        for node, each in found[:_MOST]
    ]


def task_warnings(connection: psycopg.Connection, workflow: Workflow) -> list[Problem]:
    """Return what is doubtful in a definition's tasks, as far as workers tell.

    That is a task that no worker has, and an input that a node sets in `input_params` and the task
    has no parameter for. What arrives by connections may well hold more than a task asks for.
    """
    tasks = _tasks(workflow)
    if not tasks:
        return []
    taken, hints = served(connection), Hints()
    unknown = [
        explain(task_queue(task), taken, f"nodes[{index}].configurations.task", hints)
        for index, (_, task) in tasks.items()
        if task_queue(task) not in taken
    ]
    inputs = (each for _, each in _unknown_inputs(connection, tasks, hints))
    return [*unknown, *inputs][:_MOST]


def _tasks(workflow: Workflow) -> dict[int, tuple[Node, str]]:
    """Return the nodes that call a task, by their place, each with the task's name."""
    return {
        index: (node, str(node.configurations["task"]))
        for index, node in enumerate(workflow.nodes)
        if (node.type, node.subtype) == (PYTHON_TASK.type, PYTHON_TASK.subtype)
    }


def _unknown_inputs(
    connection: psycopg.Connection, tasks: Mapping[int, tuple[Node, str]], hints: Hints
) -> Iterator[tuple[str, Problem]]:
    """Yield each input that a node sets and its task has no parameter for, with the node's id."""
    queues = {task_queue(task) for node, task in tasks.values() if node.input_params}
    if not queues:
        return
    known = processes.task_inputs(connection, queues)
    for index, (node, task) in tasks.items():
        keys = known.get(task_queue(task))
        if keys is None:
            continue
        for key in sorted(node.input_params.keys() - keys):
            meant = hints.closest(key, keys - node.input_params.keys())
            message = f"The task {quoted(task)} has no parameter {quoted(key)}."
            path = json_path(("nodes", index, "input_params", key))
            yield (
                node.id,
                Problem(path, UNKNOWN_INPUT, f"{message} {meant}".rstrip(), _parameters(keys)),
            )


def _parameters(keys: Collection[str]) -> str:
    if not keys:
        return "Leave it out: the task takes no input."
    return f"Leave it out, or use a parameter of the task: {listed(sorted(keys))}."
