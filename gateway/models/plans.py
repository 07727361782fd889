"""The bodies of requests for a plan, and to run one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from treadle.dag.model import Described
from treadle.planner.requests import PROMPT_LENGTH
from treadle.wire.examples import PROMPT


class NewPlan(Described):
    """A prompt to plan a workflow for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": PROMPT}]})

    prompt: Annotated[str, Field(min_length=1, max_length=PROMPT_LENGTH)]


class RunPlan(Described):
    """The input to run a plan with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"input": {"name": "Ada"}}]},
    )

    input: Any = Field(default_factory=dict)
    """The output of the trigger: an object with a value for each placeholder."""
