"""Plans on the wire."""

from __future__ import annotations

from enum import unique
from typing import Any

from pydantic import ConfigDict

from treadle.dag.model import JsonObject, Milliseconds
from treadle.dag.words import Word
from treadle.wire.errors import WireError
from treadle.wire.examples import EXECUTION_ID, PROMPT, WORKFLOW
from treadle.wire.objects import Uuid, WireObject


@unique
class PlanStatus(Word):
    """Where a plan stands."""

    PLANNING = "planning"
    """It is being made, or waits for a planner."""
    READY = "ready"
    """It can run."""
    FAILED = "failed"
    """It could not be made."""
    CANCELED = "canceled"
    """Its execution was canceled before it was made."""


_START = 1_767_225_600_000
_BRIEF: dict[str, Any] = {
    "id": EXECUTION_ID,
    "status": "ready",
    "start_time": _START,
    "end_time": _START + 4_200,
}
_MADE: dict[str, Any] = {
    "title": "Greeting",
    "rationale": "One step makes the greeting of the name that is given.",
    "assumptions": ["The greeting is in English."],
    "placeholders": [
        {"name": "name", "type": "text", "description": "Who is greeted.", "suggestion": None}
    ],
    "workflow": WORKFLOW,
    "problems_repaired": [],
    "fixes": [],
    "warnings": [],
    "model": "openai/gpt-5.5",
    "rounds": 1,
    "tokens": {"input": 3_000, "output": 200},
    "cost_usd": 0.021,
    "seconds": 4.1,
}
_PLAN: dict[str, Any] = {**_BRIEF, "prompt": PROMPT, "plan": _MADE, "error": None}


class PlanBrief(WireObject):
    """A plan, short. Its id is its execution's, whose events tell how it gets on."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BRIEF]})

    id: Uuid
    status: PlanStatus
    start_time: Milliseconds
    end_time: Milliseconds | None


class AskedPlan(PlanBrief):
    """A plan that was acknowledged."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_BRIEF, "status": "planning", "end_time": None, "repeated": False}]
        },
    )

    repeated: bool
    """The idempotency key was known: this is the plan of the first time."""


class Plans(WireObject):
    """A page of plans, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"plans": [_BRIEF], "next_cursor": None}]}
    )

    plans: list[PlanBrief]
    next_cursor: str | None


class PlanPlaceholder(WireObject):
    """A value that the prompt does not tell: whoever runs the plan gives it."""

    name: str
    """Its field in the input."""
    type: str
    """text, number, boolean, date, url, email, list, object or any; a secret is the operator's."""
    description: str
    suggestion: str | None
    """What the model would have written; nobody has confirmed it."""


class PlanFix(WireObject):
    """What was fixed by rule."""

    path: str
    reason: str
    done: str


class PlanProblem(WireObject):
    """What was wrong with an answer of the model, and is no more."""

    path: str
    reason: str
    message: str
    solution: str


class PlanTokens(WireObject):
    """What the model calls took."""

    input: int
    output: int


class Made(WireObject):
    """What was planned."""

    title: str
    rationale: str
    assumptions: list[str]
    placeholders: list[PlanPlaceholder]
    workflow: JsonObject
    """It passes validation."""
    problems_repaired: list[PlanProblem]
    fixes: list[PlanFix]
    warnings: list[PlanProblem]
    model: str
    rounds: int
    """Times the model was asked."""
    tokens: PlanTokens
    cost_usd: float | None
    """By the provider's list price; null if it is unknown."""
    seconds: float


class Plan(PlanBrief):
    """A plan as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLAN]})

    prompt: str
    plan: Made | None
    """Null until it is ready."""
    error: WireError | None
