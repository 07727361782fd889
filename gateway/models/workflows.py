"""Workflows and their versions on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, RootModel

from treadle.dag.model import JsonObject, Milliseconds, Strict
from treadle.gateway.models.errors import Fault
from treadle.gateway.models.examples import WORKFLOW

_CREATED = 1_767_225_600_000


class Definition(RootModel[dict[str, Any]]):
    """A workflow as it is written; checked by `dag.validation`, documented by its schema."""

    model_config = ConfigDict(json_schema_extra={"examples": [WORKFLOW]})


class Checked(Strict):
    """What is to be said about a definition."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"valid": True, "problems": [], "warnings": []}]},
    )

    valid: bool
    problems: list[Fault]
    """Everything that is wrong with it."""
    warnings: list[Fault]
    """What may be meant otherwise; hinders nothing."""


class WorkflowBrief(Strict):
    """A workflow, short."""

    id: str
    name: str
    latest_version: int
    created_time: Milliseconds


class Workflows(Strict):
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


class Version(Strict):
    """A version of a workflow: immutable, with every default written out."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
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
    """The definition as it runs."""


class VersionBrief(Strict):
    """A version, short."""

    version: int
    created_time: Milliseconds
    definition_bytes: int


class Versions(Strict):
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
