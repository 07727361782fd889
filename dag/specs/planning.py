"""Planning: the node type of the one system workflow, by which a plan is an execution."""

from __future__ import annotations

from treadle.dag.specs.spec import Lane, NodeSpec

PLANNER_QUEUE = "planner"
"""What only `treadle planner` takes rows from: models are called there and nowhere else."""

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
