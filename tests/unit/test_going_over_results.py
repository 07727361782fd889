"""Going over results that a loop left in the ledger: `{count, results_ref}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from tests.support.attempts import attempt_of
from treadle.core.errors import TreadleError
from treadle.dag.outcomes import LoopOpened
from treadle.dag.results import ResultsRef, StoredResults, reference_in
from treadle.dag.values import PAYLOAD_LIMIT_BYTES, Value
from treadle.workers.nodes.data.transformation import run_transformation
from treadle.workers.nodes.flow.branches import run_filter, run_sort
from treadle.workers.nodes.flow.merge import run_merge
from treadle.workers.nodes.loops.opening import open_for_each
from treadle.workers.nodes.results import Results, fitting

REF = ResultsRef("each", "outer:1", UUID("01999999-0000-7000-8000-000000000001"))
BY_REFERENCE = {"count": 3, "results_ref": REF.to_wire()}
LARGE = "x" * (PAYLOAD_LIMIT_BYTES // 2)


def transformed(stored: Sequence[Value], operation: str, **config: Any) -> Value:
    """Return what DATA_TRANSFORMATION makes of stored results."""
    given = {"operation": operation, "over": "input", **config}
    attempt = attempt_of("ACTION.DATA_TRANSFORMATION", given, BY_REFERENCE, stored=stored)
    return run_transformation(attempt).output["data"]


@pytest.mark.parametrize(
    "value",
    [
        BY_REFERENCE,
        BY_REFERENCE["results_ref"],
        {"error": {}, "scope": None, **BY_REFERENCE},
    ],
    ids=["what a loop puts out by done", "the reference alone", "what a failed loop puts out"],
)
def test_a_reference_is_known_by_its_shape(value: Value) -> None:
    """In a loop's whole output, or alone."""
    assert reference_in(value) == REF


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1],
        {"count": 1, "results": [1]},
        {"count": 1, "results_ref": "elsewhere"},
        {**BY_REFERENCE, "more": 1},
        {"count": 1, "results_ref": {**REF.to_wire(), "lease_id": "none"}},
        {"count": 1, "results_ref": {**REF.to_wire(), "scope": 3}},
    ],
)
def test_what_only_looks_like_a_reference_is_data(value: Value) -> None:
    """It is gone over as any object is, entry by entry."""
    assert reference_in(value) is None


def test_a_for_each_opens_on_the_results_without_reading_them() -> None:
    """Each iteration reads its own; the loop keeps the reference and the count."""
    attempt = attempt_of("FLOW.FOR_EACH", {"over": "input"}, BY_REFERENCE, stored=[1, 2, 3])
    opened = LoopOpened(results=StoredResults(REF, 3), parallel=10)
    assert open_for_each(attempt) == opened
    assert opened.total == 3


def test_a_for_each_over_no_results_ends_at_once() -> None:
    """As over any empty list."""
    attempt = attempt_of("FLOW.FOR_EACH", {"over": "input"}, BY_REFERENCE)
    assert not isinstance(open_for_each(attempt), LoopOpened)


@pytest.mark.parametrize("over", ["input", "input.results_ref"])
def test_filter_and_sort_go_over_results(over: str) -> None:
    """`over` names the loop's output, or the reference in it."""
    config = {"over": over, "expression": "item > 1 and index > 0"}
    kept = run_filter(attempt_of("FLOW.FILTER", config, BY_REFERENCE, stored=[3, 1, 2]))
    assert kept.output == {"data": [2], "count": 1}
    config = {"over": over, "sort_field": ""}
    ordered = run_sort(attempt_of("FLOW.SORT", config, BY_REFERENCE, stored=[3, 1, 2]))
    assert ordered.output == {"data": [1, 2, 3]}


@pytest.mark.parametrize(
    ("operation", "config", "data"),
    [
        ("map", {"field_mapping": {"v": "item * 2", "at": "index"}},
         [{"v": 6, "at": 0}, {"v": 2, "at": 1}, {"v": 4, "at": 2}]),
        ("filter", {"expression": "item < 3"}, [1, 2]),
        ("sort", {"sort_field": "", "order": "desc"}, [3, 2, 1]),
        ("aggregate", {"aggregation_functions": {
            "sum": {"function": "sum", "field": "v"}, "n": {"function": "count"}}},
         {"sum": 0, "n": 3}),
        ("dedupe", {}, [3, 1, 2]),
        ("flatten", {}, [3, 1, 2]),
        ("join", {"over": "[{'k': 1}]", "other": "[{'k': 1, 'v': 2}]", "key": "k"},
         [{"k": 1, "v": 2}]),
    ],
)  # fmt: skip
def test_every_transformation_goes_over_results(
    operation: str, config: dict[str, Any], data: Value
) -> None:
    """As over the same list in memory."""
    assert transformed([3, 1, 2], operation, **config) == data


def test_merge_adds_the_results_of_a_loop() -> None:
    """Of a loop alone: what another node puts out is one element, whatever it looks like."""
    sources = [BY_REFERENCE, BY_REFERENCE]
    attempt = attempt_of("FLOW.MERGE", {}, {}, sources=sources, loops=(0,), stored=[3, 1, 2])
    assert run_merge(attempt).output == {"data": [3, 1, 2, BY_REFERENCE]}


def test_what_is_read_page_by_page_may_be_larger_than_a_payload() -> None:
    """FILTER, and DATA_TRANSFORMATION's filter, map and aggregate, keep what they make of it."""
    stored = [{"n": number, "text": LARGE} for number in range(4)]
    assert transformed(stored, "filter", expression="item.n == 2") == [stored[2]]
    assert transformed(stored, "map", field_mapping={"n": "item.n"})[3] == {"n": 3}
    figures = {"sum": {"function": "sum", "field": "n"}, "all": {"function": "count"}}
    assert transformed(stored, "aggregate", aggregation_functions=figures) == {"sum": 6, "all": 4}


@pytest.mark.parametrize(
    ("operation", "config"),
    [
        ("sort", {"sort_field": "text"}),
        ("filter", {"expression": "true"}),
        ("map", {"field_mapping": {"text": "item"}}),
        ("aggregate", {"aggregation_functions": {"all": {"function": "list", "field": "text"}}}),
    ],
)
def test_what_no_payload_would_hold_is_refused_before_it_is_in_memory(
    operation: str, config: dict[str, Any]
) -> None:
    """The solution names the way out."""
    with pytest.raises(TreadleError) as refused:
        transformed([{"text": LARGE}] * 4, operation, **config)
    assert refused.value.reason == "payload_too_large"
    assert "FOR_EACH" in refused.value.advice


def test_one_page_at_a_time_is_read_and_each_once() -> None:
    """However a page is filled, the next begins after it."""
    pages: list[range] = []

    def read(ordinals: range) -> Sequence[Value]:
        pages.append(ordinals)
        return list(ordinals[: len(pages)])

    assert list(Results(REF, 4, read)) == [0, 1, 2, 3]
    assert pages == [range(4), range(1, 4), range(3, 4)]


def test_results_that_are_gone_are_an_error() -> None:
    """Nothing waits for ever for a page that does not come."""
    with pytest.raises(TreadleError) as gone:
        list(Results(REF, 4, lambda _: []))
    assert gone.value.reason == "results_not_found"


@pytest.mark.parametrize("values", [[], [1], [1, "two", {"three": [3]}]])
def test_a_list_fits_by_the_size_of_its_json(values: list[Value]) -> None:
    """To the byte, so that what fits is what a payload takes."""
    size = len(str(values).replace("'", '"').replace(" ", ""))
    assert fitting(values, size) == values
    assert fitting(values, size - 1) is None or not values


def test_an_expression_that_looks_for_the_results_is_told_where_they_are() -> None:
    """Expressions see the reference as it is, and never the results behind it."""
    config = {"over": "input.results"}
    with pytest.raises(TreadleError) as failed:
        open_for_each(attempt_of("FLOW.FOR_EACH", config, BY_REFERENCE, stored=[1]))
    assert failed.value.reason == "expression_failed"
    assert "results_ref" in failed.value.advice
