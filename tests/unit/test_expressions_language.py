"""What expressions mean: values, operators, precedence, and what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.dag.expressions import Context, ExpressionFailed, compile_expression

CONTEXT = Context(
    node_ids=frozenset({"start", "with-dash"}),
    names=frozenset({"input", "nodes", "trigger", "item", "index", "last", "output"}),
)
VARIABLES: dict[str, Any] = {
    "input": {
        "n": 7,
        "price": 3.5,
        "none": None,
        "text": "Hello",
        "yes": True,
        "items": ["the key", "not the method"],
        "rows": [{"id": 2, "at": {"city": "B"}}, {"id": 1, "at": {"city": "A"}}],
        "max": 2**63 - 1,
    },
    "nodes": {"start": {"xs": [1, 2, 3, 4, 5]}, "with-dash": {"v": 1}},
    "item": 2,
    "index": 0,
    "last": {"n": 6},
    "output": {"first": "Ada", "last": "Lovelace"},
}


def value(source: str) -> Any:
    return compile_expression(source, CONTEXT).evaluate(VARIABLES)


def failure(source: str) -> ExpressionFailed:
    with pytest.raises(ExpressionFailed) as caught:
        value(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("input.n / 2", 3.5),
        ("input.n // 2", 3),
        ("input.n % 4", 3),
        ("-7 // 2", -4),
        ("input.n + input.price", 10.5),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("-2 ** 2", 4),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("'ab' * 2", "abab"),
        ("2 * [0]", [0, 0]),
        ("[1] * -1", []),
        ("1 == 1.0", True),
        ("1 == true", False),
        ("[1] == [true]", False),
        ("1 == '1'", False),
        ("{'a': [1, 2.0]} == {'a': [1.0, 2]}", True),
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("'a' < 'b'", True),
        ("'at' in input.rows[0]", True),
        ("3 not in nodes.start.xs", False),
        ("'ell' in input.text", True),
        ("1 if input.yes else 2", 1),
        ("input.n or 1", 7),
        ("'' or 'x'", "x"),
        ("0 and input.missing", 0),
        ("1 or input.missing", 1),
        ("not []", True),
        ("(1, 2)", [1, 2]),
        ("{'a': 1, 'b': [none]}", {"a": 1, "b": [None]}),
        ("nodes.start.xs[1:3]", [2, 3]),
        ("nodes.start.xs[::-1]", [5, 4, 3, 2, 1]),
        ("input.text[-1]", "o"),
        ("input.text[1:]", "ello"),
        ("nodes['with-dash'].v", 1),
        ("input.rows.0.id", 2),
        ("range(2, 8, 3)", [2, 5]),
        ("-9223372036854775808", -(2**63)),
        (r"'\d+\n\u00e9'", "\\d+\n" + "é"),
        ("last.n // 2 if last.n % 2 == 0 else 3 * last.n + 1", 3),
        ("{'full': output.first ~ ' ' ~ output.last}", {"full": "Ada Lovelace"}),
    ],
)
def test_an_expression_has_the_value_the_documentation_says(source: str, expected: Any) -> None:
    """Operators, literals and access mean what docs/expressions.md promises, types included."""
    found = value(source)
    assert found == expected
    assert type(found) is type(expected)


def test_a_filter_binds_tighter_than_concatenation() -> None:
    """`~` joins what filters made, as Jinja's grammar has it."""
    assert value("'even ' ~ item ~ ' of ' ~ nodes.start.xs | length") == "even 2 of 5"


def test_an_attribute_is_a_key_and_a_call_is_a_method() -> None:
    """`input.items` is the data's key, whatever Python's dict has; `.items()` is the method."""
    assert value("input.items") == ["the key", "not the method"]
    assert value("output.last") == "Lovelace"
    assert value("output.items()") == [["first", "Ada"], ["last", "Lovelace"]]
    assert value("input.get('c', 'none')") == "none"


def test_everything_but_text_is_joined_as_json() -> None:
    """`~` writes null, booleans, lists and objects the way JSON does."""
    joined = value("none ~ true ~ 1.0 ~ ' ' ~ {'a': [none, 'é']} ~ 'x'")
    assert joined == 'nulltrue1.0 {"a":[null,"é"]}x'


@pytest.mark.parametrize(
    "source",
    [
        "input.missing",
        "input.missing.field",
        "input.none.field",
        "input.rows[9]",
        "[input.missing]",
        "{'a': input.missing}",
        "input.missing ~ 'x'",
        "input.missing == 1",
        "input.missing or 1",
        "not input.missing",
        "input.missing | length",
        "input.missing | string",
        "1 if input.missing else 2",
        "1 if false",
        "[] | first",
        "[] | max",
        "input.rows | map(attribute='nope')",
        "input.rows | selectattr('nope')",
        "input.rows | sort(attribute='nope')",
        "input.rows | groupby('nope')",
        "trigger",
        "input[input.missing]",
    ],
)
def test_undefined_is_an_error_wherever_it_ends_up(source: str) -> None:
    """Nothing that is not there becomes a value, an empty text or false by itself."""
    assert failure(source).cause == "undefined"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("input.a | default(5)", 5),
        ("input.a.b.c | default(1)", 1),
        ("input.none.b | default(1)", 1),
        ("input.rows[9].id | default('-')", "-"),
        ("input.a | default(input.b) | default(2)", 2),
        ("input.none | default(1)", None),
        ("input.none | default(1, true)", 1),
        ("trigger.x | default('no trigger')", "no trigger"),
        ("([] | first) | default(0)", 0),
        ("(1 if false) | default(0)", 0),
        ("input.a.b is defined", False),
        ("input.a is undefined", True),
        ("input.none is defined", True),
        ("nodes.start.ys is not defined", True),
        ("input.rows | map(attribute='nope', default=0)", [0, 0]),
        ("input.rows | selectattr('nope', 'defined')", []),
        ("input.rows | selectattr('at.city', 'eq', 'A') | map(attribute='id')", [1]),
    ],
)
def test_default_and_is_defined_say_that_something_may_be_missing(
    source: str, expected: Any
) -> None:
    """They work for a whole chain of keys, and only for what is read, not for what fails."""
    assert value(source) == expected


def test_a_default_hides_no_other_mistake() -> None:
    """An operand that fails for another reason, or inside a calculation, still fails."""
    assert failure("(input.missing + 1) | default(2)").cause == "undefined"
    assert failure("(input.text + 1) | default(2)").cause == "wrong_type"


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("input.n < 'a'", "wrong_type"),
        ("input.yes < 2", "wrong_type"),
        ("true + 1", "wrong_type"),
        ("'a' + 1", "wrong_type"),
        ("-'a'", "wrong_type"),
        ("'%s' % 3", "wrong_type"),
        ("[1] < [2]", "wrong_type"),
        ("1 in 2", "wrong_type"),
        ("input[1:'a']", "wrong_type"),
        ("{input.n: 1}", "wrong_type"),
        ("input.n.upper()", "wrong_type"),
        ("1 / 0", "division_by_zero"),
        ("1 // 0", "division_by_zero"),
        ("1 % 0", "division_by_zero"),
        ("0 ** -1", "division_by_zero"),
        ("input.max + 1", "number_out_of_range"),
        ("2 ** 63", "number_out_of_range"),
        ("2 ** 10 ** 10", "number_out_of_range"),
        ("1e308 * 10", "number_out_of_range"),
        ("10.0 ** 400", "number_out_of_range"),
        ("(-8) ** 0.5", "bad_argument"),
        ("[1][::0]", "bad_argument"),
    ],
)
def test_what_has_no_meaning_is_an_error(source: str, cause: str) -> None:
    """No silent conversion, no rounding of large integers, no NaN, no infinity."""
    assert failure(source).cause == cause


def test_a_failure_shows_the_expression_and_the_column() -> None:
    """The innermost place that failed is shown, in the message and for programs."""
    error = failure("1 + (input.n < 'a')")
    assert error.reason == "expression_failed"
    assert error.context["expression"] == "1 + (input.n < 'a')"
    assert error.position == error.context["position"] == 6
    assert "column 6 of `1 + (input.n < 'a')`" in error.message


def test_a_missing_key_is_named_with_the_nearest_one() -> None:
    """The message says which step of the path is missing; the solution offers the key meant."""
    error = failure("input.row[0].id")
    assert "`input.row` is undefined" in error.message
    assert error.advice == "Did you mean `rows`?"


def test_a_failure_inside_each_shows_both_places() -> None:
    """The column of the outer expression is given; the inner one is named in the message."""
    error = failure("nodes.start.xs | each('item.x')")
    assert error.position == 18
    assert "column 1 of `item.x`" in error.message


def test_a_failure_never_quotes_the_data() -> None:
    """A value may be a secret: messages name kinds and keys, never values."""
    secretive = compile_expression("input.token + 1", CONTEXT)
    with pytest.raises(ExpressionFailed) as caught:
        secretive.evaluate({"input": {"token": "s3cr3t"}})
    assert "s3cr3t" not in str(caught.value.to_wire())


def test_each_and_where_see_the_names_around_them() -> None:
    """Inside, `item` and `index` are the element's; every other name is as outside."""
    assert value("nodes.start.xs | each('item * last.n + index')") == [6, 13, 20, 27, 34]
    assert value("nodes.start.xs | where('item > input.price')") == [4, 5]
    assert value("[[1, 2], [3]] | each('item | each(\"item * 2\")')") == [[2, 4], [6]]
    assert value("nodes.start.xs | each('item') | length ~ item") == "52"


def test_an_expression_knows_what_it_reads() -> None:
    """Names, nodes and secrets are complete, inner expressions included."""
    context = Context(CONTEXT.node_ids, CONTEXT.names, secrets_allowed=True)
    compiled = compile_expression(
        "input.rows | each('nodes[\"with-dash\"].v ~ item ~ secrets.key') ~ nodes.start.xs", context
    )
    assert compiled.names == {"input", "nodes", "secrets"}
    assert compiled.nodes == {"with-dash", "start"}
    assert compiled.secrets == {"key"}


def test_a_key_of_any_spelling_can_be_read_by_subscript() -> None:
    """What is refused as an attribute is still a key of the data."""
    compiled = compile_expression("input['__typename']", CONTEXT)
    assert compiled.evaluate({"input": {"__typename": "Query"}}) == "Query"


def test_evaluating_leaves_the_variables_as_they_were() -> None:
    """Operators and filters make new values; what arrived is shared, never changed."""
    variables = {"input": {"xs": [3, 1, 2]}}
    source = "[input.xs | sort, input.xs + [4], input | merge({'y': 1}), input.xs | reverse]"
    compile_expression(source, CONTEXT).evaluate(variables)
    assert variables == {"input": {"xs": [3, 1, 2]}}
