"""Workflows: validated, stored as versions, read."""

from __future__ import annotations

from typing import Annotated, ClassVar
from urllib.parse import quote

from fastapi import Path
from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.dag.model import Name
from treadle.dag.problems import Problem
from treadle.dag.validation import validate
from treadle.gateway.auth import Reader, Runner
from treadle.gateway.definitions import WorkflowInvalid, for_caller, valid, wire_problems
from treadle.gateway.models.workflows import Definition
from treadle.gateway.parameters import Cursor, Limit
from treadle.gateway.responses import Json, page, position_in
from treadle.gateway.routing import Routes, refusals
from treadle.ledger.views import library, unserved
from treadle.ledger.views.library import NoSuchWorkflow, Stored, WorkflowExists
from treadle.wire.objects import unchecked
from treadle.wire.workflows import ValidationResult, Version, Versions, Workflows

routes = Routes("workflows")

_validation = unchecked(ValidationResult)
_workflows = unchecked(Workflows)
_versions = unchecked(Versions)

Number = Annotated[int, Path(ge=1, lt=2**31, description="The version's number.")]


class OtherWorkflow(TreadleError):
    """The definition's id is not the id of the workflow in the path."""

    reason: ClassVar[str] = "workflow_differs"
    solution: ClassVar[str] = "Give the definition the id from the path."


@routes.post(
    "/workflows",
    status_code=201,
    response_model=Version,
    responses={
        200: {"model": Version, "description": "The same definition was stored before."},
        **refusals(WorkflowInvalid, WorkflowExists),
    },
    summary="Store a workflow",
)
def create_workflow(body: Definition, caller: Runner) -> Response:
    """Store a definition as a new workflow of its id."""
    workflow, _ = valid(caller, body.root)
    with caller.session() as connection:
        return _stored(library.create(connection, caller.owner, workflow))


@routes.post("/workflows/validate", response_model=ValidationResult, summary="Validate a workflow")
def validate_workflow(body: Definition, caller: Reader) -> Response:
    """Report every problem of a definition, and store nothing.

    A task that no worker has now is a warning, `no_capable_worker`, and so is an input that the
    task has no parameter for, `unknown_input`.
    """
    found = for_caller(caller, validate(body.root))
    doubtful: list[Problem] = []
    if found.workflow is not None:
        with caller.session() as connection:
            doubtful = unserved.task_warnings(connection, found.workflow)
    return Json(
        _validation(
            valid=found.workflow is not None,
            problems=wire_problems(found.problems),
            warnings=wire_problems([*found.warnings, *doubtful]),
        )
    )


@routes.get("/workflows", response_model=Workflows, summary="List workflows")
def list_workflows(caller: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return workflows by id."""
    after = position_in(cursor, str)
    with caller.session() as connection:
        found = library.workflows(
            connection, caller.owner, after=after[0] if after else "", limit=limit + 1
        )
    shown, following = page(found, limit, "id")
    return Json(_workflows(workflows=shown, next_cursor=following))


@routes.get("/workflows/{workflow_id}", response_model=Version, summary="Get a workflow")
def get_workflow(workflow_id: Name, caller: Reader) -> Response:
    """Return the latest version of a workflow."""
    with caller.session() as connection:
        return Json(library.version(connection, caller.owner, workflow_id))


@routes.post(
    "/workflows/{workflow_id}/versions",
    status_code=201,
    response_model=Version,
    responses={
        200: {"model": Version, "description": "The same definition is a version already."},
        **refusals(WorkflowInvalid, NoSuchWorkflow, OtherWorkflow),
    },
    summary="Store a new version",
)
def create_version(workflow_id: Name, body: Definition, caller: Runner) -> Response:
    """Store a definition as the newest version of its workflow; running executions keep theirs."""
    workflow, _ = valid(caller, body.root)
    with caller.session() as connection:
        library.version_id(connection, caller.owner, workflow_id)  # raises if there is none
        if workflow.metadata.id != workflow_id:
            raise OtherWorkflow(
                f"The definition is that of {workflow.metadata.id!r}.", workflow_id=workflow_id
            )
        return _stored(library.add_version(connection, caller.owner, workflow))


@routes.get("/workflows/{workflow_id}/versions", response_model=Versions, summary="List versions")
def list_versions(
    workflow_id: Name, caller: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Return a workflow's versions, the newest first."""
    before = position_in(cursor, int)
    with caller.session() as connection:
        found = library.versions(
            connection,
            caller.owner,
            workflow_id,
            before=before[0] if before else None,
            limit=limit + 1,
        )
    shown, following = page(found, limit, "version")
    return Json(_versions(versions=shown, next_cursor=following))


@routes.get(
    "/workflows/{workflow_id}/versions/{number}", response_model=Version, summary="Get a version"
)
def get_version(workflow_id: Name, number: Number, caller: Reader) -> Response:
    """Return one version of a workflow."""
    with caller.session() as connection:
        return Json(library.version(connection, caller.owner, workflow_id, number))


def _stored(stored: Stored) -> Response:
    version = stored.version
    workflow_id = quote(version.workflow_id, safe="")
    href = f"/v1/workflows/{workflow_id}/versions/{version.version}"
    return Json(version, 201 if stored.made else 200, {"Location": href})
