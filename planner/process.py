"""The planner process: a worker that serves only the planner's queue."""

from __future__ import annotations

import treadle.planner.node  # noqa: F401 - registers the implementation of PLANNER.PLAN
from treadle.core.settings import Settings
from treadle.dag.specs.planning import PLANNER_QUEUE
from treadle.workers.process import WorkerProcess


def planner_process(settings: Settings) -> WorkerProcess:
    """Return a process that makes plans, and runs nothing else."""
    return WorkerProcess(settings, queues=[PLANNER_QUEUE])
