"""The retry policy: whether a failed attempt is repeated, and after how long.

Exponential with full jitter, between the node's bounds; an upstream's `Retry-After` is obeyed as a
lower bound, up to the longest wait that the operator permits.
Source: Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import random
from datetime import timedelta

from treadle.dag.graph import CompiledNode
from treadle.dag.outcomes import Failed, Retrying


def apply_retry_policy(
    node: CompiledNode,
    retry_count: int,
    failed: Failed,
    *,
    max_retries: int | None = None,
    longest_wait: timedelta = timedelta.max,
) -> Failed | Retrying:
    """Return the failure as final, or as one that is tried again after a delay.

    Args:
        retry_count: how often the node was already retried.
        max_retries: the limit of its task, if known; the lower limit counts.
        longest_wait: what a `Retry-After` can ask for at most.
    """
    bound = node.max_retries if max_retries is None else min(node.max_retries, max_retries)
    if not failed.error.get("is_retryable") or retry_count >= bound:
        return failed
    delay = backoff(node, retry_count)
    if failed.retry_after is not None:
        delay = max(delay, min(failed.retry_after, longest_wait))
    return Retrying(failed.error, delay, failed.details)


def backoff(node: CompiledNode, retry_count: int) -> timedelta:
    """Return the delay before retry number `retry_count + 1`, drawn with full jitter."""
    ceiling: timedelta = min(node.retry_max, node.retry_min * 2 ** min(retry_count + 1, 30))
    return node.retry_min + random.random() * max(ceiling - node.retry_min, timedelta())  # noqa: S311 - no secret
