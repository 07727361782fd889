"""PLANNER.PLAN: turns a prompt into a plan, in a process that serves the planner's queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from treadle.core.provider_errors import ProviderUnavailable
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs.planning import PLAN
from treadle.dag.values import Value
from treadle.planner.planning import plan
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import Services, makes

#: Fields of a plan that are copied to its record's details.
_DETAILS = ("model", "rounds", "tokens", "cost_usd", "seconds")


@makes(PLAN)
def plan_workflow(services: Services) -> Callable[[Attempt], Awaitable[Completed | Failed]]:
    """Return the implementation, which calls the model that the settings name."""
    settings = services.settings

    async def run(attempt: Attempt) -> Completed | Failed:
        async def report(stage: Value) -> None:
            await attempt.report({"stages": [stage]}, _joined)

        try:
            owner = await asyncio.to_thread(attempt.owner)
            result = await plan(attempt.input["prompt"], owner, settings, report)
        except ProviderUnavailable as error:
            return Failed(error.to_wire(), error.retry_after)
        return Completed(result, details={name: result[name] for name in _DETAILS})

    return run


def _joined(waiting: Value, newer: Value) -> Value:
    """Merge stages that follow each other closely into one report, so that none is left out."""
    return {"stages": [*waiting["stages"], *newer["stages"]]}
