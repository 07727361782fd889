"""How problems name places, show values and offer names."""

from __future__ import annotations

import gc

import pytest

from treadle.dag.problems import Hints, Problem, Step, json_path, quoted
from treadle.dag.validation import validate


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ((), ""),
        (("nodes", 1, "configurations", "url"), "nodes[1].configurations.url"),
        (("triggers", 0), "triggers[0]"),
        (("a", "b c", "d"), 'a["b c"].d'),
        (("a", "x.y"), 'a["x.y"]'),
        (("with-dash",), "with-dash"),
        (("", 'quote"'), '[""]["quote\\""]'),
        (("a", "b" * 81), 'a["' + "b" * 79 + '…"]'),
    ],
)
def test_a_path_leads_to_one_place_only(steps: tuple[Step, ...], path: str) -> None:
    """Keys that are no plain names are quoted."""
    assert json_path(steps) == path


def test_a_problem_is_seen_from_further_outside() -> None:
    """With whatever stands between."""
    problem = Problem("output_key", "unknown_output_key", "m", "s")

    assert problem.under("connections", 3).path == "connections[3].output_key"
    assert Problem("", "cycle", "m", "s").under("connections", 3).path == "connections[3]"
    assert Problem("[1].x", "r", "m", "s").under("a").path == "a[1].x"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", '"a"'),
        ("a\nb", '"a\\nb"'),
        ("\u202e", '"\\u202e"'),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ([1, 2], "a list of 2"),
        ({}, "an object of 0"),
    ],
)
def test_a_value_is_shown_as_json_and_never_at_length(value: object, shown: str) -> None:
    """Nothing in a message can break out of its line."""
    assert quoted(value) == shown
    assert len(quoted("x" * 10_000)) < 100


def test_a_close_name_is_offered_and_a_distant_one_is_not() -> None:
    """Also where only the case differs."""
    hints = Hints()

    assert hints.closest("colum", ["column", "row"]) == 'Did you mean "column"?'
    assert hints.closest("if", ["IF", "SWITCH"]) == 'Did you mean "IF"?'
    assert hints.closest("zzz", ["column", "row"]) == ""


def test_looking_for_close_names_ends_with_its_budget() -> None:
    """A document of unknown names costs no more than one of a few."""
    hints = Hints(comparisons=250)
    answers = [hints.closest("colum", ["column"]) for _ in range(4)]

    assert [bool(answer) for answer in answers] == [True, True, True, False]


def test_the_collector_is_on_again_after_every_answer() -> None:
    """Also after one that ended early."""
    validate("[")
    validate({})

    assert gc.isenabled()
