"""PLANNER.PLAN: a prompt becomes a plan, in a process that takes from the planner's queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from core.provider_errors import ProviderUnavailable
from core.settings import Settings
from dag.outcomes import Completed, Failed
from dag.values import Value
from workers.nodes.attempt import Attempt

#: What of a plan stands in its record's details.
_DETAILS = ("model", "rounds", "tokens", "cost_usd", "seconds")


def plan_workflow(settings: Settings) -> Callable[[Attempt], Awaitable[Completed | Failed]]:
    """Return the implementation that asks the model these settings name."""

    async def run(attempt: Attempt) -> Completed | Failed:
        async def report(stage: Value) -> None:
            await attempt.report({"stages": [stage]}, _joined)

        try:
            made = await load_planner().plan(attempt.input["prompt"], settings, report)
        except ProviderUnavailable as error:
            return Failed(error.to_wire(), error.retry_after)
        return Completed(made, details={name: made[name] for name in _DETAILS})

    return run


def load_planner() -> Any:
    """Load what plans. The models' SDKs take seconds to load, and other workers never need them."""
    return import_module("planner.planning")


def _joined(waiting: Value, newer: Value) -> Value:
    """Tell stages that follow each other closely as one report, so that none is left out."""
    return {"stages": [*waiting["stages"], *newer["stages"]]}
