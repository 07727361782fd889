"""Facts: what a committed transaction of the ledger did, counted in whichever process it ran.

A command is gone before anybody asks it for its counts. So it keeps its facts and hands them over
at its end, and a scheduler counts them as its own; see `transport.metrics_relay`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from treadle.monitoring import metrics

#: What a fact can be of: counters add its value up, histograms observe it.
_METRICS: Mapping[str, Counter | Histogram] = {
    "execution_started": metrics.EXECUTIONS_STARTED,
    "execution_finished": metrics.EXECUTIONS_FINISHED,
    "execution_seconds": metrics.EXECUTION_SECONDS,
    "ledger_inconsistent": metrics.LEDGER_INCONSISTENT,
    "node_settled": metrics.NODES_SETTLED,
    "question_asked": metrics.QUESTIONS_ASKED,
    "question_answered": metrics.QUESTIONS_ANSWERED,
    "question_timed_out": metrics.QUESTIONS_TIMED_OUT,
    "question_seconds": metrics.QUESTION_SECONDS,
}


class Fact(NamedTuple):
    """Something that happened, or how long it took."""

    of: str
    labels: tuple[str, ...] = ()
    value: float = 1.0


class _Kept:
    """Where facts go instead of being counted; `None` in a process that is asked for its counts."""

    facts: list[Fact] | None = None


def count(facts: Iterable[Fact]) -> None:
    """Count facts in this process, or keep them for the one that they are handed to."""
    if _Kept.facts is not None:
        _Kept.facts.extend(facts)
        return
    for of, labels, value in facts:
        _taker(of, labels)(value)


@cache  # labels come from closed sets
def _taker(of: str, labels: tuple[str, ...]) -> Callable[[float], None]:
    metric = _METRICS[of]
    found = metric.labels(*labels) if labels else metric
    return found.inc if isinstance(found, Counter) else found.observe


@contextmanager
def keeping() -> Iterator[list[Fact]]:
    """Keep facts in the list that this gives, for as long as the `with` block runs."""
    kept: list[Fact] = []
    _Kept.facts = kept
    try:
        yield kept
    finally:
        _Kept.facts = None
