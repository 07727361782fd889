"""Validation of configurations: ranges, choices, what each operation needs, templates, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.workflows import configured, found, valid
from treadle.dag.problems import Hints
from treadle.dag.specs import AVAILABLE, InvalidConfiguration, NodeSpec, spec_of

AT = "nodes[1].configurations"
HTTP = {"url": "https://example.org"}


@pytest.mark.parametrize("spec", AVAILABLE, ids=lambda spec: spec.key)
def test_the_example_of_every_node_type_passes(spec: NodeSpec) -> None:
    """Written as it is, completed with defaults, and completed once more."""
    complete = spec.complete(spec.example)

    assert spec.problems(spec.example, Hints()) == []
    assert spec.problems(complete, Hints()) == []
    assert spec.complete(complete) == complete
    assert spec.description
    assert spec.puts_out


@pytest.mark.parametrize(
    ("key", "config", "path", "reason"),
    [
        ("FLOW.DELAY", {"duration_seconds": 0}, "duration_seconds", "out_of_range"),
        ("FLOW.DELAY", {"duration_seconds": True}, "duration_seconds", "wrong_type"),
        ("FLOW.DELAY", {"duration_seconds": "5"}, "duration_seconds", "wrong_type"),
        ("FLOW.DELAY", {"duration_seconds": None}, "duration_seconds", "wrong_type"),
        ("FLOW.DELAY", {"timeout": 0}, "timeout", "out_of_range"),
        ("FLOW.DELAY", {"timeout": 1001}, "timeout", "out_of_range"),
        ("FLOW.DELAY", {"max_retries": 11}, "max_retries", "out_of_range"),
        ("FLOW.DELAY", {"retry_attempts": 11}, "retry_attempts", "out_of_range"),
        ("FLOW.DELAY", {"retry_attempts": 1, "max_retries": 1}, "retry_attempts", "unknown_field"),
        ("FLOW.DELAY", {"retry_min_ms": 90_000}, "retry_min_ms", "out_of_range"),
        ("FLOW.DELAY", {"seconds": 1}, "seconds", "unknown_field"),
        ("FLOW.IF", {}, "condition_expression", "missing"),
        ("FLOW.IF", {"condition_expression": True}, "condition_expression", "wrong_type"),
        ("FLOW.SWITCH", {}, "cases", "missing"),
        ("FLOW.SWITCH", {"cases": []}, "cases", "out_of_range"),
        ("FLOW.SWITCH", {"cases": [{"key": "a"}]}, "cases[0].when", "missing"),
        (
            "FLOW.SWITCH",
            {"cases": [{"key": "error", "when": "true"}]},
            "cases[0].key",
            "reserved_output_key",
        ),
        ("FLOW.SWITCH", {"cases": [{"key": "a", "when": "("}]}, "cases[0].when",
         "expression_invalid"),
        ("FLOW.FILTER", {"over": "input.x"}, "expression", "missing"),
        ("FLOW.SORT", {"over": "input.x", "sort_field": "a", "order": "up"}, "order",
         "invalid_choice"),
        ("FLOW.MERGE", {"merge_strategy": "join"}, "key", "missing"),
        ("FLOW.MERGE", {"merge_strategy": "mix"}, "merge_strategy", "invalid_choice"),
        ("FLOW.MERGE", {"wait_for": "some"}, "wait_for", "invalid_choice"),
        ("FLOW.LOOP", {"loop_type": "for_each"}, "loop_type", "invalid_choice"),
        ("FLOW.LOOP", {"loop_type": "while"}, "loop_condition", "missing"),
        ("FLOW.LOOP", {"step": 0}, "step", "zero_step"),
        ("FLOW.LOOP", {"max_iterations": 10_001}, "max_iterations", "out_of_range"),
        ("FLOW.LOOP", {"start_value": 1.5}, "start_value", "wrong_type"),
        ("FLOW.FOR_EACH", {"over": "input.x", "max_parallel": 0}, "max_parallel", "out_of_range"),
        ("FLOW.FOR_EACH", {"over": "input.x", "on_error": "stop"}, "on_error", "invalid_choice"),
        ("ACTION.DATA_TRANSFORMATION", {"operation": "shout"}, "operation", "invalid_choice"),
        ("ACTION.DATA_TRANSFORMATION", {}, "field_mapping", "missing"),
        ("ACTION.DATA_TRANSFORMATION", {"operation": "pivot", "index_field": "a"}, "column_field",
         "missing"),
        (
            "ACTION.DATA_TRANSFORMATION",
            {"operation": "aggregate", "aggregation_functions": {"n": {"function": "sum"}}},
            "aggregation_functions.n.field",
            "missing",
        ),
        ("ACTION.DATA_TRANSFORMATION", {"operation": "map", "field_mapping": {"a b": "("}},
         'field_mapping["a b"]', "expression_invalid"),
        ("ACTION.HTTP_REQUEST", {}, "url", "missing"),
        ("ACTION.HTTP_REQUEST", {**HTTP, "headers": {"a": 1}}, "headers.a", "wrong_type"),
        ("ACTION.HTTP_REQUEST", {**HTTP, "auth": {"type": "basic"}}, "auth.username", "missing"),
        ("ACTION.HTTP_REQUEST", {**HTTP, "auth": {"type": "magic"}}, "auth.type", "invalid_choice"),
        ("ACTION.HTTP_REQUEST", {**HTTP, "accept_status": [404, 42]}, "accept_status[1]",
         "out_of_range"),
        ("ACTION.PYTHON_TASK", {}, "task", "missing"),
    ],
)  # fmt: skip
def test_a_configuration_is_refused_where_it_is_wrong(
    key: str, config: dict[str, Any], path: str, reason: str
) -> None:
    """Presence, type, range, choice, and what one field asks of another."""
    assert (f"{AT}.{path}", reason) in found(configured(key, **config))


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("FLOW.DELAY", {"duration_seconds": "{{ input.seconds }}"}),
        ("ACTION.HTTP_REQUEST", {"url": "{{ input.url }}", "method": "{{ input.verb }}"}),
        ("ACTION.HTTP_REQUEST", {**HTTP, "accept_status": ["{{ input.status }}"]}),
        ("ACTION.HTTP_REQUEST", {**HTTP, "headers": "{{ input.headers }}"}),
        ("ACTION.HTTP_REQUEST", {**HTTP, "body": {"list": [{"deep": "{{ input.x | upper }}"}]}}),
    ],
)
def test_a_template_may_stand_for_any_value_that_is_rendered(
    key: str, config: dict[str, Any]
) -> None:
    """What it comes to is checked when it is known."""
    valid(configured(key, **config))


@pytest.mark.parametrize(
    ("key", "config", "path"),
    [
        ("FLOW.DELAY", {"timeout": "{{ 1 }}"}, "timeout"),
        ("FLOW.LOOP", {"loop_type": "{{ input.kind }}"}, "loop_type"),
        ("FLOW.SWITCH", {"cases": [{"key": "{{ 1 }}", "when": "true"}]}, "cases[0].key"),
        ("FLOW.SWITCH", {"cases": [{"key": "a", "when": "true"}], "default": "{{ 1 }}"}, "default"),
        ("ACTION.DATA_TRANSFORMATION", {"operation": "{{ 'map' }}"}, "operation"),
        ("ACTION.PYTHON_TASK", {"task": "{{ input.task }}"}, "task"),
    ],
)
def test_what_shapes_the_run_is_no_template(key: str, config: dict[str, Any], path: str) -> None:
    """Limits, operations and ways out are known before anything runs."""
    assert (f"{AT}.{path}", "template_not_allowed") in found(configured(key, **config))


def test_braces_inside_an_expression_are_no_template() -> None:
    """An expression may hold any text."""
    valid(configured("FLOW.IF", condition_expression="input.text == '{{ x }}'"))


def test_every_broken_template_of_a_field_is_told() -> None:
    """Not only the first."""
    body = {"a": "{{ nope }}", "b": ["{{ input.x }}", "{{ 1 + }}"]}

    assert found(configured("ACTION.HTTP_REQUEST", **HTTP, body=body)) == {
        (f"{AT}.body.a", "expression_invalid"),
        (f"{AT}.body.b[1]", "expression_invalid"),
    }


@pytest.mark.parametrize(
    "config",
    [
        {"headers": {"Authorization": "Bearer {{ secrets.shop }}"}},
        {"query_params": {"key": "{{ secrets.shop }}"}},
        {"body": {"token": "{{ secrets.shop }}"}},
        {"auth": {"type": "bearer", "token": "{{ secrets.shop }}"}},
    ],
)
def test_secrets_stand_where_a_request_needs_them(config: dict[str, Any]) -> None:
    """And the compiled node says which."""
    graph = valid(configured("ACTION.HTTP_REQUEST", **HTTP, **config)).graph

    assert graph is not None
    assert graph.nodes["n"].secrets == {"shop"}


def test_secrets_stand_nowhere_else() -> None:
    """An address is logged, so it holds none."""
    document = configured("ACTION.HTTP_REQUEST", url="https://example.org/{{ secrets.shop }}")

    assert found(document) == {(f"{AT}.url", "secret_not_allowed_here")}


def test_rendered_configurations_are_checked_again() -> None:
    """A template that came to something else fails the attempt, with the reason."""
    spec = spec_of("FLOW", "DELAY")
    assert spec is not None
    good = spec.check_rendered(spec.complete({"duration_seconds": 3}))

    assert good.model_dump()["duration_seconds"] == 3
    with pytest.raises(InvalidConfiguration) as caught:
        spec.check_rendered(spec.complete({"duration_seconds": "soon"}))
    assert caught.value.reason == "invalid_configuration"
    assert caught.value.context["problems"][0]["path"] == "duration_seconds"


def test_nested_defaults_are_written_out() -> None:
    """So that a later release cannot change what is published."""
    spec = spec_of("ACTION", "HTTP_REQUEST")
    assert spec is not None
    complete = spec.complete(
        {**HTTP, "auth": {"type": "bearer", "token": "t"}, "retry_attempts": 1}
    )

    assert complete["auth"]["place"] == "header"
    assert complete["max_retries"] == 1
    assert "retry_attempts" not in complete


def test_a_list_operation_works_on_data_unless_told_otherwise() -> None:
    """The default is an expression like any other, and published as one."""
    document = configured("ACTION.DATA_TRANSFORMATION", operation="dedupe")
    graph = valid(document).graph

    assert graph is not None
    assert graph.nodes["n"].expressions["over"].source == "input.data"
