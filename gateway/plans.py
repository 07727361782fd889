"""What a plan's execution has come to, as far as running it goes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import psycopg

from core.errors import TreadleError
from dag.values import Value
from ledger import paging

PLANNING = "treadle.plan"
"""The workflow whose executions are plans; its one leaf puts out the plan."""


class PlanNotFound(TreadleError):
    """No plan has this id."""

    reason: ClassVar[str] = "plan_not_found"
    solution: ClassVar[str] = "Check the id; POST /v1/plans makes a plan."


class PlanNotReady(TreadleError):
    """The plan is still being made, or making it failed."""

    reason: ClassVar[str] = "plan_not_ready"
    solution: ClassVar[str] = "Look at the plan: wait until it is ready, or mend what it says."


def planned_workflow(connection: psycopg.Connection, plan_id: UUID) -> Value:
    """Return the workflow that a plan came to.

    Raises:
        PlanNotFound: the execution of that id makes no plan.
        PlanNotReady: it is not over, or ended without a plan.
    """
    found = paging.leaf(connection, plan_id)
    if found is None or found.workflow_id != PLANNING:
        raise PlanNotFound(f"There is no plan {plan_id}.", plan_id=str(plan_id))
    if found.output is None:
        raise PlanNotReady(
            f"The plan's execution is {found.status}.", plan_id=str(plan_id), status=found.status
        )
    return found.output["workflow"]
