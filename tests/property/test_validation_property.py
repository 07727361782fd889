"""Validation under hostile documents: always an answer, never an exception, always bounded."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.workflows import chain, for_each, node, start, when, workflow
from treadle.dag.graph import compile_graph
from treadle.dag.limits import Limits
from treadle.dag.publish import publish
from treadle.dag.validation import Validation, validate

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)

REASON = re.compile(r"[a-z][a-z0-9_]*\Z")

SEEDS: list[dict[str, Any]] = [
    workflow(
        start(), when("if"), node("a"), for_each("loop", max_parallel=2), node("b"), node("c"),
        connect="start -> if, if:true -> a, if:false -> loop, loop:body -> b, loop:done -> c",
    ),
    chain(
        node("s", "FLOW.SWITCH", configurations={"cases": [{"key": "k", "when": "input.x > 1"}]}),
    ),
    chain(
        node(
            "h",
            "ACTION.HTTP_REQUEST",
            configurations={
                "url": "{{ input.url }}",
                "headers": {"k": "{{ secrets.shop }}"},
                "auth": {"type": "bearer", "token": "t"},
                "accept_status": [404],
            },
            input_params={"x": ["{{ nodes.start.x }}"]},
        ),
        node(
            "m",
            configurations={
                "operation": "group_by",
                "group_by_fields": ["a"],
                "aggregation_functions": {"n": {"function": "count"}},
            },
        ),
        node("l", "FLOW.MERGE", configurations={"merge_strategy": "join", "key": "id"}),
    ),
]  # fmt: skip

WORDS = st.sampled_from(
    [
        "id", "name", "type", "subtype", "configurations", "input_params", "nodes", "connections",
        "triggers", "metadata", "start", "a", "loop", "body", "done", "error", "FLOW", "IF",
        "FOR_EACH", "ACTION", "HTTP_REQUEST", "{{ input.x }}", "{{", "{% x %}", "nodes.a", "((",
        "\0", "\ud800", "é" * 70, "x" * 5000, "__class__", "", "description", "tags",
    ]
)  # fmt: skip
NUMBERS = st.sampled_from([0, -1, 1.5, 2**63, -(2**64), 10**400, float("inf"), float("nan")])
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Return a valid workflow with a few parts replaced, removed, added or repeated."""
    document: Any = deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        here = document
        while isinstance(here, dict | list) and here and draw(st.integers(0, 5)):
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and here[key] and draw(st.integers(0, 4)):
                here = here[key]
                continue
            _change(draw, here, key)
            break
    return document


def _change(draw: st.DrawFn, here: Any, key: Any) -> None:
    action = draw(st.sampled_from(["replace", "remove", "add", "repeat"]))
    if action == "replace":
        here[key] = draw(VALUES)
    elif action == "remove":
        del here[key]
    elif isinstance(here, dict):
        here[draw(WORDS)] = draw(VALUES)
    else:
        here.append(deepcopy(here[key]) if action == "repeat" else draw(VALUES))


def check(validation: Validation) -> None:
    """Assert what holds of every answer."""
    assert (validation.workflow is None) == bool(validation.problems)
    assert (validation.graph is None) == bool(validation.problems)
    assert len(validation.problems) <= Limits().problems + 1
    told = [(problem.path, problem.reason) for problem in validation.problems]
    assert len(told) == len(set(told))
    for problem in (*validation.problems, *validation.warnings):
        assert REASON.match(problem.reason)
        assert problem.message
        assert problem.solution
        assert len(problem.message) < 1_500
        problem.message.encode()
        problem.path.encode()


@SETTINGS
@given(mutated())
def test_a_changed_workflow_is_accepted_and_compiles_or_is_refused_with_reasons(
    document: Any,
) -> None:
    """Whatever is changed. What is accepted can be published, read back and compiled."""
    validation = validate(document)

    check(validation)
    if validation.workflow is not None:
        stored = publish(validation.workflow)
        again = validate(json.dumps(stored))
        assert again.problems == ()
        assert again.workflow is not None
        assert compile_graph(again.workflow).order


@SETTINGS
@given(mutated())
def test_text_and_objects_are_told_the_same(document: Any) -> None:
    """A document is judged by what it says, not by how it came."""
    text = json.dumps(document)
    found = {(each.path, each.reason) for each in validate(document).problems}

    assert {(each.path, each.reason) for each in validate(text).problems} == found


@SETTINGS
@given(st.dictionaries(WORDS, VALUES) | VALUES)
def test_any_json_gets_an_answer(document: Any) -> None:
    """Values in the wrong places, of every kind."""
    validation = validate(document)

    check(validation)
    assert validation.problems


@SETTINGS
@given(st.text() | st.binary() | st.text(alphabet='{}[]":,0123456789eE.- \\u\n', max_size=60))
def test_any_text_gets_an_answer(text: str | bytes) -> None:
    """Broken JSON, no JSON, no text."""
    validation = validate(text)

    check(validation)
    assert validation.problems
