"""DATA_TRANSFORMATION: REFERENCE 9.17, every operation does what its configuration says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.attempts import attempt_of
from treadle.core.errors import TreadleError
from treadle.dag.specs.data import Function
from treadle.dag.values import Value
from treadle.workers.nodes.data.aggregates import figure
from treadle.workers.nodes.data.tables import MAX_CELLS, flattened, pivoted
from treadle.workers.nodes.data.transformation import run_transformation

SALES = [
    {"shop": "N", "item": "tea", "n": 2, "at": {"day": 1}},
    {"shop": "S", "item": "tea", "n": 3, "at": {"day": 1}},
    {"shop": "N", "item": "nut", "n": 5, "at": {"day": 2}},
    {"shop": "N", "item": "tea", "n": 7, "at": {"day": 2}, "tags": ["a", "b"]},
]


def transformed(operation: str, came: Value = None, **config: Any) -> Value:
    attempt = attempt_of(
        "ACTION.DATA_TRANSFORMATION",
        {"operation": operation, **config},
        {"data": SALES, "x": 5} if came is None else came,
    )
    return run_transformation(attempt).output


@pytest.mark.parametrize(
    ("operation", "config", "output"),
    [
        ("map", {"field_mapping": {"a.b": "input.x + 1", "c": "[none]"}}, {"a.b": 6, "c": [None]}),
        (
            "map",
            {"over": "[3, 4]", "field_mapping": {"i": "index", "v": "item * input.x"}},
            {"data": [{"i": 0, "v": 15}, {"i": 1, "v": 20}]},
        ),
        ("custom", {"expression": "{'y': input.x}"}, {"y": 5}),
        ("custom", {"expression": "input.x"}, {"data": 5}),
        ("custom", {"expression": "none"}, {"data": None}),
        ("filter", {"expression": "item.n > 4 and index < 3"}, {"data": [SALES[2]]}),
        ("filter", {"over": "input.data[:1]", "expression": "true"}, {"data": SALES[:1]}),
        ("sort", {"sort_field": "n", "order": "desc"}, {"data": SALES[::-1]}),
        ("sort", {"over": "[3, none, 1]", "sort_field": ""}, {"data": [1, 3, None]}),
        (
            "aggregate",
            {
                "aggregation_functions": {
                    "sold": {"function": "sum", "field": "n"},
                    "sales": {"function": "count"},
                    "days": {"function": "count_distinct", "field": "at.day"},
                }
            },
            {"data": {"sold": 17, "sales": 4, "days": 2}},
        ),
        (
            "group_by",
            {
                "group_by_fields": ["shop", "at.day"],
                "aggregation_functions": {"sold": {"function": "sum", "field": "n"}},
            },
            {
                "data": [
                    {"shop": "N", "at.day": 1, "sold": 2},
                    {"shop": "S", "at.day": 1, "sold": 3},
                    {"shop": "N", "at.day": 2, "sold": 12},
                ]
            },
        ),
        (
            "group_by",
            {"over": "[{'k': 1}, {'k': 1.0}, {'k': true}]", "group_by_fields": ["k"]},
            {
                "data": [
                    {"k": 1, "items": [{"k": 1}, {"k": 1.0}]},
                    {"k": True, "items": [{"k": True}]},
                ]
            },
        ),
        (
            "join",
            {
                "over": "[{'id': 1}, {'id': 2}]",
                "other": "[{'ref': 2, 'v': 'x'}]",
                "key": "id",
                "other_key": "ref",
                "how": "left",
            },
            {"data": [{"id": 1}, {"id": 2, "ref": 2, "v": "x"}]},
        ),
        ("flatten", {"over": "[[1, [2]], 3, []]"}, {"data": [1, [2], 3]}),
        ("flatten", {"over": "[[1, [2]], 3, []]", "depth": 2}, {"data": [1, 2, 3]}),
        (
            "pivot",
            {
                "index_field": "shop",
                "column_field": "item",
                "value_field": "n",
                "pivot_function": "sum",
            },
            {"data": [{"shop": "N", "tea": 9, "nut": 5}, {"shop": "S", "tea": 3, "nut": None}]},
        ),
        ("dedupe", {"over": "[1, 1.0, true, [1], [1.0]]"}, {"data": [1, True, [1]]}),
        ("dedupe", {"dedupe_fields": ["shop", "item"]}, {"data": SALES[:3]}),
        ("split_out", {"field": "tags"}, {"data": ["a", "b"]}),
        (
            "split_out",
            {"over": "[{'id': 1, 't': [7, 8]}, {'id': 2}]", "field": "t", "include_rest": True},
            {"data": [{"id": 1, "t": 7}, {"id": 1, "t": 8}]},
        ),
    ],
)
def test_an_operation_puts_out_what_it_says(
    operation: str, config: dict[str, Any], output: Value
) -> None:
    """An object stands as it is, anything else and every list operation under `data`."""
    assert transformed(operation, **config) == output


@pytest.mark.parametrize(
    ("operation", "config", "reason"),
    [
        ("map", {"field_mapping": {"v": "input.missing.field"}}, "expression_failed"),
        ("filter", {"over": "input.x", "expression": "true"}, "not_a_list"),
        (
            "sort",
            {"sort_field": "n", "order": "{{ 'up' }}"},
            "invalid_configuration",
        ),
        ("split_out", {"field": "n"}, "not_a_list"),
        ("split_out", {"over": "[1]", "field": "t"}, None),
        ("join", {"over": "[1]", "other": "[]", "key": "k"}, "not_an_object"),
        (
            "pivot",
            {"index_field": "tea", "column_field": "item", "value_field": "n"},
            "name_taken",
        ),
        (
            "group_by",
            {"group_by_fields": ["n"], "aggregation_functions": {"n": {"function": "count"}}},
            "name_taken",
        ),
    ],
)
def test_an_operation_says_what_is_wrong_with_its_data(
    operation: str, config: dict[str, Any], reason: str | None
) -> None:
    """Each with its own reason; what merely lacks the field is passed over."""
    if reason is None:
        assert transformed(operation, **config) == {"data": []}
        return
    with pytest.raises(TreadleError) as caught:
        transformed(operation, **config)
    assert caught.value.reason == reason


def test_a_list_operation_without_a_list_fails() -> None:
    """The default is `data` of the input; there is none here."""
    with pytest.raises(TreadleError, match=r"`input\.data`") as caught:
        transformed("dedupe", {"other": 1})
    assert caught.value.reason == "expression_failed"
    with pytest.raises(TreadleError, match=r"`input\.data`") as caught:
        transformed("dedupe", {"data": None})
    assert caught.value.reason == "not_a_list"


def test_the_input_is_not_changed_by_an_operation() -> None:
    """What arrived belongs to others too."""
    came = {"data": [{"k": 2, "t": [1]}, {"k": 1, "t": [2]}]}
    before = repr(came)
    transformed("sort", came, sort_field="k")
    transformed("split_out", came, field="t", include_rest=True)
    transformed("join", came, other="input.data", key="k")
    assert repr(came) == before


VALUES = [None, 3, 1.5, 3]


@pytest.mark.parametrize(
    ("function", "result", "of_nothing"),
    [
        ("count", 3, 0),
        ("sum", 7.5, 0),
        ("avg", 2.5, None),
        ("min", 1.5, None),
        ("max", 3, None),
        ("first", None, None),
        ("last", 3, None),
        ("list", VALUES, []),
        ("count_distinct", 2, 0),
    ],
)
def test_a_figure_passes_nulls_over_and_has_a_value_for_nothing(
    function: Function, result: Value, of_nothing: Value
) -> None:
    """Only first, last and list say what stands there."""
    items = [{"v": value} for value in VALUES]
    assert figure(function, "v", items) == result
    assert figure(function, "v", []) == of_nothing


@pytest.mark.parametrize(
    ("function", "values", "reason"),
    [
        ("sum", [1, "2"], "not_a_number"),
        ("avg", [True], "not_a_number"),
        ("min", [1, "2"], "values_not_comparable"),
        ("max", [{}, {}], "values_not_comparable"),
        ("sum", [2**62, 2**62], "number_out_of_range"),
        ("sum", [1e308, 1e308], "number_out_of_range"),
    ],
)
def test_a_figure_over_what_has_none_fails(
    function: Function, values: list[Value], reason: str
) -> None:
    """Nothing is converted, rounded or left out to make one."""
    with pytest.raises(TreadleError) as caught:
        figure(function, None, values)
    assert caught.value.reason == reason


def test_integers_are_added_exactly() -> None:
    """Beyond what a float could tell apart."""
    assert figure("sum", None, [2**53, 1]) == 2**53 + 1


def test_a_pivot_beyond_any_payload_fails_before_it_is_made() -> None:
    """Distinct rows and columns multiply."""
    side = int(MAX_CELLS**0.5) + 1
    items = [{"r": at, "c": at, "v": 1} for at in range(side)]
    with pytest.raises(TreadleError) as caught:
        pivoted(items, "r", "c", "v", "first")
    assert caught.value.reason == "payload_too_large"


def test_flattening_stops_at_what_is_no_list() -> None:
    """Texts and objects are not taken apart."""
    assert flattened(["ab", [{"a": [1]}]], 16) == ["ab", {"a": [1]}]
