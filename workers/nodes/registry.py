"""Which function runs which node type, and where, how long and how often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from core.dialer import Dialer
from core.settings import Settings
from dag.graph import CompiledGraph, CompiledNode
from dag.outcomes import Outcome
from dag.specs import Lane, NodeSpec, flow, loop
from dag.specs.action import HTTP_REQUEST, PYTHON_TASK
from dag.specs.people import IN_APP_APPROVAL, MANUAL_REVIEW
from dag.specs.planning import PLAN
from dag.specs.transformation import DATA_TRANSFORMATION
from workers.nodes.asking import ask
from workers.nodes.attempt import Attempt
from workers.nodes.flow import run_delay, run_filter, run_if, run_sort, run_switch
from workers.nodes.http_request import http_request
from workers.nodes.loops import open_for_each, open_loop
from workers.nodes.merge import run_merge
from workers.nodes.model_call import model_calls
from workers.nodes.planning import plan_workflow
from workers.nodes.python_task import run_task
from workers.nodes.transformation import run_transformation
from workers.tasks import TASKS

Implementation: TypeAlias = Callable[[Attempt], Outcome | Awaitable[Outcome]]
"""Carries out an attempt; awaitable in the async lane. A `TreadleError` it raises is the
attempt's own failure."""


def implementations(dialer: Dialer, settings: Settings) -> Mapping[NodeSpec, Implementation]:
    """Return what this release runs: calls to addresses that an author chose go through one dialer,
    those to models as the settings say.

    TRIGGER.MANUAL is not among them: its output is the submitted input, and the submission
    settles it.
    """
    return {
        flow.IF: run_if,
        flow.SWITCH: run_switch,
        flow.FILTER: run_filter,
        flow.SORT: run_sort,
        flow.MERGE: run_merge,
        flow.DELAY: run_delay,
        loop.FOR_EACH: open_for_each,
        loop.LOOP: open_loop,
        DATA_TRANSFORMATION: run_transformation,
        HTTP_REQUEST: http_request(dialer),
        PYTHON_TASK: run_task,
        PLAN: plan_workflow(settings),
        **model_calls(dialer, settings),
        IN_APP_APPROVAL: ask,
        MANUAL_REVIEW: ask,
    }


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
