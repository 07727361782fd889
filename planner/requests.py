"""Requests for plans: a plan is an execution of Treadle's own workflow, read as a plan.

So a plan has the lease, retries, recovery, events and idempotency key of an execution, and its id
is its execution's. Nothing here calls a model, so a process that requests plans loads none.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar

import psycopg

from treadle.core.errors import TreadleError
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.dag.graph import CompiledGraph, compile_graph
from treadle.dag.model import SYSTEM_PREFIX, Connection, Node, Workflow, WorkflowMetadata
from treadle.dag.specs.planning import PLAN
from treadle.dag.specs.triggers import MANUAL
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus
from treadle.dag.validation import validate
from treadle.dag.values import Value
from treadle.ledger.engine.submission import Submission
from treadle.ledger.views import unserved
from treadle.planner.placeholders import check_input
from treadle.wire.executions import ExecutionBrief, ExecutionRecord
from treadle.wire.objects import read, unchecked
from treadle.wire.plans import Plan, PlanBrief, PlanProblem, PlanResult, PlanStatus

_plan = unchecked(Plan)
_brief = unchecked(PlanBrief)
_problem = unchecked(PlanProblem)

WORKFLOW_ID = f"{SYSTEM_PREFIX}plan"
NODE_ID = "plan"
"""The node that plans; its output is the plan."""
#: Characters of a prompt; longer text is data and belongs in the workflow's input.
PROMPT_LENGTH = 20_000
#: Seconds that one attempt may take: several answers of a slow model.
_ATTEMPT_SECONDS = 900
_START_ID = "start"


class PromptInvalid(TreadleError):
    """A prompt is empty or too long."""

    reason: ClassVar[str] = "prompt_invalid"
    solution: ClassVar[str] = f"Describe in 1 to {PROMPT_LENGTH:,} characters what is to be done."


class PlanNotFound(TreadleError):
    """No plan has this id."""

    reason: ClassVar[str] = "plan_not_found"
    solution: ClassVar[str] = "Check the id; POST /v1/plans creates a plan."

    def __init__(self, plan_id: object) -> None:
        super().__init__(f"There is no plan {plan_id}.", plan_id=str(plan_id))


class PlanNotReady(TreadleError):
    """The plan is still being made, or making it failed."""

    reason: ClassVar[str] = "plan_not_ready"
    solution: ClassVar[str] = (
        "Look at the plan: wait until it is ready, or fix what its error says."
    )


class PlanInputInvalid(TreadleError):
    """The input lacks values for the plan's placeholders, or they have the wrong type."""

    reason: ClassVar[str] = "plan_input_invalid"
    solution: ClassVar[str] = "Give each placeholder a value in the input, by its name."


def _workflow() -> Workflow:
    return Workflow(
        metadata=WorkflowMetadata(id=WORKFLOW_ID, name="Plan"),
        nodes=(
            Node(id=_START_ID, name=_START_ID, type=MANUAL.type, subtype=MANUAL.subtype),
            Node(
                id=NODE_ID,
                name=NODE_ID,
                type=PLAN.type,
                subtype=PLAN.subtype,
                configurations={"timeout": _ATTEMPT_SECONDS},
            ),
        ),
        connections=(Connection(id="c1", from_node=_START_ID, to_node=NODE_ID),),
        triggers=(_START_ID,),
    )


_WORKFLOW = _workflow()
_GRAPH: CompiledGraph = compile_graph(_WORKFLOW)


def request(
    prompt: str, *, owner: str = LOCAL_OWNER, idempotency_key: str | None = None
) -> Submission:
    """Return the submission that asks for a plan.

    Raises:
        PromptInvalid: `prompt_invalid`.
    """
    if not prompt.strip():
        raise PromptInvalid("The prompt is empty.", characters=len(prompt))
    if len(prompt) > PROMPT_LENGTH:
        raise PromptInvalid(f"The prompt has {len(prompt):,} characters.", characters=len(prompt))
    return Submission(
        _WORKFLOW, _GRAPH, {"prompt": prompt}, owner=owner, idempotency_key=idempotency_key
    )


def plan_of(execution: ExecutionRecord) -> Plan:
    """Return the present state of a plan, given its execution.

    Raises:
        PlanNotFound: `plan_not_found`: it is an execution of another workflow.
    """
    if execution.workflow_id != WORKFLOW_ID:
        raise PlanNotFound(execution.id)
    planned = (execution.output or {}).get(NODE_ID)
    return _plan(
        id=execution.id,
        status=status_of(execution.status),
        prompt=execution.trigger_info.trigger_data["prompt"],
        plan=None if planned is None else result_of(planned),
        error=execution.error,
        start_time=execution.start_time,
        end_time=execution.end_time,
    )


def plan_now(connection: psycopg.Connection, execution: ExecutionRecord) -> Plan:
    """Return the present state of a plan, with what is doubtful in its tasks as warnings.

    Raises:
        PlanNotFound: `plan_not_found`: it is an execution of another workflow.
    """
    plan = plan_of(execution)
    workflow = None if plan.plan is None else validate(plan.plan.workflow).workflow
    if plan.plan is None or workflow is None:
        return plan
    doubtful = [_problem(**asdict(each)) for each in unserved.task_warnings(connection, workflow)]
    made = plan.plan.model_copy(update={"warnings": [*plan.plan.warnings, *doubtful]})
    return plan.model_copy(update={"plan": made})


def brief_of(execution: ExecutionBrief) -> PlanBrief:
    """Return a plan in short, given its execution."""
    return _brief(
        id=execution.id,
        status=status_of(execution.status),
        start_time=execution.start_time,
        end_time=execution.end_time,
    )


def result_of(output: Value) -> PlanResult:
    """Return the result of planning, given the output of its node."""
    return read(PlanResult, output)


def status_of(status: ExecutionStatus) -> PlanStatus:
    """Return a plan's status, given its execution's."""
    if status not in FINAL_EXECUTION_STATUSES:
        return PlanStatus.PLANNING
    ended = {
        ExecutionStatus.SUCCESS: PlanStatus.READY,
        ExecutionStatus.CANCELED: PlanStatus.CANCELED,
    }
    return ended.get(status, PlanStatus.FAILED)


def workflow_to_run(
    plan_id: object, status: ExecutionStatus, plan: PlanResult | None, workflow_input: Value
) -> Value:
    """Return the workflow of a plan that is to run with an input.

    Args:
        plan_id: Which plan.
        status: Its execution's status.
        plan: The result of planning; null until it is ready.
        workflow_input: The input.

    Raises:
        PlanNotReady: `plan_not_ready`: it is still being made, or ended without a plan.
        PlanInputInvalid: `plan_input_invalid`, with every problem of the input.
    """
    if plan is None:
        raise PlanNotReady(f"The plan is {status_of(status)}.", plan_id=str(plan_id))
    problems = check_input(plan.placeholders, workflow_input)
    if problems:
        raise PlanInputInvalid(
            f"The input does not fit the plan: {problems[0].message}",
            problems=[asdict(each) for each in problems],
        )
    return plan.workflow
