"""The retry policy: which failures are tried again, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.dag.graph import CompiledNode
from treadle.dag.outcomes import Failed, Retrying
from treadle.dag.retries import apply_retry_policy, backoff
from treadle.dag.validation import validate

RETRYABLE: dict[str, Any] = {"error_code": "x", "is_retryable": True}


def node_with(**configurations: Any) -> CompiledNode:
    nodes = [
        {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"},
        {
            "id": "a",
            "name": "a",
            "type": "ACTION",
            "subtype": "PYTHON_TASK",
            "configurations": {"task": "t", **configurations},
        },
    ]
    document = {
        "metadata": {"id": "w", "name": "w"},
        "nodes": nodes,
        "connections": [{"id": "c", "from_node": "start", "to_node": "a"}],
        "triggers": ["start"],
    }
    graph = validate(document).graph
    assert graph is not None
    return graph.nodes["a"]


def test_a_failure_that_cannot_be_mended_by_trying_again_is_final() -> None:
    """Only what says it is retryable is tried again."""
    failed = Failed({"error_code": "x", "is_retryable": False})
    assert apply_retry_policy(node_with(), 0, failed) is failed


@pytest.mark.parametrize(("retry_count", "tried_again"), [(0, True), (2, True), (3, False)])
def test_three_retries_make_four_attempts(retry_count: int, tried_again: bool) -> None:
    """The default of max_retries."""
    outcome = apply_retry_policy(node_with(), retry_count, Failed(RETRYABLE))
    assert isinstance(outcome, Retrying) is tried_again


def test_a_task_may_narrow_the_bound() -> None:
    """The narrower of the node's and the task's counts."""
    assert isinstance(apply_retry_policy(node_with(), 1, Failed(RETRYABLE), max_retries=1), Failed)


def test_retry_after_is_obeyed() -> None:
    """An upstream that asks for a minute gets it."""
    asked = timedelta(minutes=1)
    outcome = apply_retry_policy(node_with(retry_max_ms=1_000), 0, Failed(RETRYABLE, asked))
    assert isinstance(outcome, Retrying)
    assert outcome.delay == asked


def test_retry_after_is_obeyed_up_to_the_longest_wait() -> None:
    """An upstream that asks for a day, or the year 2099, gets what the operator permits."""
    asked, longest = timedelta(days=1), timedelta(hours=1)
    outcome = apply_retry_policy(node_with(), 0, Failed(RETRYABLE, asked), longest_wait=longest)
    assert isinstance(outcome, Retrying)
    assert outcome.delay == longest


@given(st.integers(0, 10_000))
def test_delays_grow_within_their_bounds(retry_count: int) -> None:
    """Between the node's least and largest delay, and under the doubled ceiling."""
    node = node_with(retry_min_ms=100, retry_max_ms=5_000)
    delay = backoff(node, retry_count)
    ceiling = min(timedelta(seconds=5), timedelta(milliseconds=100) * 2 ** min(retry_count + 1, 20))
    assert timedelta(milliseconds=100) <= delay <= ceiling
