"""Facts: what a committed transaction of the ledger did, counted in the process that ran it.

A command ends before Prometheus can scrape it. So it buffers its facts and relays them at its end,
and a scheduler counts them as its own; see `transport.metrics_relay`. The death of a vital part
goes the same way, as its process ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from treadle.monitoring import metrics

#: The metrics of facts: counters add the value, histograms observe it.
_METRICS: Mapping[str, Counter | Histogram] = {
    "execution_started": metrics.EXECUTIONS_STARTED,
    "execution_finished": metrics.EXECUTIONS_FINISHED,
    "execution_seconds": metrics.EXECUTION_SECONDS,
    "ledger_inconsistent": metrics.LEDGER_INCONSISTENT,
    "row_not_understood": metrics.ROWS_NOT_UNDERSTOOD,
    "vital_part_died": metrics.VITAL_PARTS_DIED,
    "node_settled": metrics.NODES_SETTLED,
    "question_asked": metrics.QUESTIONS_ASKED,
    "question_answered": metrics.QUESTIONS_ANSWERED,
    "answer_refused": metrics.ANSWERS_REFUSED,
    "question_timed_out": metrics.QUESTIONS_TIMED_OUT,
    "question_seconds": metrics.QUESTION_SECONDS,
}


class Fact(NamedTuple):
    """An event to count, or a duration to observe."""

    of: str
    labels: tuple[str, ...] = ()
    value: float = 1.0


class _Buffer:
    """Where facts go instead of being counted; `None` in a process that is scraped."""

    facts: list[Fact] | None = None


def count(facts: Iterable[Fact]) -> None:
    """Count facts in this process, or buffer them for another one."""
    if _Buffer.facts is not None:
        _Buffer.facts.extend(facts)
        return
    for of, labels, value in facts:
        _counter_of(of, labels)(value)


@cache  # labels come from closed sets
def _counter_of(of: str, labels: tuple[str, ...]) -> Callable[[float], None]:
    metric = _METRICS[of]
    found = metric.labels(*labels) if labels else metric
    return found.inc if isinstance(found, Counter) else found.observe


def are_kept() -> bool:
    """Return whether facts are buffered: this process is a command."""
    return _Buffer.facts is not None


@contextmanager
def keeping() -> Iterator[list[Fact]]:
    """Buffer facts in the list that this yields, for as long as the `with` block runs."""
    buffer: list[Fact] = []
    _Buffer.facts = buffer
    try:
        yield buffer
    finally:
        _Buffer.facts = None
