"""Planning: the node type of the system workflow that makes plans."""

from __future__ import annotations

from treadle.dag.specs.spec import Lane, NodeSpec

PLANNER_QUEUE = "planner"
"""The queue that only `treadle planner` serves."""

PLAN = NodeSpec(
    "PLANNER",
    "PLAN",
    "Turns a prompt into a workflow that passes validation.",
    lane=Lane.ASYNC,
    queue=lambda _: PLANNER_QUEUE,
    is_internal=True,
    asks_models=True,
    puts_out="result: {title, rationale, assumptions, placeholders, workflow, …}",
)
