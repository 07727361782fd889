"""IF, SWITCH, FILTER, SORT, DELAY: which way, and what goes along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.attempts import attempt_of
from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Completed, Sleeping
from treadle.workers.nodes.flow.branches import (
    run_delay,
    run_filter,
    run_if,
    run_sort,
    run_switch,
)


def reason(caught: pytest.ExceptionInfo[TreadleError]) -> str:
    return caught.value.reason


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ("input.n > 3", "true"),
        ("input.n > 5", "false"),
        ("input.text", "true"),
        ("input.empty", "false"),
        ("0", "false"),
        ("none", "false"),
        ("[0]", "true"),
    ],
)
def test_an_if_takes_exactly_one_way_and_passes_its_input_on(condition: str, key: str) -> None:
    """REFERENCE 9.3: one branch runs, and it gets what the IF got."""
    came = {"n": 4, "text": "x", "empty": []}
    outcome = run_if(attempt_of("FLOW.IF", {"condition_expression": condition}, came))
    assert (outcome.output_key, outcome.output) == (key, came)
    assert outcome.details == {"condition_result": key == "true", "branch_taken": key}


def test_an_if_on_what_is_not_there_fails() -> None:
    """Undefined is no answer."""
    with pytest.raises(TreadleError) as caught:
        run_if(attempt_of("FLOW.IF", {"condition_expression": "input.missing"}, {}))
    assert reason(caught) == "expression_failed"


CASES = [
    {"key": "many", "when": "input.n > 10"},
    {"key": "some", "when": "input.n > 2"},
    {"key": "few", "when": "input.n > 1"},
]


@pytest.mark.parametrize(("n", "key"), [(11, "many"), (3, "some"), (2, "few"), (1, "none")])
def test_a_switch_leaves_by_the_first_case_that_holds(n: int, key: str) -> None:
    """Later cases are not looked at; none holding is the default."""
    config = {"cases": CASES, "default": "none"}
    outcome = run_switch(attempt_of("FLOW.SWITCH", config, {"n": n}))
    assert (outcome.output_key, outcome.output) == (key, {"n": n})


def test_a_switch_does_not_evaluate_what_stands_after_the_case_that_holds() -> None:
    """A later case may fail without harm."""
    cases = [{"key": "a", "when": "true"}, {"key": "b", "when": "input.missing.field"}]
    assert run_switch(attempt_of("FLOW.SWITCH", {"cases": cases}, {})).output_key == "a"


@pytest.mark.parametrize(
    ("over", "expression", "data"),
    [
        ("input.items", "item > 2", [3, 5]),
        ("input.items", "index == 0", [3]),
        ("input.items", "item > input.least", [5]),
        ("input.empty", "true", []),
        ("input.object", "item.value > 1", [{"key": "b", "value": 2}]),
    ],
)
def test_a_filter_keeps_the_items_for_which_its_expression_holds(
    over: str, expression: str, data: list[Any]
) -> None:
    """REFERENCE 9.17: in order, with item, index and all else in sight; counted."""
    came = {"items": [3, 1, 5], "least": 4, "empty": [], "object": {"a": 1, "b": 2}}
    outcome = run_filter(attempt_of("FLOW.FILTER", {"over": over, "expression": expression}, came))
    assert outcome == Completed({"data": data, "count": len(data)})


@pytest.mark.parametrize("value", [None, 7, "text", True])
def test_a_filter_over_no_list_fails(value: Any) -> None:
    """Text is not taken apart into letters, null is not taken for empty."""
    attempt = attempt_of("FLOW.FILTER", {"over": "input.v", "expression": "true"}, {"v": value})
    with pytest.raises(TreadleError) as caught:
        run_filter(attempt)
    assert reason(caught) == "not_a_list"


def test_all_items_of_a_filter_share_one_budget() -> None:
    """A costly expression over many items ends in an error, not in an occupied worker."""
    config = {"over": "range(3000) | list", "expression": "range(9000) | sum >= 0"}
    with pytest.raises(TreadleError) as caught:
        run_filter(attempt_of("FLOW.FILTER", config, {}))
    assert reason(caught) == "expression_failed"


PEOPLE = [
    {"n": "b", "a": 2},
    {"n": "x"},
    {"n": "a", "a": 2},
    {"n": "c", "a": 1.5},
    {"n": "y", "a": None},
]


@pytest.mark.parametrize(("order", "names"), [("asc", "cbaxy"), ("desc", "bacxy")])
def test_a_sort_is_stable_and_puts_nulls_last_both_ways(order: str, names: str) -> None:
    """Equal items keep their order; what has no value comes after all that have one."""
    config = {"over": "input.people", "sort_field": "a", "order": order}
    outcome = run_sort(attempt_of("FLOW.SORT", config, {"people": PEOPLE}))
    assert "".join(one["n"] for one in outcome.output["data"]) == names


def test_a_sort_of_mixed_kinds_fails() -> None:
    """Numbers and text have no common order."""
    config = {"over": "[1, 'a']", "sort_field": ""}
    with pytest.raises(TreadleError) as caught:
        run_sort(attempt_of("FLOW.SORT", config, {}))
    assert reason(caught) == "values_not_comparable"


def test_a_delay_hands_its_time_to_the_ledger_and_keeps_its_input() -> None:
    """REFERENCE 9.6: no timer lives in a worker's memory; the outcome says how long."""
    config = {"duration_seconds": "{{ input.s }}"}
    outcome = run_delay(attempt_of("FLOW.DELAY", config, {"s": 1.5}))
    assert outcome == Sleeping(timedelta(seconds=1.5), {"s": 1.5})
