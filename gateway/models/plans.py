"""What a request for a plan, or for its run, says."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from treadle.dag.model import Described
from treadle.planner.requests import PROMPT_LENGTH
from treadle.wire.examples import PROMPT


class NewPlan(Described):
    """What is to be planned."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": PROMPT}]})

    prompt: Annotated[str, Field(min_length=1, max_length=PROMPT_LENGTH)]


class RunPlan(Described):
    """What a plan is run with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"input": {"name": "Ada"}}]},
    )

    input: Any = Field(default_factory=dict)
    """What the trigger puts out: an object with a value for each placeholder."""
