"""docs/planner.md tells what a plan holds and how one can fail."""

from __future__ import annotations

import re
from pathlib import Path

from treadle.core import provider_errors
from treadle.core.errors import TreadleError
from treadle.planner import local, model_choice, planning, requests
from treadle.wire.plans import PlanResult, PlanStatus

PAGE = (Path(__file__).parents[2] / "docs" / "planner.md").read_text("utf-8")
#: Told where a plan is run or looked for, not made.
ELSEWHERE = {"plan_not_found", "plan_not_ready"}


def test_every_reason_for_which_a_plan_fails_is_told() -> None:
    """With what to do about it."""
    modules = (provider_errors, model_choice, local, planning, requests)
    reasons = {
        each.reason
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, TreadleError) and each is not TreadleError
    }
    told = set(re.findall(r"`([a-z_]+)`", PAGE))

    assert reasons - ELSEWHERE <= told


def test_everything_in_a_plan_is_told() -> None:
    """By the names of the wire."""
    told = set(re.findall(r"`([a-z_]+)`", PAGE))

    assert set(PlanResult.model_fields) <= told
    assert set(PlanStatus) <= told
