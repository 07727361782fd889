"""The workflow of a plan, read from its execution, to be run."""

from __future__ import annotations

from uuid import UUID

import psycopg

from treadle.dag.values import Value
from treadle.ledger.views import paging
from treadle.planner.requests import WORKFLOW_ID, PlanNotFound, result_of, workflow_to_run


def planned_workflow(connection: psycopg.Connection, plan_id: UUID, given: Value) -> Value:
    """Return the workflow of a plan, to run it with an input.

    Raises:
        PlanNotFound: the execution of that id is not a plan's.
        PlanNotReady: its execution is still running, or ended without a plan.
        PlanInputInvalid: the input lacks what the plan has placeholders for.
    """
    found = paging.leaf(connection, plan_id)
    if found is None or found.workflow_id != WORKFLOW_ID:
        raise PlanNotFound(plan_id)
    planned = None if found.output is None else result_of(found.output)
    return workflow_to_run(plan_id, found.status, planned, given)


def check_is_plan(connection: psycopg.Connection, plan_id: UUID) -> None:
    """Refuse an execution of another workflow.

    Raises:
        PlanNotFound: the execution of that id is not a plan's.
    """
    if paging.brief(connection, plan_id).workflow_id != WORKFLOW_ID:
        raise PlanNotFound(plan_id)
