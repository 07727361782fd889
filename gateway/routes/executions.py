"""Executions: submitted, read, controlled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, TypeAlias
from uuid import UUID

import orjson
import psycopg
from fastapi import Query
from starlette.responses import Response

from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Name, Workflow
from treadle.dag.states import ExecutionStatus
from treadle.dag.values import NotAValue
from treadle.gateway.auth import Caller, Reader, Runner
from treadle.gateway.definitions import WorkflowInvalid, check_stored, valid
from treadle.gateway.models.executions import NewExecution
from treadle.gateway.parameters import Cursor, IdempotencyKey, IdPrefix, Limit
from treadle.gateway.plans import planned_workflow
from treadle.gateway.responses import Json, page, position_in
from treadle.gateway.routing import Routes, refusals
from treadle.gateway.submitter import OutcomeUnknown
from treadle.gateway.truncation import truncated
from treadle.ledger.engine import control
from treadle.ledger.engine.control import ExecutionIsFinal
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.idempotency import IdempotencyConflict
from treadle.ledger.engine.retrying import ExecutionNotFinal, NothingToRetry, retry
from treadle.ledger.engine.submission import NoSuchTrigger, Submission
from treadle.ledger.engine.submission_check import IdempotencyKeyInvalid, deadline_of
from treadle.ledger.views import causes, executions, library, paging
from treadle.ledger.views.library import NoSuchWorkflow
from treadle.planner.requests import PlanInputInvalid, PlanNotReady
from treadle.wire.causes import Causes
from treadle.wire.executions import Execution, ExecutionBrief, Executions, Submitted
from treadle.wire.objects import members, unchecked

routes = Routes("executions")

_submitted = unchecked(Submitted)
_page = unchecked(Executions)

Control: TypeAlias = Callable[[Engine, psycopg.Connection, UUID], None]
"""What a person does to one execution."""


@routes.post(
    "/executions",
    status_code=202,
    response_model=Submitted,
    responses=refusals(
        IdempotencyConflict,
        IdempotencyKeyInvalid,
        NoSuchTrigger,
        NoSuchWorkflow,
        NotAValue,
        OutcomeUnknown,
        PlanInputInvalid,
        PlanNotReady,
        WorkflowInvalid,
    ),
    summary="Run a workflow once",
)
def submit_execution(
    body: NewExecution, caller: Runner, idempotency_key: IdempotencyKey = None
) -> Response:
    """Run a definition, a stored workflow or a plan; acknowledged once it is committed."""
    with caller.session() as connection:
        workflow, graph = _what_to_run(connection, caller, body)
    submitted = caller.resources.submitter.submit(
        Submission(
            workflow,
            graph,
            body.input,
            owner=caller.owner,
            trigger=body.trigger,
            priority=body.priority,
            deadline=deadline_of(body.deadline_seconds),
            idempotency_key=idempotency_key,
            fingerprint=_fingerprint(body) if idempotency_key else None,
        )
    )
    return acknowledged(caller, submitted.execution_id, repeated=submitted.repeated)


def acknowledged(caller: Caller, execution_id: UUID, *, repeated: bool) -> Response:
    """Return the response to a committed submission: its execution, short."""
    with caller.session() as connection:
        brief = paging.brief(connection, execution_id)
    href = f"/v1/executions/{execution_id}"
    return Json(_submitted(**members(brief), repeated=repeated), 202, {"Location": href})


@routes.get("/executions", response_model=Executions, summary="List executions")
def list_executions(
    caller: Reader,
    status: Annotated[ExecutionStatus | None, Query(description="Only those.")] = None,
    workflow_id: Annotated[Name | None, Query(description="Only those of this workflow.")] = None,
    id_prefix: IdPrefix = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Return the newest executions first, short."""
    position = position_in(cursor, UUID)
    with caller.session() as connection:
        found = executions.executions(
            connection,
            owner=caller.owner,
            status=status,
            workflow_id=workflow_id,
            id_prefix=id_prefix,
            before=position[0] if position else None,
            limit=limit + 1,
        )
    shown, following = page(found, limit, "id")
    return Json(_page(executions=shown, next_cursor=following))


@routes.get("/executions/{execution_id}", response_model=Execution, summary="Get an execution")
def get_execution(execution_id: UUID, caller: Reader) -> Response:
    """Return an execution with its first 1,000 node records."""
    with caller.session() as connection:
        found = executions.execution(connection, caller.resources.graphs, execution_id)
    return Json(truncated(found))


@routes.get(
    "/executions/{execution_id}/why",
    response_model=Causes,
    summary="Say why an execution stands where it stands",
)
def get_causes(execution_id: UUID, caller: Reader) -> Response:
    """Return what each open node waits for, with the step that frees it."""
    with caller.session() as connection:
        return Json(causes.causes(connection, caller.resources.graphs, execution_id))


@routes.post(
    "/executions/{execution_id}/cancel",
    response_model=ExecutionBrief,
    responses=refusals(ExecutionIsFinal),
    summary="Cancel an execution",
)
def cancel_execution(execution_id: UUID, caller: Runner) -> Response:
    """End an execution as CANCELED, with everything in it that runs."""
    return _control(control.cancel, execution_id, caller)


@routes.post(
    "/executions/{execution_id}/pause",
    response_model=ExecutionBrief,
    responses=refusals(ExecutionIsFinal),
    summary="Pause an execution",
)
def pause_execution(execution_id: UUID, caller: Runner) -> Response:
    """Begin nothing new of an execution; what runs ends, and its deadline goes on."""
    return _control(control.pause, execution_id, caller)


@routes.post(
    "/executions/{execution_id}/resume",
    response_model=ExecutionBrief,
    responses=refusals(ExecutionIsFinal),
    summary="Resume an execution",
)
def resume_execution(execution_id: UUID, caller: Runner) -> Response:
    """Let a paused execution go on."""
    return _control(control.resume, execution_id, caller)


@routes.post(
    "/executions/{execution_id}/retry",
    status_code=202,
    response_model=ExecutionBrief,
    responses=refusals(
        ExecutionNotFinal, IdempotencyConflict, IdempotencyKeyInvalid, NothingToRetry
    ),
    summary="Retry an execution",
)
def retry_execution(
    execution_id: UUID, caller: Runner, idempotency_key: IdempotencyKey = None
) -> Response:
    """Repeat an ended execution from where it failed, as a new execution."""
    with caller.session() as connection:
        made = retry(
            caller.resources.engine, connection, execution_id, idempotency_key=idempotency_key
        )
        brief = paging.brief(connection, made)
    return Json(brief, 202, {"Location": f"/v1/executions/{made}"})


def _fingerprint(body: NewExecution) -> bytes:
    """Return a hash of what was asked: a request by id stays the same as versions come."""
    asked = body.model_dump(exclude_unset=True)
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()


def _control(act: Control, execution_id: UUID, caller: Caller) -> Response:
    with caller.session() as connection:
        act(caller.resources.engine, connection, execution_id)
        return Json(paging.brief(connection, execution_id))


def _what_to_run(
    connection: psycopg.Connection, caller: Caller, body: NewExecution
) -> tuple[Workflow, CompiledGraph]:
    """Return the workflow that a body says, and its graph."""
    if body.workflow is not None:
        return valid(caller, body.workflow, "workflow")
    if body.plan_id is not None:
        caller.own(connection, "plan_id", body.plan_id)
        planned = planned_workflow(connection, UUID(body.plan_id), body.input)
        return valid(caller, planned, "plan", "workflow")
    assert body.workflow_id is not None  # the model takes one of three
    version_id = library.version_id(connection, caller.owner, body.workflow_id, body.version)
    graph = caller.resources.graphs.version(connection, version_id)
    check_stored(caller, graph)
    return graph.workflow, graph
