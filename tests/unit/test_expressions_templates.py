"""Templates: strings of a stored definition that hold `{{ expressions }}`."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.dag.expressions import (
    Budget,
    Context,
    ExpressionFailed,
    ExpressionInvalid,
    compile_template,
)

CONTEXT = Context(frozenset({"start"}), frozenset({"input", "trigger", "nodes"}))
VARIABLES = {
    "trigger": {"n": 1, "pi": 3.5, "text": "{{ 1 + 1 }} {% raw %}", "none": None, "yes": True},
    "input": {"xs": [1, "é"], "name": "Ada"},
    "nodes": {"start": {"v": 1}},
}


def rendered(value: Any) -> Any:
    return compile_template(value, CONTEXT).render(VARIABLES)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ trigger.n + 1 }}", 2),
        ("{{trigger.n}}", 1),
        ("{{ input.xs }}", [1, "é"]),
        ("{{ trigger.none }}", None),
        ("{{ trigger.yes }}", True),
        (" {{ trigger.n }}", " 1"),
        ("n is {{ trigger.n }}, π is {{ trigger.pi }}", "n is 1, π is 3.5"),
        ("{{ trigger.none }}{{ trigger.yes }}{{ input.xs }}", 'nulltrue[1,"é"]'),
        ("{{ input.name }}{{ input.name }}", "AdaAda"),
        ("{{ '}}' }}", "}}"),
        ("{{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("{{ {'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("{{ '{{' }} {{ \"{%\" }}", "{{ {%"),
        ("{{\n  trigger.n\r\n  + 1 }}\r\nend\n", "2\r\nend\n"),
        ("a } b }} c { d", "a } b }} c { d"),
        ("", ""),
    ],
)
def test_a_template_that_is_alone_keeps_its_type_and_mixed_text_is_json(
    template: str, expected: Any
) -> None:
    """One template and nothing else gives the value; text around it makes text of it."""
    assert rendered(template) == expected
    assert type(rendered(template)) is type(expected)


def test_what_comes_out_of_a_template_is_never_rendered_again() -> None:
    """Text that arrived may look like a template; it is data."""
    assert rendered("{{ trigger.text }}") == "{{ 1 + 1 }} {% raw %}"
    assert rendered("{{ trigger.text }}!") == "{{ 1 + 1 }} {% raw %}!"


def test_templates_stand_anywhere_in_a_value_but_in_keys() -> None:
    """Lists and objects are rendered through; keys and other values stand as they are."""
    value = {"{{ x }}": ["{{ trigger.n }}", 2, None, {"deep": "v{{ nodes.start.v }}"}]}
    template = compile_template(value, CONTEXT)
    assert template.render(VARIABLES) == {"{{ x }}": [1, 2, None, {"deep": "v1"}]}
    assert template.names == {"trigger", "nodes"}
    assert template.nodes == {"start"}
    assert not template.constant


@pytest.mark.parametrize("value", [None, True, 1, 2.5, "text", "a } b", [1, ["x"]], {"a": {}}])
def test_a_value_without_templates_is_constant(value: Any) -> None:
    """It renders to itself and reads nothing."""
    template = compile_template(value, CONTEXT)
    assert template.constant
    assert template.render({}) is value
    assert not template.names


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}",
        "a {# note #}",
        "{{ trigger.n",
        "{{ }}",
        "{{ '}} ",
        "{{- trigger.n }}",
        "{{ trigger.n -}}",
        "{{ trigger.n }} {{ nope }}",
        "{{ trigger.n ) }}",
        "{{ " + "1 + " * 2000 + "1 }}",
        "{{" * 3000,
        "{{ ('" + "(" * 5000 + "') }}",
    ],
)
def test_what_is_no_template_is_refused(text: str) -> None:
    """A statement, a comment, a brace left open, an expression that is none."""
    with pytest.raises(ExpressionInvalid) as caught:
        compile_template({"a": [0, text]}, CONTEXT)
    assert caught.value.path == ("a", 1)
    assert caught.value.reason == "expression_invalid"


def test_all_problems_of_a_value_are_told_at_once() -> None:
    """The first is raised; the others, each with its path, go with it."""
    with pytest.raises(ExpressionInvalid) as caught:
        compile_template({"a": "{{ nope }}", "b": ["{{ 1", "{{ secrets.k }}"], "c": "x"}, CONTEXT)
    found = [(each.path, each.reason) for each in (caught.value, *caught.value.also)]
    assert found == [
        (("a",), "expression_invalid"),
        (("b", 0), "expression_invalid"),
        (("b", 1), "secret_not_allowed_here"),
    ]


def test_a_value_nested_too_deep_is_refused() -> None:
    """A definition's depth is bounded here too, so walking it cannot recurse without end."""
    deep: Any = "x"
    for _ in range(101):
        deep = [deep]
    with pytest.raises(ExpressionInvalid) as caught:
        compile_template(deep, CONTEXT)
    assert "nested more than" in caught.value.message


def test_a_failing_template_shows_its_expression() -> None:
    """The text around it is left out; the column is the expression's."""
    with pytest.raises(ExpressionFailed) as caught:
        rendered("Dear {{  1 + input.nope }},")
    assert caught.value.expression == "1 + input.nope"
    assert caught.value.position == 5


def test_the_expressions_of_a_template_share_one_budget() -> None:
    """A hundred strings cannot cost a hundred budgets."""
    template = compile_template(["{{ range(1000) | sum }}"] * 100, CONTEXT)
    with pytest.raises(ExpressionFailed) as caught:
        template.render({}, Budget(steps=50_000))
    assert caught.value.cause == "over_budget"
