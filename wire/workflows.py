"""Workflows and their versions on the wire."""

from __future__ import annotations

from pydantic import ConfigDict

from treadle.dag.model import JsonObject, Milliseconds
from treadle.wire.errors import DefinitionProblem
from treadle.wire.examples import WORKFLOW
from treadle.wire.objects import WireObject

_CREATED = 1_767_225_600_000


class ValidationResult(WireObject):
    """The result of validating a definition."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"valid": True, "problems": [], "warnings": []}]},
    )

    valid: bool
    problems: list[DefinitionProblem]
    """Why it is not valid; empty if it is."""
    warnings: list[DefinitionProblem]
    """What is valid but may be a mistake."""


class WorkflowBrief(WireObject):
    """A workflow, short."""

    id: str
    name: str
    latest_version: int
    created_time: Milliseconds


class Workflows(WireObject):
    """A page of workflows by id."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workflows": [
                        {
                            "id": "greeting",
                            "name": "Greeting",
                            "latest_version": 1,
                            "created_time": _CREATED,
                        }
                    ],
                    "next_cursor": None,
                }
            ]
        }
    )

    workflows: list[WorkflowBrief]
    next_cursor: str | None


class Version(WireObject):
    """A version of a workflow: immutable, with every default written out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workflow_id": "greeting",
                    "version": 1,
                    "latest_version": 1,
                    "created_time": _CREATED,
                    "workflow": WORKFLOW,
                }
            ]
        },
    )

    workflow_id: str
    version: int
    latest_version: int
    created_time: Milliseconds
    workflow: JsonObject
    """The definition, with every default written out."""


class VersionBrief(WireObject):
    """A version, short."""

    version: int
    created_time: Milliseconds
    definition_bytes: int


class Versions(WireObject):
    """A page of a workflow's versions, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "versions": [
                        {"version": 1, "created_time": _CREATED, "definition_bytes": 1_204}
                    ],
                    "next_cursor": None,
                }
            ]
        }
    )

    versions: list[VersionBrief]
    next_cursor: str | None
