"""Whatever is written ends within its budget, before memory or time is gone."""

from __future__ import annotations

import tracemalloc
from time import process_time
from typing import Any

import pytest

from treadle.dag.expressions import Budget, Context, ExpressionFailed, compile_expression

CONTEXT = Context(frozenset(), frozenset({"input"}))
TEXT = "ab " * 100_000
INPUT: dict[str, Any] = {"xs": list(range(100_000)), "text": TEXT, "a": "a" * 50_000}

#: Processor seconds that a refusal may take here: several times what it takes a slow machine.
SECONDS = 8.0

#: Bytes that a refused expression may hold at its peak.
PEAK_BYTES = 400 * 1024 * 1024


def evaluate(source: str, budget: Budget | None = None) -> Any:
    return compile_expression(source, CONTEXT).evaluate({"input": INPUT}, budget)


@pytest.mark.unmeasured
@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "[[[0] * 1000] * 1000] * 1000",
        "[[[[input.xs] * 99] * 99] * 99] * 99",
        "'x' * 10 ** 9",
        "[0] * 10 ** 12",
        "range(10 ** 9)",
        "range(0, -10 ** 9, -1)",
        "range(2000) | each('range(2000)')",
        "range(100) | each('range(100) | each(\"range(1000)\")')",
        "input.text * 200 ~ input.text * 200",
        "('a' * 10 ** 7) | replace('a', 'bbbbbbbbbb')",
        "('a' * 10 ** 7) | replace('', 'bbbbbbbbbb')",
        "range(10 ** 6) | join('x' * 1000)",
        "('x' * 1000).join(range(10 ** 6))",
        "('x ' * 10 ** 7) | split",
        "('x,' * 10 ** 7) | split(',')",
        "('&' * 10 ** 7) | escape | escape | escape",
        "('[' ~ '{},' * 10 ** 6 ~ '1]') | from_json",
        "[[input.text] * 10000] | to_json",
        "[[input.text] * 10000] ~ ''",
        "[[input.text] * 10000] | string",
        "[[input.xs] * 1000] == [[input.xs] * 1000]",
        "range(10000) | each('input.xs == input.xs')",
        "([input.text] * 100000) | sort",
        "([input.text] * 100000) | unique",
        "input.xs | select('in', input.xs)",
        "input.text | regex_replace('', 'x' * 1000)",
        "input.a | regex_findall('a.*b|a')",
        "(input.text * 20) | regex_search('(a|b| )*a(a|b| ){100}c|(b|a| )*b(a|b| ){100}c$')",
        'range(10 ** 6) | each(\'"a" | regex_match("\\\\pL{20}" ~ item)\')',
        "range(10 ** 6) | each('\"2026-01-01\" | date_add(days=index)')",
        "range(10 ** 6) | each('input.text | upper')",
        "range(10 ** 6) | each('input.text | sha256')",
        "range(10 ** 6) | each('input.text.find(\"c\")')",
        "range(10 ** 6) | each('input.text < input.text')",
        "range(10 ** 6) | each('{\"a\": {}}')",
        "range(10 ** 6) | batch(1) | zip(input.xs) | batch(1)",
    ],
)
def test_a_pathological_expression_is_an_error_within_its_budget(source: str) -> None:
    """It fails as `over_budget`, in bounded time, whatever the machine has to spare."""
    started = process_time()
    with pytest.raises(ExpressionFailed) as caught:
        evaluate(source)
    assert caught.value.cause == "over_budget"
    assert process_time() - started < SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "[[[0] * 1000] * 1000] * 1000",
        "'x' * 10 ** 9",
        "range(10 ** 6) | join('x' * 1000)",
        "[[input.text] * 10000] | to_json",
        "('x ' * 10 ** 7) | split",
    ],
)
def test_a_refused_expression_holds_little_memory(source: str) -> None:
    """What is made is paid for before it is made."""
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionFailed):
            evaluate(source)
        assert tracemalloc.get_traced_memory()[1] < PEAK_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "source",
    [
        "input.xs | sum",
        "input.xs | sort(reverse=true) | first",
        "input.xs | unique | length",
        "input.xs | map('string') | join(',') | length",
        'input.xs | each(\'{"id": item, "double": item * 2}\') | length',
        "input.xs | where('item % 2 == 0') | length",
        "input.text | split | length",
        "input.text | regex_findall('[a-b]+') | length",
        "input | to_json | from_json | length",
    ],
)
def test_ordinary_work_on_a_large_value_fits(source: str) -> None:
    """A hundred thousand elements are no reason to refuse."""
    evaluate(source)


def test_evaluations_may_share_a_budget() -> None:
    """What one has spent is gone for the next."""
    budget = Budget(steps=250_000)
    evaluate("input.xs | sum", budget)
    evaluate("input.xs | sum", budget)
    with pytest.raises(ExpressionFailed) as caught:
        evaluate("input.xs | sum", budget)
    assert caught.value.cause == "over_budget"


def test_a_value_nested_too_deep_is_refused_not_recursed_into() -> None:
    """Depth that data brings is met with an error, by comparison and by writing alike."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for source in ("input == [input]", "[input]", "input ~ ''", "[input] | unique"):
        compiled = compile_expression(source, CONTEXT)
        with pytest.raises(ExpressionFailed) as caught:
            compiled.evaluate({"input": deep})
        assert caught.value.cause == "bad_argument"
    while deep:  # taken apart here, as Python would recurse
        deep = deep.pop()
