"""The comparison finds what is wrong with an execution, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference import ANY, Record, Result
from tests.reference.compare import differences, equal


def result(*records: Record, status: str = "SUCCESS", **more: Any) -> Result:
    output = {"a": {"v": 1}} if status == "SUCCESS" else None
    return Result(status, output, {(r.node_id, r.scope): r for r in records}, **more)


def row(node: str, status: str = "completed", scope: str = "", **more: Any) -> dict[str, Any]:
    return {"node_id": node, "scope": scope, "status": status, **more}


def execution(*rows: dict[str, Any], status: str = "SUCCESS", **more: Any) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for each in rows:
        counts[each["status"]] = counts.get(each["status"], 0) + 1
    told = {"status": status, "output": {"a": {"v": 1}}, "node_executions": list(rows)}
    return {**told, "counts": {"canceled": 0, **counts}, **more}


A = Record("a", "", "completed", "result", {"v": 1})
A_ROW = row("a", output_key="result", output_data={"v": 1})
BAD = Record("bad", "", "failed", error_code="expression_failed")
BAD_ROW = row("bad", "failed", output_key=None, error={"error_code": "expression_failed"})
MAYBE = Record("b", "", "completed", "result", {"v": 2}, certain=False)
B_ROW = row("b", output_key="result", output_data={"v": 2})


def test_an_execution_as_expected_has_no_differences() -> None:
    """Records, output, status and counts agree."""
    assert differences(result(A), execution(A_ROW)) == []


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (execution(A_ROW, status="ERROR"), "status"),
        (execution(A_ROW, status="RUNNING"), "ended RUNNING"),
        (execution(A_ROW, output={"a": {"v": 2}}), "the output"),
        (execution(), "no record"),
        (execution(A_ROW, A_ROW), "2 records"),
        (execution(A_ROW, row("c")), "should have none"),
        (execution(row("a", "skipped")), "not completed"),
        (execution(row("a", "running")), "still running"),
        (execution(row("a", output_key="true", output_data={"v": 1})), "left by"),
        (execution(row("a", output_key="result", output_data={"v": True})), "put out"),
        (execution(A_ROW, counts={"completed": 2}), "counts"),
    ],
)
def test_each_way_of_being_wrong_is_told(told: dict[str, Any], found: str) -> None:
    """One wrong thing in the execution, named in a difference."""
    assert any(found in difference for difference in differences(result(A), told))


@pytest.mark.parametrize(
    "rows",
    [(B_ROW,), (row("b", "canceled"),), ()],
    ids=["as told", "canceled", "absent"],
)
def test_what_a_failure_may_have_stopped_may_be_canceled_or_absent(
    rows: tuple[dict[str, Any], ...],
) -> None:
    """But if it ran, it ran as predicted."""
    expected = result(BAD, MAYBE, status="ERROR")
    assert differences(expected, execution(BAD_ROW, *rows, status="ERROR")) == []
    wrong = execution(BAD_ROW, row("b", "skipped"), status="ERROR")
    assert differences(expected, wrong) != []


def test_a_failed_execution_shows_a_failure_of_the_right_reason() -> None:
    """Canceled rows alone explain no ERROR, and another reason is another failure."""
    doubtful = Record("bad", "", "failed", error_code="expression_failed", certain=False)
    expected = result(doubtful, status="ERROR")
    assert differences(expected, execution(BAD_ROW, status="ERROR")) == []
    assert differences(expected, execution(row("bad", "canceled"), status="ERROR")) != []
    other = row("bad", "failed", output_key=None, error={"error_code": "timeout"})
    assert differences(expected, execution(other, status="ERROR")) != []


def test_a_truncated_list_of_records_is_compared_as_far_as_it_goes() -> None:
    """An execution is returned with its first records only; the counts tell of the rest."""
    expected = result(A, Record("b", "", "skipped"))
    told = execution(A_ROW, counts={"completed": 1, "skipped": 1})
    assert differences(expected, told) == []


def test_only_the_form_counts_where_order_decides_everything() -> None:
    """An order dependent result is satisfied by any well-formed end."""
    expected = result(A, order_dependent=("a race",))
    assert differences(expected, execution(row("c", "skipped"), output={})) == []
    assert differences(expected, execution(row("c", "running"))) != []


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (7, 7.0, True),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ("1", 1, False),
        ([1, {"a": ANY}], [1, {"a": [2]}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"error_code": "x", "timestamp": 1}, {"error_code": "x", "timestamp": 2}, True),
        ({"error_code": "x"}, {"error_code": "y"}, False),
    ],
)
def test_values_are_equal_as_json(left: Any, right: Any, same: bool) -> None:
    """Numbers by value, booleans apart from numbers, errors by code."""
    assert equal(left, right) is same
