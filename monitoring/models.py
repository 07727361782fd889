"""What models are asked, and what it takes: counted around each call and each plan.

The outcome of one that fails is the reason of its error; errors are classes, so that is a closed
set.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from prometheus_client import Counter, Histogram

from treadle.core.errors import TreadleError
from treadle.monitoring import metrics

Purpose = Literal["plan", "node"]


@contextmanager
def planning() -> Iterator[None]:
    """Count one plan, from the `with` block's begin to its end."""
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
    """Count what a request took; a cost that is not known counts for nothing."""
    metrics.MODEL_TOKENS.labels(purpose, provider, "input").inc(tokens_in)
    metrics.MODEL_TOKENS.labels(purpose, provider, "output").inc(tokens_out)
    metrics.MODEL_COST_USD.labels(purpose, provider).inc(cost_usd or 0.0)


@contextmanager
def _measured(
    outcomes: Counter, seconds: Histogram, labels: tuple[str, ...], good: str
) -> Iterator[None]:
    begun = time.perf_counter()
    outcome = "canceled"
    try:
        yield
        outcome = good
    except TreadleError as error:
        outcome = error.reason
        raise
    except Exception:
        outcome = "crashed"
        raise
    finally:
        outcomes.labels(*labels, outcome).inc()
        (seconds.labels(*labels) if labels else seconds).observe(time.perf_counter() - begun)
