"""FOR_EACH and LOOP: what they go over, and when one more turn is due."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.attempts import attempt_of
from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Completed, LoopOpened
from treadle.workers.nodes.loops.opening import open_for_each, open_loop, turn_is_due

NOTHING = Completed({"results": [], "count": 0}, "done")


@pytest.mark.parametrize(
    ("over", "items"),
    [
        ("input.items", (10, None, [1])),
        ("input.object", ({"key": "a", "value": 1}, {"key": "b", "value": 2})),
        ("input.items | where('item is none')", (None,)),
    ],
)
def test_a_for_each_opens_one_scope_for_each_entry(over: str, items: tuple[Any, ...]) -> None:
    """REFERENCE 9.4: a list's items or an object's entries, in order."""
    came = {"items": [10, None, [1]], "object": {"a": 1, "b": 2}}
    attempt = attempt_of("FLOW.FOR_EACH", {"over": over, "max_parallel": 7}, came)
    assert open_for_each(attempt) == LoopOpened(items=items, parallel=7)


def test_a_for_each_over_nothing_is_done_at_once() -> None:
    """An empty list is a list."""
    assert open_for_each(attempt_of("FLOW.FOR_EACH", {"over": "[]"}, {})) == NOTHING


def test_a_for_each_over_no_list_fails() -> None:
    """Null is not an empty list."""
    with pytest.raises(TreadleError, match="null") as caught:
        open_for_each(attempt_of("FLOW.FOR_EACH", {"over": "input.items"}, {"items": None}))
    assert caught.value.reason == "not_a_list"


@pytest.mark.parametrize(
    ("config", "indices"),
    [
        ({"start_value": 0, "end_value": 3}, [0, 1, 2]),
        ({"start_value": 2, "end_value": 9, "step": 3}, [2, 5, 8]),
        ({"start_value": 3, "end_value": 0, "step": -1}, [3, 2, 1]),
        ({"start_value": "{{ input.n }}", "end_value": "{{ input.n + 2 }}"}, [7, 8]),
        ({"end_value": 100}, list(range(100))),
        ({"end_value": 9, "max_iterations": 4, "stop_at_max": True}, [0, 1, 2, 3]),
    ],
)
def test_a_range_loop_lays_out_its_indices(config: dict[str, Any], indices: list[int]) -> None:
    """The end is exclusive; a full hundred fits the default limit; stop_at_max cuts."""
    outcome = open_loop(attempt_of("FLOW.LOOP", config, {"n": 7}))
    assert isinstance(outcome, LoopOpened)
    assert outcome.indices is not None
    assert list(outcome.indices) == indices


def test_an_empty_range_is_done_at_once() -> None:
    """No turn, no scope."""
    assert open_loop(attempt_of("FLOW.LOOP", {"start_value": 5, "end_value": 5}, {})) == NOTHING


def test_a_range_beyond_the_limit_fails_before_its_first_turn() -> None:
    """What is known at the opening is told there, not after a hundred turns' effects."""
    with pytest.raises(TreadleError) as caught:
        open_loop(attempt_of("FLOW.LOOP", {"end_value": 101}, {}))
    assert caught.value.reason == "max_iterations_reached"
    assert not caught.value.retryable


WHILE = {"loop_type": "while", "loop_condition": "last.n < 3", "max_iterations": 2}


def test_a_while_loop_sees_its_input_as_last_before_the_first_turn() -> None:
    """The condition is checked before the first turn too."""
    assert open_loop(attempt_of("FLOW.LOOP", WHILE, {"n": 0})) == LoopOpened()
    assert open_loop(attempt_of("FLOW.LOOP", WHILE, {"n": 3})) == NOTHING


def test_a_while_loop_takes_turns_up_to_its_limit_and_no_more() -> None:
    """N turns under a limit of N are no error; one more that is due is."""
    attempt = attempt_of("FLOW.LOOP", WHILE, {"n": 0})
    assert turn_is_due(attempt, 1, {"n": 1})
    assert not turn_is_due(attempt, 2, {"n": 3})
    with pytest.raises(TreadleError) as caught:
        turn_is_due(attempt, 2, {"n": 2})
    assert caught.value.reason == "max_iterations_reached"


def test_a_while_loop_that_may_stop_at_its_limit_stops_there() -> None:
    """The limit ends it well."""
    attempt = attempt_of("FLOW.LOOP", {**WHILE, "stop_at_max": True}, {"n": 0})
    assert not turn_is_due(attempt, 2, {"n": 2})


def test_the_turn_of_an_inner_loop_is_its_own() -> None:
    """`index` and `last` of a loop around it are shadowed by what the condition is asked with."""
    config = {"loop_type": "while", "loop_condition": "index < 1 and last.n == 5"}
    attempt = attempt_of("FLOW.LOOP", config, {"n": 5}, index=99, last=None)
    assert open_loop(attempt) == LoopOpened()
