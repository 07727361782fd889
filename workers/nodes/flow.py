"""FLOW nodes that choose a way, keep, order or wait: IF, SWITCH, FILTER, SORT, DELAY."""

from __future__ import annotations

from datetime import timedelta

from dag.expressions import Budget
from dag.outcomes import Completed, Sleeping
from dag.specs.flow import Delay, Sort, Switch
from workers.nodes.attempt import Attempt
from workers.nodes.comparing import ordered
from workers.nodes.going_over import entries, kept, listed


def run_if(attempt: Attempt) -> Completed:
    """Put out the input by `true` or `false`; a condition holds as Jinja has it."""
    holds = bool(attempt.evaluate("condition_expression"))
    key = "true" if holds else "false"
    return Completed(attempt.input, key, {"condition_result": holds, "branch_taken": key})


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


def run_filter(attempt: Attempt) -> Completed:
    """Put out the items for which the expression holds, and their count."""
    data = kept(attempt, entries(attempt, "over"), Budget())
    return Completed({"data": data, "count": len(data)})


def run_sort(attempt: Attempt) -> Completed:
    """Put out the items in order."""
    config = attempt.config
    assert isinstance(config, Sort)
    return Completed({"data": ordered(listed(attempt, "over"), config.sort_field, config.order)})


def run_delay(attempt: Attempt) -> Sleeping:
    """Put out the input after a time that no worker spends."""
    config = attempt.config
    assert isinstance(config, Delay)
    return Sleeping(timedelta(seconds=config.duration_seconds), attempt.input)
