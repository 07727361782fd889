"""The library: workflows and their versions, as their owner sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.dag.model import DERIVED, Workflow
from treadle.dag.publish import publish
from treadle.dag.values import dumps, loads
from treadle.ledger.engine.row_errors import understanding
from treadle.ledger.engine.versions import store_version
from treadle.ledger.queries import fetching
from treadle.ledger.views.executions import milliseconds
from treadle.wire.objects import unchecked
from treadle.wire.workflows import Version, VersionBrief, WorkflowBrief

_workflow_brief = unchecked(WorkflowBrief)
_version_brief = unchecked(VersionBrief)
_whole_version = unchecked(Version)

_fetch = fetching("library")


class NoSuchWorkflow(TreadleError):
    """The owner has no workflow with this id, or the workflow has no such version."""

    reason: ClassVar[str] = "workflow_not_found"
    solution: ClassVar[str] = "Check the id and the version; GET /v1/workflows lists them."


class WorkflowExists(TreadleError):
    """The owner already has a workflow with this id."""

    reason: ClassVar[str] = "workflow_exists"
    solution: ClassVar[str] = "Store it as a new version of that workflow, or choose another id."


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing a definition came to."""

    version: Version
    made: bool
    """Whether there was no such version before."""


def create(connection: psycopg.Connection, owner: str, workflow: Workflow) -> Stored:
    """Store a workflow that is new, or find the same one that was stored before.

    Raises:
        WorkflowExists: there is one with its id that says something else.
    """
    with connection.transaction():
        before = _latest(connection, owner, workflow.metadata.id)
        stored = _store(connection, owner, workflow, before)
        if stored.made and stored.version.version > 1:
            workflow_id = workflow.metadata.id
            raise WorkflowExists(
                f"There is a workflow {workflow_id!r}, and it says something else.",
                workflow_id=workflow_id,
            )
        return stored


def add_version(connection: psycopg.Connection, owner: str, workflow: Workflow) -> Stored:
    """Store a definition as the newest version of its workflow, or find it among them.

    Raises:
        NoSuchWorkflow: there is no workflow with its id.
    """
    with connection.transaction():
        before = _latest(connection, owner, workflow.metadata.id)
        if before is None:
            raise _missing(workflow.metadata.id)
        return _store(connection, owner, workflow, before)


def workflows(
    connection: psycopg.Connection, owner: str, *, after: str = "", limit: int = 100
) -> list[WorkflowBrief]:
    """Return a page of an owner's workflows by id, short."""
    rows = _fetch(connection, "workflows", owner=owner, after=after, limit=limit)
    return [
        _workflow_brief(
            id=row.id,
            name=row.name,
            latest_version=row.latest_version,
            created_time=milliseconds(row.created_at),
        )
        for row in rows
    ]


def version(
    connection: psycopg.Connection, owner: str, workflow_id: str, number: int | None = None
) -> Version:
    """Return a version with its definition; the latest if none is named.

    Raises:
        NoSuchWorkflow
    """
    row = _version(connection, owner, workflow_id, number)
    return _whole_version(
        workflow_id=row.id,
        version=row.version,
        latest_version=row.latest_version,
        created_time=milliseconds(row.created_at),
        workflow=_shown(row),
    )


def _shown(row: Any) -> dict[str, Any]:
    """Return a version's definition without what only the system can know, and does not say yet.

    Raises:
        RowNotUnderstood: `row_not_understood`
    """
    with understanding("The definition of its version", version_id=str(row.version_id)):
        workflow: dict[str, Any] = loads(row.definition)
        for name in DERIVED & workflow["metadata"].keys():
            del workflow["metadata"][name]
    return workflow


def version_id(
    connection: psycopg.Connection, owner: str, workflow_id: str, number: int | None = None
) -> UUID:
    """Return the id of a version; of the latest if none is named.

    Raises:
        NoSuchWorkflow
    """
    return UUID(str(_version(connection, owner, workflow_id, number).version_id))


def versions(
    connection: psycopg.Connection,
    owner: str,
    workflow_id: str,
    *,
    before: int | None = None,
    limit: int = 100,
) -> list[VersionBrief]:
    """Return a page of a workflow's versions, the newest first.

    Raises:
        NoSuchWorkflow
    """
    if _latest(connection, owner, workflow_id) is None:
        raise _missing(workflow_id)
    rows = _fetch(
        connection,
        "versions",
        owner=owner,
        workflow_id=workflow_id,
        before=before,
        limit=limit,
    )
    return [
        _version_brief(
            version=row.version,
            created_time=milliseconds(row.created_at),
            definition_bytes=row.bytes,
        )
        for row in rows
    ]


def _store(
    connection: psycopg.Connection, owner: str, workflow: Workflow, before: int | None
) -> Stored:
    stored = store_version(connection, owner, workflow, dumps(publish(workflow)))
    number = _fetch(connection, "number", id=stored)[0].version
    made = number > (before or 0)
    return Stored(version(connection, owner, workflow.metadata.id, number), made)


def _latest(connection: psycopg.Connection, owner: str, workflow_id: str) -> int | None:
    rows = _fetch(connection, "latest_version", owner=owner, workflow_id=workflow_id)
    return rows[0].latest_version if rows else None


def _version(
    connection: psycopg.Connection, owner: str, workflow_id: str, number: int | None
) -> Any:
    rows = _fetch(connection, "version", owner=owner, workflow_id=workflow_id, version=number)
    if not rows:
        raise _missing(workflow_id, number)
    return rows[0]


def _missing(workflow_id: str, number: int | None = None) -> NoSuchWorkflow:
    which = f"There is no workflow {workflow_id!r}"
    message = f"{which}." if number is None else f"{which} with a version {number}."
    return NoSuchWorkflow(message, workflow_id=workflow_id)
