"""Expressions under random input: an independent engine agrees, and nothing hostile gets through.

Examples are the same on every run. minijinja is a second implementation of Jinja's language; what
is generated for it leaves out what Treadle defines otherwise (docs/expressions.md, last section):
text made of anything but text and whole numbers, booleans among numbers, negative divisors.
"""

from __future__ import annotations

import math
from typing import Any

import minijinja
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.dag.expressions import (
    Budget,
    Context,
    ExpressionFailed,
    ExpressionInvalid,
    compile_expression,
    compile_template,
)
from treadle.dag.values import dumps, loads

pytestmark = pytest.mark.slow

CONTEXT = Context(
    node_ids=frozenset({"start"}),
    names=frozenset({"input", "nodes", "trigger", "item", "index", "last"}),
)
INPUT: dict[str, Any] = {
    "n": 7,
    "f": 2.5,
    "s": "héllo wörld",
    "xs": [3, 1, 2, 3],
    "words": ["pear", "fig", "apple"],
    "deep": {"a": {"b": 4}},
    "empty": [],
}
VARIABLES: dict[str, Any] = {"input": INPUT, "nodes": {"start": {"v": 1}}, "item": 3, "index": 0}

REPEATABLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


# --- expressions that both engines know, by the type of their value ------------------------------


def _join(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda made: template.format(*made))


def _optionally_bracketed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Leave brackets out now and then: then precedence decides, by either engine's grammar."""
    return st.one_of(inner, inner.map("({})".format))


def _branches(
    wholes: st.SearchStrategy[str],
    numbers: st.SearchStrategy[str],
    texts: st.SearchStrategy[str],
    truths: st.SearchStrategy[str],
    lists: st.SearchStrategy[str],
) -> tuple[st.SearchStrategy[str], ...]:
    loose, small = _optionally_bracketed(numbers), st.integers(1, 9).map(str)
    bound = st.one_of(st.just(""), st.integers(-3, 3).map(str))
    more_wholes = st.one_of(
        _join("({} + {})", wholes, wholes),
        _join("({} - {})", wholes, wholes),
        _join("({} // {})", wholes, small),
        _join("({} % {})", wholes, small),
        _join("({}) | length", st.one_of(texts, lists)).map("({})".format),
        _join("(({}) | abs)", wholes),
        _join("({} if {} else {})", wholes, truths, wholes),
    )
    more_numbers = st.one_of(
        _join("{} + {}", loose, loose).map("({})".format),
        _join("{} - {} * {}", loose, loose, loose).map("({})".format),
        _join("{} / {}", loose, small).map("({})".format),
        _join("(-({}))", numbers),
        _join("(({}) | abs)", numbers),
        _join("(({}) | sum)", lists),
        _join("(([{}] + {}) | max)", wholes, lists),
        _join("(([{}] + {}) | min)", wholes, lists),
        _join("({} if {} else {})", numbers, truths, numbers),
        _join("(({} and {}) or {})", wholes, wholes, wholes),
    )
    more_texts = st.one_of(
        _join("({} ~ {} ~ {})", texts, wholes, texts),
        _join("({} ~ {})", texts, texts),
        _join("(({}) | upper)", texts),
        _join("(({}) | lower)", texts),
        _join("(({}) | trim)", texts),
        _join("(({}) | replace('l', {}))", texts, texts),
        _join("(({}) | reverse)", texts),
        _join("(({} | join({})))", lists, texts),
        _join("(({})[{}:{}])", texts, bound, bound),
        _join("({} if {} else {})", texts, truths, texts),
    )
    more_truths = st.one_of(
        _join("({} < {})", numbers, numbers),
        _join("({} >= {})", numbers, numbers),
        _join("({} == {})", numbers, numbers),
        _join("({} != {})", texts, texts),
        _join("({} <= {})", texts, texts),
        _join("({} in {})", texts, texts),
        _join("({} not in {})", wholes, lists),
        _join("({} in {})", wholes, lists),
        _join("({} == {})", lists, lists),
        _join("({} and {})", truths, truths),
        _join("({} or not {})", truths, truths),
        _join("({} is odd)", wholes),
        _join("({} is divisibleby({}))", wholes, small),
        _join("({} is not even)", wholes),
    )
    more_lists = st.one_of(
        st.lists(wholes, min_size=1, max_size=4).map(lambda made: f"[{', '.join(made)}]"),
        _join("({} + {})", lists, lists),
        _join("({}[{}:{}])", lists, bound, bound),
        _join("({} | sort)", lists),
        _join("({} | sort(reverse=true))", lists),
        _join("({} | reverse | list)", lists),
        _join("({} | unique | list)", lists),
        _join("({} | select('odd') | list)", lists),
        _join("({} | reject('even') | list)", lists),
        _join("({} | map('abs') | list)", lists),
        _join("({} | map('string') | map('length') | list)", lists),
    )
    return more_wholes, more_numbers, more_texts, more_truths, more_lists


def _expressions(levels: int) -> st.SearchStrategy[str]:
    wholes = st.one_of(
        st.integers(-20, 20).map("({})".format),
        st.sampled_from(["input.n", "input.deep.a.b", "item", "input.xs[1]", "nodes.start.v"]),
        st.sampled_from(["(input.nope | default(9))", "(input.xs | first)"]),
    )
    floats = st.integers(-40, 40).map(lambda n: f"({n / 4})")
    numbers = st.one_of(wholes, floats, st.just("input.f"))
    texts = st.one_of(
        st.sampled_from(["'a'", "' é '", "''", '"l\'L"', "input.s", "(input.words | last)"]),
        st.just("(input.nope | default('x'))"),
    )
    truths = st.sampled_from(["true", "false", "(input.n is defined)", "(input.nope is defined)"])
    lists = st.sampled_from(["input.xs", "input.empty", "[1, 2]", "range(4)"])
    kinds: tuple[st.SearchStrategy[str], ...] = (wholes, numbers, texts, truths, lists)
    for _ in range(levels):
        grown = _branches(*kinds)
        kinds = tuple(
            st.one_of(simple, more, more) for simple, more in zip(kinds, grown, strict=True)
        )
    objects = st.tuples(*kinds).map(
        lambda made: "{{'w': {}, 'n': {}, 't': {}, 'b': {}, 'l': {}}}".format(*made)
    )
    return st.one_of(*kinds, objects)


ENGINE = minijinja.Environment(undefined_behavior="strict")


@settings(REPEATABLE, max_examples=400)
@given(_expressions(levels=3))
def test_an_independent_engine_gives_the_same_value(source: str) -> None:
    """Every operator, filter and test that both know means the same, and binds the same."""
    ours = _outcome(source, Budget())
    if isinstance(ours, ExpressionInvalid):
        assert "nested more than" in ours.problem or "longer than" in ours.problem
        return
    if isinstance(ours, ExpressionFailed):
        assert ours.cause == "number_out_of_range"
        return
    theirs = ENGINE.eval_expr(source, **VARIABLES)
    assert _same(ours, theirs), f"{source}: {ours!r}, and {theirs!r}"


def _outcome(source: str, budget: Budget) -> Any:
    """Return the value, or the error of one of the two kinds that may be raised."""
    try:
        return compile_expression(source, CONTEXT).evaluate(VARIABLES, budget)
    except (ExpressionInvalid, ExpressionFailed) as exc:
        return exc


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and not isinstance(theirs, bool):
        return math.isclose(ours, float(theirs), rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, dict):
        return ours.keys() == dict(theirs).keys() and all(_same(ours[k], theirs[k]) for k in ours)
    return type(ours) is type(theirs) and bool(ours == theirs)


# --- hostile text --------------------------------------------------------------------------------

VOCABULARY = """
    input nodes secrets trigger item index last output start v xs s n self loop
    . .. | ( ) [ ] { } , : = == != < <= > >= + - * / // % ** ~ ! & ? $ @ ; \\ ' " `
    if else and or not in is for lambda none None true 0 1 2 63 64 .5 1e308 1e999
    9223372036854775807 0x7f 'a' "b" '\\x00' '\\ud800' __class__ __mro__ get items keys
    update default map select each('item') where('index') sort join replace split('') range
    sum unique groupby batch slice zip from_json to_json string length first upper
    regex_findall('.*') date_parse defined odd {{ }} {% %} {# #} -}} {{-
    *1000 *99999 **99 [0] 'x' ١ é \x00 \ud800
"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\n", "\r\n"])
SOUP = st.lists(WORDS, max_size=25).flatmap(
    lambda words: st.sampled_from(["", " "]).map(lambda glue: glue.join(words))
)
BROKEN = st.tuples(_expressions(levels=2), st.integers(0, 200), st.text(max_size=3)).map(
    lambda made: made[0][: made[1]] + made[2] + made[0][made[1] + 1 :]
)
HOSTILE = st.one_of(SOUP, SOUP, BROKEN, st.text(max_size=40))


@settings(REPEATABLE, max_examples=1_000)
@given(HOSTILE)
def test_no_text_does_anything_but_compute_or_be_refused(source: str) -> None:
    """It is refused, or fails, or gives JSON; nothing else is ever raised, and the budget holds."""
    outcome = _outcome(source, _small_budget())
    if isinstance(outcome, ExpressionInvalid | ExpressionFailed):
        assert outcome.position >= 1
        assert outcome.advice
    else:
        assert loads(dumps(outcome)) == outcome


@settings(REPEATABLE, max_examples=400)
@given(st.lists(HOSTILE, max_size=3), st.sampled_from(["{{{{ {} }}}}", "a {{{{{}}}}} b", "{}"]))
def test_no_template_does_anything_but_render_or_be_refused(parts: list[str], form: str) -> None:
    """The same for strings of a definition."""
    text = "".join(form.format(part) for part in parts)
    try:
        template = compile_template({"a": [text]}, CONTEXT)
        value = template.render(VARIABLES, _small_budget())
    except (ExpressionInvalid, ExpressionFailed):
        return
    assert set(value) == {"a"}
    if template.constant:
        assert value == {"a": [text]}


def _small_budget() -> Budget:
    return Budget(steps=100_000, items=20_000, size=1_000_000)


# --- laws ----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(REPEATABLE, max_examples=200)
@given(JSON, JSON)
def test_values_pass_through_unchanged_and_equality_is_one_relation(left: Any, right: Any) -> None:
    """JSON survives a round trip, and `==`, `in` and `unique` agree on what is the same."""
    variables = {"input": {"left": left, "right": right}}
    source = (
        "[input.left, (input.left | to_json) | from_json, input.left == input.right,"
        " input.left in [input.right],"
        " [input.left, input.right] | unique(case_sensitive=true) | length,"
        " input.left == input.left]"
    )
    same, back, equal, within, distinct, itself = compile_expression(source, CONTEXT).evaluate(
        variables
    )
    assert (same, back, itself) == (left, left, True)
    assert within == equal
    assert distinct == (1 if equal else 2)
    assert equal == (_typed(left) == _typed(right))


def _typed(value: Any) -> Any:
    """Return a value that Python compares as JSON should: booleans apart from numbers."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return [_typed(each) for each in value]
    if isinstance(value, dict):
        return {key: _typed(each) for key, each in value.items()}
    return value
