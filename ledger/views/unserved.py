"""What no worker takes: which queues are served, and why a node waits for nobody."""

from __future__ import annotations

from collections.abc import Collection

import psycopg

from treadle.dag.problems import Hints, Problem, quoted
from treadle.dag.specs.planning import PLANNER_QUEUE
from treadle.dag.specs.tasks import task_of
from treadle.ledger.views import processes

REASON = "no_capable_worker"


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
