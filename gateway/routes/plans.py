"""Plans: requested, read, followed, run. A plan's id is its execution's."""

from __future__ import annotations

from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.responses import Response

from treadle.dag.values import NotAValue
from treadle.gateway.auth import Caller, Reader, Runner
from treadle.gateway.definitions import WorkflowInvalid, valid
from treadle.gateway.models.events import EVENT_STREAM
from treadle.gateway.models.plans import NewPlan, RunPlan
from treadle.gateway.parameters import Cursor, IdempotencyKey, Limit
from treadle.gateway.plans import check_is_plan, planned_workflow
from treadle.gateway.responses import Json, page, position_in
from treadle.gateway.routes.events import Accept, AfterSeq, LastEventId, list_execution_events
from treadle.gateway.routes.executions import acknowledged
from treadle.gateway.routing import Routes, refusals
from treadle.gateway.submitter import OutcomeUnknown
from treadle.ledger.engine.idempotency import IdempotencyConflict
from treadle.ledger.engine.submission import Submission
from treadle.ledger.engine.submission_check import IdempotencyKeyInvalid
from treadle.ledger.views import executions, paging
from treadle.planner import requests
from treadle.planner.requests import PlanInputInvalid, PlanNotReady, PromptInvalid
from treadle.wire.events import Events
from treadle.wire.executions import Submitted
from treadle.wire.objects import members, unchecked
from treadle.wire.plans import AskedPlan, Plan, Plans

routes = Routes("plans")

_accepted = unchecked(AskedPlan)
_page = unchecked(Plans)


@routes.post(
    "/plans",
    status_code=202,
    response_model=AskedPlan,
    responses=refusals(IdempotencyConflict, IdempotencyKeyInvalid, OutcomeUnknown, PromptInvalid),
    summary="Ask for a plan",
)
def create_plan(body: NewPlan, caller: Runner, idempotency_key: IdempotencyKey = None) -> Response:
    """Request a plan for a prompt; acknowledged as soon as the request is stored."""
    request = requests.request(body.prompt, owner=caller.owner, idempotency_key=idempotency_key)
    submitted = caller.resources.submitter.submit(request)
    with caller.session() as connection:
        brief = requests.brief_of(paging.brief(connection, submitted.execution_id))
    href = f"/v1/plans/{submitted.execution_id}"
    accepted = _accepted(**members(brief), repeated=submitted.repeated)
    return Json(accepted, 202, {"Location": href})


@routes.get("/plans", response_model=Plans, summary="List plans")
def list_plans(caller: Reader, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """Return the newest plans first, short."""
    position = position_in(cursor, UUID)
    with caller.session() as connection:
        found = executions.executions(
            connection,
            owner=caller.owner,
            workflow_id=requests.WORKFLOW_ID,
            before=position[0] if position else None,
            limit=limit + 1,
        )
    shown, following = page([requests.brief_of(each) for each in found], limit, "id")
    return Json(_page(plans=shown, next_cursor=following))


@routes.get("/plans/{plan_id}", response_model=Plan, summary="Get a plan")
def get_plan(plan_id: UUID, caller: Reader) -> Response:
    """Return a plan; once it is ready, with its workflow, its cost and what to look at first.

    A task that no worker has now is a warning, `no_capable_worker`.
    """
    with caller.session() as connection:
        found = executions.execution(connection, caller.resources.graphs, plan_id, records=0)
        return Json(requests.plan_now(connection, found))


@routes.post(
    "/plans/{plan_id}/run",
    status_code=202,
    response_model=Submitted,
    responses=refusals(
        IdempotencyConflict,
        IdempotencyKeyInvalid,
        NotAValue,
        OutcomeUnknown,
        PlanInputInvalid,
        PlanNotReady,
        WorkflowInvalid,
    ),
    summary="Run a plan",
)
def run_plan(
    plan_id: UUID, body: RunPlan, caller: Runner, idempotency_key: IdempotencyKey = None
) -> Response:
    """Run a plan's workflow once, with a value for each of its placeholders."""
    with caller.session() as connection:
        planned = planned_workflow(connection, plan_id, body.input)
    workflow, graph = valid(caller, planned, "plan", "workflow")
    submitted = caller.resources.submitter.submit(
        Submission(workflow, graph, body.input, owner=caller.owner, idempotency_key=idempotency_key)
    )
    return acknowledged(caller, submitted.execution_id, repeated=submitted.repeated)


@routes.get(
    "/plans/{plan_id}/events",
    response_model=Events,
    responses=EVENT_STREAM,
    summary="Read or follow a plan's events",
)
async def list_plan_events(
    plan_id: UUID,
    caller: Reader,
    request: Request,
    after_seq: AfterSeq = 0,
    last_event_id: LastEventId = None,
    accept: Accept = None,
) -> Response:
    """Return events in order, each once; its stages are `node_output_update`."""
    await run_sync(_check, caller, plan_id)
    return await list_execution_events(plan_id, caller, request, after_seq, last_event_id, accept)


def _check(caller: Caller, plan_id: UUID) -> None:
    with caller.session() as connection:
        check_is_plan(connection, plan_id)
