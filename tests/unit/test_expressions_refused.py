"""What is no expression: refused when a workflow is validated, before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from treadle.dag.expressions import (
    Context,
    Expression,
    ExpressionInvalid,
    SecretNotAllowed,
    compile_expression,
)
from treadle.dag.expressions.check import HANDLERS

CONTEXT = Context(
    node_ids=frozenset({"start"}), names=frozenset({"input", "nodes", "trigger", "execution"})
)


def refusal(source: str, context: Context = CONTEXT) -> ExpressionInvalid:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(source, context)
    return caught.value


@pytest.mark.parametrize(
    "source",
    [
        "",
        "   ",
        "1 +",
        "(1",
        "1)",
        "[1}",
        "'open",
        "a b",
        "1, 2",
        "input = 1",
        "{{ input.x }}",
        "{% for x in y %}",
        "{# note #}",
        "input.x }}",
        "$json.x",
        "input.x && 1",
        "def convert(input_data):\n    return input_data",
        "__import__('os').system('id')",
        "lambda: 1",
        "input.__class__",
        "input.x.__class__.__mro__",
        "input.update({'x': 1})",
        "'{}'.format(input)",
        "input()",
        "input.rows[0]()",
        "range(*[1])",
        "input.get(**{'a': 1})",
        "input | attr('x')",
        "input | map('attr', 'x')",
        "input | map(input.x)",
        "input | select('nope')",
        "input | each(input.x)",
        "input | each('1 +')",
        "input | each('nope')",
        "input | round(1, 2, 3, 4)",
        "input | round(nope=1)",
        "input | replace('a')",
        "input is nope",
        "input is defined(1)",
        "self",
        "loop.index",
        "cycler(1)",
        "null",
        "nodes",
        "nodes[input.x]",
        "nodes.get('start')",
        "nodes.nope.x",
        "nodes | length",
        "item",
        "9223372036854775808",
        "1e999",
        "{1: 2}",
        r"'\ud800'",
        "'\ud800'",
        "input[1, 2]",
        "\x00",
        "١",
        "input.x if",
        "0777",
    ],
)
def test_what_is_not_listed_is_refused(source: str) -> None:
    """Only our names, nodes, filters, tests, methods, functions and operators exist."""
    error = refusal(source)
    assert error.reason == "expression_invalid"
    assert error.advice
    assert f"column {error.position} of" in error.message


@pytest.mark.parametrize(
    ("source", "position", "solution"),
    [
        ("imput.x", 1, "Did you mean `input`?"),
        ("1 + input.x | uper", 15, "Did you mean `upper`?"),
        ("nodes.strat.x", 1, "Did you mean `start`?"),
        ("input.x is numbr", 9, "Did you mean `number`?"),
        ("input.startwith('a')", 16, "Did you mean `startswith`?"),
        ("input.x && 1", 9, "Write `and` for a logical and."),
        ("null", 1, "Write `none` for JSON's null."),
    ],
)
def test_a_mistake_is_placed_and_the_nearest_right_thing_offered(
    source: str, position: int, solution: str
) -> None:
    """The column is where the mistake stands, the solution what was probably meant."""
    error = refusal(source)
    assert (error.position, error.advice) == (position, solution)


def test_a_name_that_exists_elsewhere_is_told_apart_from_a_typing_error() -> None:
    """`item` outside a loop is a right name in the wrong place."""
    assert "`item` (the element a loop or filter is at) does not exist here" in str(refusal("item"))


@pytest.mark.parametrize("source", ["secrets.key", "secrets[input.x]", "secrets", "secrets['key']"])
def test_a_secret_is_refused_where_none_belongs(source: str) -> None:
    """The reason names the place, not the spelling."""
    error = refusal(source)
    assert isinstance(error, SecretNotAllowed)
    assert error.reason == "secret_not_allowed_here"
    inner = refusal(f'input.x | each("{source}")')
    assert inner.reason == "secret_not_allowed_here"


@pytest.mark.parametrize(
    "source", ["secrets[input.x]", "secrets", "secrets['key']", "secrets.get('k')"]
)
def test_a_secret_is_named_literally(source: str) -> None:
    """Where secrets are allowed, which one is read still stands in the definition."""
    context = Context(CONTEXT.node_ids, CONTEXT.names, secrets_allowed=True)
    assert refusal(source, context).reason == "expression_invalid"
    allowed = compile_expression("'Bearer ' ~ secrets.key", context)
    assert allowed.evaluate({"secrets": {"key": "k"}}) == "Bearer k"


def test_length_is_bounded() -> None:
    """4,096 characters are read; one more is refused before anything looks at them."""
    longest = "1" + " + 1" * 1023 + "   "
    assert len(longest) == 4096
    assert compile_expression(longest, CONTEXT).evaluate({}) == 1024
    assert "longer than 4,096" in refusal("1" + " " * 4096).message


NESTINGS = [
    ("(", ")"),
    ("[", "]"),
    ("{'a': ", "}"),
    ("range(", ")"),
    ("1 | round(", ")"),
    ("1 | round(precision=", ")"),
    ("1 is eq(", ")"),
    ("input[", "]"),
    ("input[0:", "]"),
    ("range(*", ")"),
    ("not ", ""),
    ("- ", ""),
    ("1 if 1 else ", ""),
    ("1 if (", ")"),
    ("1 or 1 and not 1 < 1 + 1 ~ 1 * 1 ** -(", ")"),
]


@pytest.mark.parametrize(("opening", "closing"), NESTINGS)
def test_nesting_is_bounded_before_the_parser_recurses(opening: str, closing: str) -> None:
    """No nesting is a RecursionError, however deep the caller itself is; past 64 it is refused."""
    for levels in (1, 31, 63, 64, 65, 200, 1000):
        source = (opening * levels + "1" + closing * levels)[:4096]
        outcome = _at_depth(sys.getrecursionlimit() - 400, lambda: _compiled_or_refused(source))  # noqa: B023
        if levels > 64:
            assert isinstance(outcome, ExpressionInvalid)


def _at_depth(frames: int, run: Callable[[], Any]) -> Any:
    return run() if len(_frames()) >= frames else _at_depth(frames, run)


def _frames() -> list[Any]:
    frame, found = sys._getframe(), []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return found


def _compiled_or_refused(source: str) -> Expression | ExpressionInvalid:
    try:
        return compile_expression(source, CONTEXT)
    except ExpressionInvalid as exc:
        return exc


def test_sixty_four_levels_are_accepted() -> None:
    """The limit is what is promised, not less: brackets on their own are no level of the tree."""
    assert compile_expression("(" * 64 + "1" + ")" * 64, CONTEXT).evaluate({}) == 1
    assert compile_expression("[" * 63 + "1" + "]" * 63, CONTEXT).evaluate({}) != []


def test_long_chains_are_no_nesting() -> None:
    """Operators of one level, keys and alternatives may be as many as the length allows."""
    assert compile_expression(" + ".join(["1"] * 500), CONTEXT).evaluate({}) == 500
    assert compile_expression(" or ".join(["0"] * 500), CONTEXT).evaluate({}) == 0
    path = compile_expression("input" + ".a" * 500 + " | default(0)", CONTEXT)
    assert path.evaluate({"input": {}}) == 0


def test_levels_count_through_inner_expressions() -> None:
    """`each` starts no new count, so evaluation is no deeper than one expression's."""
    inner = "[" * 40 + "item" + "]" * 40
    assert "nested more than 64" in str(refusal("[" * 30 + f"[1] | each('{inner}')" + "]" * 30))


def test_only_expression_nodes_are_handled() -> None:
    """Jinja's statements, imports and internals have no handler, so they cannot be compiled."""
    names = {node.__name__ for node in HANDLERS}
    assert names == {
        *("Const", "Name", "Getattr", "Getitem", "List", "Tuple", "Dict", "CondExpr"),
        *("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow", "Neg", "Pos", "Not"),
        *("And", "Or", "Compare", "Concat", "Call", "Filter", "Test"),
    }
