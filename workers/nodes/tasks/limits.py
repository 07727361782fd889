"""Where attempts of a user's task run, how long, and how often: as the task says, where it does."""

from __future__ import annotations

from dataclasses import replace

from treadle.dag.graph import CompiledGraph, CompiledNode
from treadle.dag.specs import Lane
from treadle.dag.specs.tasks import PYTHON_TASK
from treadle.workers.tasks import TASKS


def lane_of(node: CompiledNode) -> Lane | None:
    """Return where attempts of a node run; `None` for a task that this process does not have."""
    if node.spec is not PYTHON_TASK:
        return node.lane
    task = TASKS.get(node.node.configurations["task"])
    return None if task is None else Lane(task.lane)


def within_task_limits(graph: CompiledGraph) -> CompiledGraph:
    """Return a graph whose nodes keep to their tasks' limits too: the narrower ones count."""
    narrowed = {}
    for node in graph.nodes.values():
        task = TASKS.get(node.node.configurations["task"]) if node.spec is PYTHON_TASK else None
        if task is None or (task.timeout is None and task.max_retries is None):
            continue
        timeout, retries = task.timeout, task.max_retries
        narrowed[node.node.id] = replace(
            node,
            timeout=node.timeout if timeout is None else min(node.timeout, timeout),
            max_retries=node.max_retries if retries is None else min(node.max_retries, retries),
        )
    return replace(graph, nodes={**graph.nodes, **narrowed}) if narrowed else graph
