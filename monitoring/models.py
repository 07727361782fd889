"""Metrics of model calls and plans.

The outcome of a failed one is the reason of its error; errors are classes, so that is a closed set.
What a provider refuses for its rate has an outcome of its own: that is no outage.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from prometheus_client import Counter, Histogram

from treadle.core.errors import TreadleError
from treadle.monitoring import metrics

#: The status by which a provider refuses a request for its rate, and the outcome that it counts as.
_TOO_MANY, _RATE_LIMITED = 429, "provider_rate_limited"

Purpose = Literal["plan", "node"]


@contextmanager
def planning() -> Iterator[None]:
    """Count and time one plan, for the duration of the `with` block."""
    with _measured(metrics.PLANS, metrics.PLAN_SECONDS, (), "ready"):
        yield


@contextmanager
def calling(purpose: Purpose, provider: str) -> Iterator[None]:
    """Count one request to a provider."""
    with _measured(metrics.MODEL_REQUESTS, metrics.MODEL_SECONDS, (purpose, provider), "answered"):
        yield


def spent(
    purpose: Purpose, provider: str, *, tokens_in: int, tokens_out: int, cost_usd: float | None
) -> None:
    """Count the tokens and the cost of a request; an unknown cost is not counted."""
    metrics.MODEL_TOKENS.labels(purpose, provider, "input").inc(tokens_in)
    metrics.MODEL_TOKENS.labels(purpose, provider, "output").inc(tokens_out)
    metrics.MODEL_COST_USD.labels(purpose, provider).inc(cost_usd or 0.0)


@contextmanager
def _measured(
    outcomes: Counter, seconds: Histogram, labels: tuple[str, ...], success: str
) -> Iterator[None]:
    started = time.perf_counter()
    outcome = "canceled"
    try:
        yield
        outcome = success
    except TreadleError as error:
        outcome = _RATE_LIMITED if error.context.get("status") == _TOO_MANY else error.reason
        raise
    except Exception:
        outcome = "crashed"
        raise
    finally:
        outcomes.labels(*labels, outcome).inc()
        (seconds.labels(*labels) if labels else seconds).observe(time.perf_counter() - started)
