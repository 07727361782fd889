"""What models are asked is counted by what came of it."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import ClassVar

import pytest
from prometheus_client import REGISTRY

from treadle.core.errors import TreadleError
from treadle.monitoring import models


class Declined(TreadleError):
    """A model said no."""

    reason: ClassVar[str] = "model_declined_in_test"


def counted(name: str, **labels: str) -> float:
    """Return what this process has counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "answered"),
        (Declined("no"), "model_declined_in_test"),
        (OSError("broken"), "crashed"),
        (asyncio.CancelledError(), "canceled"),
    ],
)
def test_a_request_counts_by_its_outcome(error: BaseException | None, outcome: str) -> None:
    """An error by its reason, what nobody foresaw as a crash, and it passes through."""
    labels = {"purpose": "node", "provider": "in_test"}
    name = "treadle_model_requests_total"
    before = counted(name, **labels, outcome=outcome)
    timed = counted("treadle_model_request_seconds_count", **labels)

    passed = nullcontext() if error is None else pytest.raises(type(error))
    with passed, models.calling("node", "in_test"):
        if error is not None:
            raise error

    assert counted(name, **labels, outcome=outcome) == before + 1
    assert counted("treadle_model_request_seconds_count", **labels) == timed + 1


def test_tokens_and_cost_add_up() -> None:
    """A cost that nobody knows counts for nothing."""
    models.spent("plan", "in_test", tokens_in=30, tokens_out=4, cost_usd=0.5)
    models.spent("plan", "in_test", tokens_in=1, tokens_out=1, cost_usd=None)

    labels = {"purpose": "plan", "provider": "in_test"}
    assert counted("treadle_model_tokens_total", **labels, direction="input") == 31
    assert counted("treadle_model_tokens_total", **labels, direction="output") == 5
    assert counted("treadle_model_cost_usd_total", **labels) == 0.5
