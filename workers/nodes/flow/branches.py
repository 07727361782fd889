"""FLOW nodes that choose a way, keep, order or wait: IF, SWITCH, FILTER, SORT, DELAY."""

from __future__ import annotations

from datetime import timedelta

from treadle.dag.outcomes import Completed, Sleeping
from treadle.dag.specs.flow import DELAY, FILTER, IF, SORT, SWITCH, Delay, Sort, Switch
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.data.comparison import ordered
from treadle.workers.nodes.implementation import implements
from treadle.workers.nodes.loops.iteration import entries, kept, listed


@implements(IF)
def run_if(attempt: Attempt) -> Completed:
    """Put out the input by `true` or `false`; a condition holds as Jinja has it."""
    holds = bool(attempt.evaluate("condition_expression"))
    key = "true" if holds else "false"
    return Completed(attempt.input, key, {"condition_result": holds, "branch_taken": key})


@implements(SWITCH)
def run_switch(attempt: Attempt) -> Completed:
    """Put out the input by the key of the first case that holds, else by the default key."""
    config = attempt.config
    assert isinstance(config, Switch)
    key = config.default
    for place, case in enumerate(config.cases):
        if attempt.evaluate(f"cases[{place}].when"):
            key = case.key
            break
    return Completed(attempt.input, key, {"branch_taken": key})


@implements(FILTER)
def run_filter(attempt: Attempt) -> Completed:
    """Put out the items for which the expression holds, and their count."""
    data = kept(attempt, entries(attempt, "over"))
    return Completed({"data": data, "count": len(data)})


@implements(SORT)
def run_sort(attempt: Attempt) -> Completed:
    """Put out the items in order."""
    config = attempt.config
    assert isinstance(config, Sort)
    return Completed({"data": ordered(listed(attempt, "over"), config.sort_field, config.order)})


@implements(DELAY)
def run_delay(attempt: Attempt) -> Sleeping:
    """Put out the input after a time that no worker spends."""
    config = attempt.config
    assert isinstance(config, Delay)
    return Sleeping(timedelta(seconds=config.duration_seconds), attempt.input)
