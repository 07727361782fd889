"""The reference says what the docs say: the acceptance cases, and the rules they leave out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.reference import Record, Result, interpret
from tests.reference.compare import equal
from tests.reference.shapes import SHAPES, expected_outputs, scientific

ACCEPTANCE = Path(__file__).parents[3] / "shared" / "acceptance" / "run"
CASES = sorted(ACCEPTANCE.glob("*.json"))


def test_the_acceptance_cases_are_there() -> None:
    """On a build machine their absence is an error, elsewhere a skip."""
    if not CASES and "CI" not in os.environ:
        pytest.skip(f"no acceptance cases in {ACCEPTANCE}")
    assert CASES


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_acceptance_case_comes_out_as_written(path: Path) -> None:
    """Each case under acceptance/run has its status, output, nodes and count."""
    case = json.loads(path.read_bytes())
    expect = case["expect"]
    result = interpret(case["workflow"], case["input"])
    assert result.status == expect["status"]
    assert result.order_dependent == ()
    if "output" in expect:
        assert equal(expect["output"], result.output)
    if "completed" in expect:
        assert result.counts["completed"] == expect["completed"]
    for node, wanted in expect.get("nodes", {}).items():
        record = result.records[node, ""]
        assert record.status == wanted["status"]
        assert wanted.get("output_key", record.output_key) == record.output_key
        if "output_data" in wanted:
            assert equal(wanted["output_data"], record.output)
        if "error" in wanted:
            assert record.error_code == wanted["error"]["error_code"]


def workflow(
    nodes: Mapping[str, tuple[str, dict[str, Any]]], *wires: str, **metadata: Any
) -> dict[str, Any]:
    """Write a workflow shortly: nodes by id as subtype and configurations, wires as `a.key>b`."""
    connections = []
    for number, wire in enumerate(wires):
        source, _, target = wire.partition(">")
        node, _, key = source.partition(".")
        connections.append(
            {
                "id": f"c{number}",
                "from_node": node,
                "to_node": target,
                "output_key": key or "result",
            }
        )
    kinds = {"DATA_TRANSFORMATION": "ACTION", "MANUAL": "TRIGGER"}
    return {
        "metadata": {"id": "w", "name": "w", **metadata},
        "nodes": [
            {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"},
            *(
                {
                    "id": node,
                    "name": node,
                    "type": kinds.get(subtype, "FLOW"),
                    "subtype": subtype,
                    "configurations": configurations,
                }
                for node, (subtype, configurations) in nodes.items()
            ),
        ],
        "connections": connections,
        "triggers": [
            "start",
            *(node for node, (subtype, _) in nodes.items() if subtype == "MANUAL"),
        ],
    }


def put(**fields: str) -> tuple[str, dict[str, Any]]:
    """A map node."""
    return "DATA_TRANSFORMATION", {"operation": "map", "field_mapping": fields}


def custom(expression: str) -> tuple[str, dict[str, Any]]:
    return "DATA_TRANSFORMATION", {"operation": "custom", "expression": expression}


def merge(**configurations: str) -> tuple[str, dict[str, Any]]:
    return "MERGE", configurations


def statuses(result: Result) -> dict[str, str]:
    return {
        f"{node}@{scope}" if scope else node: record.status
        for (node, scope), record in result.records.items()
    }


def uncertain(result: Result) -> set[tuple[str, str]]:
    return {key for key, record in result.records.items() if not record.certain}


FAILS = put(v="input.missing.field")


def test_triggers_that_do_not_fire_are_skipped_and_so_is_what_hangs_on_them_alone() -> None:
    """An execution is fired by one trigger; the others are dead paths."""
    document = workflow(
        {"other": ("MANUAL", {}), "lone": put(v="1"), "both": put(v="input.n")},
        "other>lone", "start>both", "other>both",
    )  # fmt: skip
    result = interpret(document, {"n": 4}, trigger="start")
    assert statuses(result) == {
        "start": "completed",
        "other": "skipped",
        "lone": "skipped",
        "both": "completed",
    }
    assert result.output == {"both": {"v": 4}}


def test_several_taken_connections_come_under_their_sources_and_one_comes_bare() -> None:
    """The run decides the shape of the input, not the drawing."""
    document = workflow(
        {
            "if": ("IF", {"condition_expression": "input.n > 1"}),
            "a": put(v="1"),
            "b": put(v="2"),
            "end": custom("input"),
        },
        "start>if", "if.true>a", "start>b", "a>end", "b>end",
    )  # fmt: skip
    assert interpret(document, {"n": 2}).output == {"end": {"a": {"v": 1}, "b": {"v": 2}}}
    assert interpret(document, {"n": 0}).output == {"if": {"n": 0}, "end": {"v": 2}}


def test_a_failed_conversion_is_its_targets_failure() -> None:
    """It is evaluated at the target's claim, and its error leaves by the target's `error`."""
    document = workflow(
        {"a": put(v="1"), "b": put(v="2"), "r": custom("input")}, "start>a", "a>b", "b.error>r"
    )
    document["connections"][1]["conversion_function"] = "output.w.x"
    result = interpret(document, {})
    assert statuses(result)["a"] == "completed"
    assert result.records["b", ""].error_code == "expression_failed"
    assert result.records["b", ""].output["input"] is None


def test_poison_skips_what_it_reaches_but_not_a_merge_that_waits_for_any() -> None:
    """Under continue_on_failure independent branches run on and the execution ends ERROR."""
    document = workflow(
        {
            "bad": FAILS,
            "good": put(v="1"),
            "after": put(v="1"),
            "join": put(v="1"),
            "any": merge(wait_for="any"),
        },
        "start>bad", "start>good", "bad>after", "after>join", "good>join", "bad>any", "good>any",
        continue_on_failure=True,
    )  # fmt: skip
    result = interpret(document, {})
    assert result.status == "ERROR"
    assert statuses(result) == {
        "start": "completed",
        "bad": "failed",
        "good": "completed",
        "after": "skipped",
        "join": "skipped",
        "any": "completed",
    }
    assert result.certain


def test_fail_fast_is_certain_only_of_what_went_before_the_failure() -> None:
    """A branch beside the failure may have been canceled at any point."""
    document = workflow(
        {"a": put(v="1"), "bad": FAILS, "beside": put(v="1"), "after": put(v="1")},
        "start>a", "a>bad", "start>beside", "bad>after", "beside>after",
    )  # fmt: skip
    result = interpret(document, {})
    assert result.status == "ERROR"
    assert result.output is None
    assert uncertain(result) == {("beside", ""), ("after", "")}
    assert result.records["beside", ""].status == "completed"
    assert result.records["after", ""].status == "canceled"


def test_of_two_failures_neither_is_certain() -> None:
    """The first one cancels the other."""
    document = workflow({"x": FAILS, "y": FAILS}, "start>x", "start>y")
    assert uncertain(interpret(document, {})) == {("x", ""), ("y", "")}


def test_a_merge_for_any_is_settled_when_one_arrival_surely_comes_first() -> None:
    """A source upstream of the other wins; two that race leave the result open."""
    nodes = {"a": put(v="1"), "b": put(v="2"), "any": merge(wait_for="any")}
    chained = interpret(workflow(nodes, "start>a", "a>b", "b>any", "a>any"), {})
    assert chained.order_dependent == ()
    assert chained.output == {"any": {"data": [{"v": 1}]}}
    racing = interpret(workflow(nodes, "start>a", "start>b", "b>any", "a>any"), {})
    assert racing.order_dependent


def loop(on_error: str = "fail", **more: Any) -> tuple[str, dict[str, Any]]:
    return "FOR_EACH", {"over": "input.xs", "on_error": on_error, **more}


INVERSE = put(v="6 // item")


@pytest.mark.parametrize(
    ("on_error", "middle"),
    [("continue", None), ("collect", {"error": {"error_code": "expression_failed"}})],
)
def test_a_loop_that_goes_on_keeps_the_place_of_a_failed_scope(on_error: str, middle: Any) -> None:
    """`continue` puts null there, `collect` the error."""
    document = workflow({"each": loop(on_error), "inv": INVERSE}, "start>each", "each.body>inv")
    result = interpret(document, {"xs": [1, 0, 3]})
    assert result.status == "SUCCESS"
    expected = {"each": {"results": [{"v": 6}, middle, {"v": 2}], "count": 3}}
    assert equal(expected, result.output)
    assert result.records["inv", "each:1"].status == "failed"
    assert result.certain


def test_a_loop_that_fails_leaves_by_error_and_doubts_the_scopes_beside() -> None:
    """The failed scope is certain, those that ran beside it are not."""
    nodes = {"each": loop(), "inv": INVERSE, "after": put(v="1"), "rescue": put(v="2")}
    document = workflow(
        nodes, "start>each", "each.body>inv", "each.done>after", "each.error>rescue"
    )
    document["connections"][3]["conversion_function"] = "{}"
    result = interpret(document, {"xs": [1, 0, 3]})
    assert result.status == "SUCCESS"
    assert result.output == {"rescue": {"v": 2}}
    assert result.records["each", ""].output_key == "error"
    assert result.records["each", ""].output["scope"] == "each:1"
    assert statuses(result)["after"] == "skipped"
    assert uncertain(result) == {("inv", "each:0"), ("inv", "each:2")}


def test_a_loop_that_runs_one_scope_at_a_time_stops_at_the_failure() -> None:
    """With max_parallel 1 the scopes before it are certain and those after it never open.

    The one that failed has its place among the results.
    """
    nodes = {"each": loop(max_parallel=1), "inv": INVERSE, "rescue": custom("input.results")}
    document = workflow(nodes, "start>each", "each.body>inv", "each.error>rescue")
    result = interpret(document, {"xs": [1, 0, 3]})
    assert result.output == {"rescue": {"data": [{"v": 6}, None]}}
    assert ("inv", "each:2") not in result.records
    assert result.certain


def test_a_body_that_never_opened_has_no_records_and_a_skipped_loop_skips_what_follows() -> None:
    """`body` is resolved by the opening of a scope, `done` by the loop."""
    nodes = {
        "if": ("IF", {"condition_expression": "false"}),
        "each": loop(),
        "inner": put(v="1"),
        "after": put(v="1"),
    }
    document = workflow(nodes, "start>if", "if.true>each", "each.body>inner", "each.done>after")
    result = interpret(document, {"xs": [1]})
    assert statuses(result) == {
        "start": "completed",
        "if": "completed",
        "each": "skipped",
        "after": "skipped",
    }


def test_what_else_can_be_seen_in_a_body() -> None:
    """A body reads outside values as nodes, and several leaves make an object by id."""
    nodes = {
        "base": put(v="10"),
        "each": loop(),
        "a": put(v="item + nodes.base.v"),
        "b": put(v="index"),
    }
    document = workflow(nodes, "start>base", "base>each", "each.body>a", "each.body>b")
    document["nodes"][2]["input_params"] = {"xs": "{{ trigger.xs }}"}
    result = interpret(document, {"xs": [1, 2]})
    assert result.output == {
        "each": {
            "results": [{"a": {"v": 11}, "b": {"v": 0}}, {"a": {"v": 12}, "b": {"v": 1}}],
            "count": 2,
        }
    }


@pytest.mark.parametrize(
    ("configurations", "results", "status"),
    [
        ({"start_value": 3, "end_value": 0, "step": -2}, [3, 1], "SUCCESS"),
        ({"start_value": 3, "end_value": 3}, [], "SUCCESS"),
        ({"end_value": 2, "max_iterations": 2}, [0, 1], "SUCCESS"),
        ({"end_value": 3, "max_iterations": 2}, None, "ERROR"),
        ({"loop_type": "while", "loop_condition": "index < 2"}, [0, 1], "SUCCESS"),
        (
            {"loop_type": "while", "loop_condition": "true", "max_iterations": 2},
            None,
            "ERROR",
        ),
        (
            {
                "loop_type": "while",
                "loop_condition": "true",
                "max_iterations": 2,
                "stop_at_max": True,
            },
            [0, 1],
            "SUCCESS",
        ),
    ],
)
def test_turns_end_with_the_range_the_condition_or_the_limit(
    configurations: dict[str, Any], results: list[int] | None, status: str
) -> None:
    """Reaching the limit with another turn due is max_iterations_reached."""
    document = workflow(
        {"loop": ("LOOP", configurations), "i": custom("index")}, "start>loop", "loop.body>i"
    )
    result = interpret(document, {})
    assert result.status == status
    if results is None:
        assert result.records["loop", ""].error_code == "max_iterations_reached"
    else:
        assert result.output == {
            "loop": {"results": [{"data": i} for i in results], "count": len(results)}
        }


@pytest.mark.parametrize(
    ("configurations", "data"),
    [
        ({"merge_strategy": "concatenate"}, [{"k": 1, "a": 1}, {"k": 2, "a": 2}, {"k": 2, "b": 5}]),
        ({"merge_strategy": "union", "key": "k"}, [{"k": 1, "a": 1}, {"k": 2, "a": 2}]),
        ({"merge_strategy": "intersection", "key": "k"}, [{"k": 2, "a": 2}]),
        ({"merge_strategy": "intersection"}, []),
        ({"merge_strategy": "join", "key": "k"}, [{"k": 2, "a": 2, "b": 5}]),
        (
            {"merge_strategy": "join", "key": "k", "how": "left"},
            [{"k": 1, "a": 1}, {"k": 2, "a": 2, "b": 5}],
        ),
        ({"merge_strategy": "zip"}, [[{"k": 1, "a": 1}, {"k": 2, "b": 5}]]),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_lists_are_merged_in_the_order_of_the_connections(
    configurations: dict[str, str], data: list[Any]
) -> None:
    """Each strategy, over two lists of rows."""
    nodes = {
        "b": custom("[{'k': 2, 'b': 5}]"),
        "a": custom("[{'k': 1, 'a': 1}, {'k': 2, 'a': 2}]"),
        "m": merge(**configurations),
    }
    document = workflow(nodes, "start>a", "start>b", "a>m", "b>m")
    assert interpret(document, {}).output == {"m": {"data": data}}


def test_an_unhandled_failure_has_no_key_and_puts_out_nothing() -> None:
    """By `error` a failed node puts out `{error, input}`; without the connection it has neither."""
    alone = interpret(workflow({"bad": FAILS}, "start>bad"), {"n": 1})
    assert alone.records["bad", ""] == Record("bad", "", "failed", error_code="expression_failed")
    caught = interpret(
        workflow({"bad": FAILS, "r": custom("input.input")}, "start>bad", "bad.error>r"), {"n": 1}
    )
    assert caught.output == {"r": {"n": 1}}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [50, 400])
def test_a_scientific_shape_comes_to_what_its_arithmetic_says(shape: str, size: int) -> None:
    """The interpreter and a plain sum over the shape agree on every leaf."""
    result = interpret(scientific(shape, size), {"v": 7})
    assert result.status == "SUCCESS"
    assert result.output == expected_outputs(shape, size, 7)
    assert len(result.records) == pytest.approx(size, rel=0.25)
