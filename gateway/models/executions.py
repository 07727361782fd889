"""The body of a request for an execution."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from treadle.dag.model import Described, JsonObject, Name, NodeId
from treadle.ledger.engine.submission import DEFAULT_PRIORITY
from treadle.ledger.engine.submission_check import DEADLINE_LIMIT_SECONDS
from treadle.wire.examples import WORKFLOW
from treadle.wire.objects import Uuid

_Unset: TypeAlias = SkipJsonSchema[None]
"""The value of a field that was left out; a request cannot write it."""

_WHAT = ("workflow", "workflow_id", "plan_id")


class NewExecution(Described):
    """What to run: exactly one of a definition, a stored workflow, and a plan."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [each]} for each in _WHAT],
            "dependentRequired": {"version": ["workflow_id"]},
            "examples": [{"workflow": WORKFLOW, "input": {"name": "Ada"}}],
        },
    )

    workflow: JsonObject | _Unset = None
    """A definition; it is stored as a version of its workflow if it is new."""
    workflow_id: Name | _Unset = None
    """A workflow that is stored."""
    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    """Which version of it; the latest if none is named."""
    plan_id: Uuid | _Unset = None
    """A plan that is ready; its workflow runs."""
    input: Any = Field(default_factory=dict)
    """The output of the trigger."""
    trigger: NodeId | None = None
    """The trigger that fires; if none is named the manual one, or the only one."""
    priority: int = Field(default=DEFAULT_PRIORITY, ge=0, le=9)
    """0 is first."""
    deadline_seconds: Annotated[float, Field(gt=0, le=DEADLINE_LIMIT_SECONDS)] | None = None
    """After so many seconds it ends as TIMEOUT."""

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        given = [each for each in _WHAT if each in self.model_fields_set]
        if len(given) != 1 or any(getattr(self, each) is None for each in given):
            raise PydanticCustomError(
                "say_one", "Exactly one of workflow, workflow_id and plan_id says what to run."
            )
        if "version" in self.model_fields_set and self.workflow_id is None:
            raise PydanticCustomError("version_of_nothing", "A version is one of a workflow_id.")
        return self
