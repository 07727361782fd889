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
    """The status of a plan."""

    PLANNING = "planning"
    """Its planning runs, or waits for a planner."""
    READY = "ready"
    """It can run."""
    FAILED = "failed"
    """The planning failed."""
    CANCELED = "canceled"
    """Its execution was canceled before the plan was ready."""


_START = 1_767_225_600_000
_BRIEF: dict[str, Any] = {
    "id": EXECUTION_ID,
    "status": "ready",
    "start_time": _START,
    "end_time": _START + 4_200,
}
_RESULT: dict[str, Any] = {
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
_PLAN: dict[str, Any] = {**_BRIEF, "prompt": PROMPT, "plan": _RESULT, "error": None}


class PlanBrief(WireObject):
    """A plan, short. Its id is its execution's, whose events report its progress."""

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
    """Whether the idempotency key was known: this is the plan of the first request."""


class Plans(WireObject):
    """A page of plans, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"plans": [_BRIEF], "next_cursor": None}]}
    )

    plans: list[PlanBrief]
    next_cursor: str | None


class PlanPlaceholder(WireObject):
    """A value that the prompt does not contain; whoever runs the plan supplies it."""

    name: str
    """The name of its field in the input."""
    type: str
    """text, number, boolean, date, url, email, list, object, any, or secret: the operator's."""
    description: str
    suggestion: str | None
    """A value that the model suggests; nobody has confirmed it."""


class PlanFix(WireObject):
    """A problem of the model's answer that was fixed by rule."""

    path: str
    reason: str
    done: str


class PlanProblem(WireObject):
    """A problem of a model's answer that was repaired, or a warning about the plan."""

    path: str
    reason: str
    message: str
    solution: str


class PlanTokens(WireObject):
    """Tokens of all calls of the model."""

    input: int
    output: int


class PlanResult(WireObject):
    """The result of planning: a workflow, with its placeholders and what it cost to plan."""

    title: str
    rationale: str
    assumptions: list[str]
    placeholders: list[PlanPlaceholder]
    workflow: JsonObject
    """A valid definition."""
    problems_repaired: list[PlanProblem]
    fixes: list[PlanFix]
    warnings: list[PlanProblem]
    model: str
    rounds: int
    """Calls of the model."""
    tokens: PlanTokens
    cost_usd: float | None
    """By the provider's list price; null if it is unknown."""
    seconds: float


class Plan(PlanBrief):
    """The current state of a plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLAN]})

    prompt: str
    plan: PlanResult | None
    """Null until it is ready."""
    error: WireError | None
