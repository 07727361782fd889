"""Filters, tests and methods, each by what docs/expressions.md says it does."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from treadle.dag.expressions import Context, ExpressionFailed, compile_expression
from treadle.dag.expressions.filters import FILTERS
from treadle.dag.expressions.forms import FORMS
from treadle.dag.expressions.methods import METHODS
from treadle.dag.expressions.tests import TESTS

CONTEXT = Context(frozenset(), frozenset({"input"}))
ROWS = [
    {"id": 2, "city": "b", "n": 1},
    {"id": 1, "city": "A", "n": 1},
    {"id": 3, "city": "b", "n": 0},
]
INPUT = {"rows": ROWS, "o": {"b": 2, "a": 1}, "xs": [3, 1, 2], "text": " Hi there "}


def value(source: str) -> Any:
    return compile_expression(source, CONTEXT).evaluate({"input": INPUT})


CASES: list[tuple[str, Any]] = [
    ("input.xs | length", 3),
    ("'abc' | count", 3),
    ("input.o | list", ["b", "a"]),
    ("'ab' | list", ["a", "b"]),
    ("input.xs | first", 3),
    ("'abc' | last", "c"),
    ("input.xs | reverse", [2, 1, 3]),
    ("'abc' | reverse", "cba"),
    ("input.xs | sort", [1, 2, 3]),
    ("input.xs | sort(reverse=true)", [3, 2, 1]),
    ("['b', 'A', 'c'] | sort", ["A", "b", "c"]),
    ("['b', 'A', 'B'] | sort(case_sensitive=true)", ["A", "B", "b"]),
    ("input.rows | sort(attribute='city,id') | map(attribute='id')", [1, 2, 3]),
    ("input.rows | sort(attribute='n') | map(attribute='id')", [3, 2, 1]),
    ("[1, 1.0, true, '1', [1], [1.0], none, none] | unique", [1, True, "1", [1], None]),
    ("['a', 'A'] | unique", ["a"]),
    ("['a', 'A'] | unique(true)", ["a", "A"]),
    ("input.rows | unique(attribute='n') | map(attribute='id')", [2, 3]),
    ("[3, 3.5, 10] | sum", 16.5),
    ("[] | sum", 0),
    ("input.rows | sum('id', 10)", 16),
    ("[['a'], ['b']] | sum(start=[])", ["a", "b"]),
    ("input.xs | min", 1),
    ("['b', 'A'] | max", "b"),
    ("(input.rows | max(attribute='id')).city", "b"),
    ("input.rows | groupby('city') | map(attribute='grouper')", ["A", "b"]),
    ("(input.rows | groupby('city') | last).list | map(attribute='id')", [2, 3]),
    ("input.rows | groupby('zip', default='?') | map(attribute='list') | map('length')", [3]),
    ("[1, 2, 3] | batch(2)", [[1, 2], [3]]),
    ("[1, 2, 3] | batch(2, 0)", [[1, 2], [3, 0]]),
    ("[1, 2, 3, 4] | slice(3)", [[1, 2], [3], [4]]),
    ("[1, 2, 3, 4] | slice(3, 0)", [[1, 2], [3, 0], [4, 0]]),
    ("[1, 2, 3] | zip('ab', [true, false])", [[1, "a", True], [2, "b", False]]),
    ("input.rows | map(attribute='city') | join('-')", "b-A-b"),
    ("input.rows | join('', attribute='id')", "213"),
    ("[1, none, {'a': true}] | join(' ')", '1 null {"a":true}'),
    ("input.xs | map('string')", ["3", "1", "2"]),
    ("['a', 'b'] | map('replace', 'a', 'x')", ["x", "b"]),
    ("[[1, {'k': 5}]] | map(attribute='1.k')", [5]),
    ("input.xs | select('odd')", [3, 1]),
    ("[0, 1, '', 'x'] | select", [1, "x"]),
    ("input.xs | reject('gt', 1)", [1]),
    ("input.rows | selectattr('n') | map(attribute='id')", [2, 1]),
    ("input.rows | rejectattr('city', 'eq', 'b') | map(attribute='id')", [1]),
    ("input.rows | selectattr('zip', 'undefined') | length", 3),
    ("input.xs | each('item * 10 + index')", [30, 11, 22]),
    ("input.xs | where('item > 1')", [3, 2]),
    ("input.o | each('item')", ["b", "a"]),
    ("input.o | items", [["b", 2], ["a", 1]]),
    ("input.o | dictsort", [["a", 1], ["b", 2]]),
    ("input.o | dictsort(by='value', reverse=true)", [["b", 2], ["a", 1]]),
    ("input.o | merge({'a': 5}, {'c': 3})", {"b": 2, "a": 5, "c": 3}),
    ("input.o | pick('a', 'zip')", {"a": 1}),
    ("input.o | omit('a')", {"b": 2}),
    ("input.o | items | to_object", {"b": 2, "a": 1}),
    ("[{'key': 'x', 'value': 1}] | to_object", {"x": 1}),
    ("(-3) | abs", 3),
    ("3.456 | round(2)", 3.46),
    ("3 | round", 3),
    ("0.07 | round(2, 'ceil')", 0.07),
    ("0.29 | round(2, 'floor')", 0.29),
    ("1.1 | round(1, 'ceil')", 1.1),
    ("0.57 | round(2, 'floor')", 0.57),
    ("-0.07 | round(2, 'floor')", -0.07),
    ("0.071 | round(2, 'ceil')", 0.08),
    ("2.675 | round(2)", 2.68),
    ("1.005 | round(2)", 1.0),
    ("1.015 | round(2)", 1.02),
    ("0.125 | round(2)", 0.12),
    ("2.5 | round", 2.0),
    ("9007199254740999 | round(-1, 'floor')", 9007199254740990),
    ("9007199254740993 | round(-1, 'ceil')", 9007199254741000),
    ("9223372036854775807 | round(-2, 'floor')", 9223372036854775800),
    ("-9007199254740993 | round(-1, 'floor')", -9007199254741000),
    ("25 | round(-1)", 20),
    ("35 | round(-1)", 40),
    ("1e300 | round(20, 'ceil')", 1e300),
    ("5e-324 | round(20, 'floor')", 0.0),
    ("1e22 | round(-20, 'ceil')", 1e22),
    ("1234 | round(-2)", 1200),
    ("3.2 | round(method='ceil')", 4.0),
    ("-3.2 | round(0, 'floor')", -4.0),
    ("'12' | int", 12),
    ("3.9 | int", 3),
    ("true | int", 1),
    ("'ff' | int(base=16)", 255),
    ("'3.9' | int", 3),
    ("'zz' | int(0)", 0),
    ("none | int(7)", 7),
    ("'1.5' | float", 1.5),
    ("2 | float", 2.0),
    ("1.0 | string", "1.0"),
    ("[1, 'a'] | string", '[1,"a"]'),
    ("input.text | upper", " HI THERE "),
    ("'ÄB' | lower", "äb"),
    ("'ß' | upper", "SS"),
    ("'two words' | title", "Two Words"),
    ("'they\\'re bill\\'s' | title", "They're Bill's"),
    ("'a-b (c) [d] {e} <f> 3rd mcDONALD' | title", "A-B (C) [D] {E} <F> 3rd Mcdonald"),
    ("'über\\n\\tß' | title", "Über\n\tSS"),
    ("'TWO words' | capitalize", "Two words"),
    ("input.text | trim", "Hi there"),
    ("'xxaxx' | trim('x')", "a"),
    ("'aaa' | replace('a', 'b', 2)", "bba"),
    ("'a,b,c' | split(',', 1)", ["a", "b,c"]),
    ("' a  b ' | split", ["a", "b"]),
    ("'abc' | split('')", ["a", "b", "c"]),
    ("'abcdef' | truncate(4)", "abc…"),
    ("'abc' | truncate(4)", "abc"),
    ("'ab' | center(6)", "  ab  "),
    ("'one two' | wordcount", 2),
    ("'<a href=\"x\">' | escape", "&lt;a href=&quot;x&quot;&gt;"),
    ("{'a': [none, 1.5]} | to_json", '{"a":[null,1.5]}'),
    ("'{\"a\": [null, 1.5]}' | from_json", {"a": [None, 1.5]}),
    ("'é' | base64_encode", base64.b64encode("é".encode()).decode()),
    ("'w6k' | base64_decode", "é"),
    ("'a b/ü' | urlencode", "a%20b/%C3%BC"),
    ("{'q': 'a&b', 'n': 1} | urlencode", "q=a%26b&n=1"),
    ("'a%20%C3%BC' | urldecode", "a ü"),
    ("'x' | md5", hashlib.md5(b"x").hexdigest()),
    ("'x' | sha1", hashlib.sha1(b"x").hexdigest()),
    ("'x' | sha256", hashlib.sha256(b"x").hexdigest()),
    ("'x' | sha512", hashlib.sha512(b"x").hexdigest()),
    ("'x' | hmac_sha256('k')", hmac.new(b"k", b"x", "sha256").hexdigest()),
    ("'2026-01-31T10:00:00+02:00' | date_parse", "2026-01-31T08:00:00Z"),
    ("'31.12.2025 08:15' | date_parse('%d.%m.%Y %H:%M')", "2025-12-31T08:15:00Z"),
    ("1700000000123 | date_parse", "2023-11-14T22:13:20.123000Z"),
    ("'2026-03-01' | date_format('%A %d %B %Y')", "Sunday 01 March 2026"),
    ("'2024-01-31' | date_add(months=1)", "2024-02-29T00:00:00Z"),
    ("'2026-01-01' | date_add(years=-1, hours=1.5)", "2025-01-01T01:30:00Z"),
    ("'2026-01-02' | date_diff('2026-01-01', 'hours')", 24.0),
    ("'1970-01-02' | date_epoch", 86_400_000),
    ("'abc' | regex_match('[a-c]+')", True),
    ("'abcd' | regex_match('[a-c]+')", False),
    ("'ABC' | regex_match('[a-c]+', ignorecase=true)", True),
    (r"'a1b22' | regex_search('\d+')", "1"),
    (r"'a1' | regex_search('([a-z])(\d)(x)?')", ["a", "1", None]),
    ("'a' | regex_search('b')", None),
    (r"'é1ü22' | regex_findall('\d+')", ["1", "22"]),
    (r"'a1b2' | regex_findall('([a-z])\d')", ["a", "b"]),
    (r"'é1ü22' | regex_replace('(\d+)', '<\\1>')", "é<1>ü<22>"),
    (r"'aaa' | regex_replace('a', 'b', 2)", "bba"),
    ("'aé' | regex_replace('', '-')", "-a-é-"),
    ("'a.b' | regex_escape", "a\\.b"),
    ("none is none", True),
    ("1 is boolean", False),
    ("true is true", True),
    ("1 is true", False),
    ("false is false", True),
    ("true is number", False),
    ("1.5 is number", True),
    ("1.0 is integer", False),
    ("1.0 is float", True),
    ("'x' is string", True),
    ("input.o is mapping", True),
    ("input.o is list", False),
    ("'x' is sequence", True),
    ("2 is even", True),
    ("2 is odd", False),
    ("9 is divisibleby 3", True),
    ("1 is eq 1.0", True),
    ("1 is ne 2", True),
    ("1 is lt 2", True),
    ("1 is le 1", True),
    ("2 is gt 1", True),
    ("1 is ge 2", False),
    ("1 is in [1]", True),
    ("1 is not in [1]", False),
    ("'a' is lower", True),
    ("'a' is upper", False),
    ("input.o.keys()", ["b", "a"]),
    ("input.o.values()", [2, 1]),
    ("input.o.items()", [["b", 2], ["a", 1]]),
    ("input.o.get('z')", None),
    ("'abc'.startswith('ab')", True),
    ("'abc'.endswith('ab')", False),
    ("' x '.strip()", "x"),
    ("' x '.lstrip()", "x "),
    ("' x '.rstrip()", " x"),
    ("'a-b'.split('-')", ["a", "b"]),
    ("'a\\r\\nb\\n'.splitlines()", ["a", "b"]),
    ("', '.join(input.xs)", "3, 1, 2"),
    ("'a'.upper().lower()", "a"),
    ("'a b'.title()", "A B"),
    ("'ab'.capitalize()", "Ab"),
    ("'aa'.replace('a', 'b')", "bb"),
    ("'abc'.removeprefix('a')", "bc"),
    ("'abc'.removesuffix('c')", "ab"),
    ("'abc'.find('c')", 2),
    ("'aba'.count('a')", 2),
    ("[1, 1.0, true].count(1)", 2),
    ("'12'.isdigit()", True),
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_an_operation_does_what_its_line_in_the_reference_says(source: str, expected: Any) -> None:
    """Values and their types are exact: 1 is not 1.0 and not true."""
    found = value(source)
    assert found == expected
    assert repr(found) == repr(expected)


@pytest.mark.parametrize("kind", ["filter", "test", "method"])
def test_every_operation_has_a_case(kind: str) -> None:
    """What is offered is tested: a new operation without a case above fails here."""
    table, before = {
        "filter": ({**FILTERS, **FORMS}, "| {}"),
        "test": (TESTS, "is {}"),
        "method": (METHODS, ".{}("),
    }[kind]
    written = " ".join(source for source, _ in CASES).replace("is not", "is")
    canonical = {getattr(each, "name", name) for name, each in table.items()} - {"default", "d"}
    assert sorted(n for n in canonical if before.format(n) not in written) == []


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("1 | upper", "wrong_type"),
        ("none | length", "wrong_type"),
        ("[1, 'a'] | sort", "wrong_type"),
        ("[none] | sort", "wrong_type"),
        ("[1, 'a'] | sum", "wrong_type"),
        ("[{}] | max", "wrong_type"),
        ("input | sort(reverse=1)", "wrong_type"),
        ("'x' | int", "bad_argument"),
        ("none | int", "wrong_type"),
        ("'1e999' | float", "number_out_of_range"),
        ("'nan' | float", "number_out_of_range"),
        ("('9' * 30) | int", "number_out_of_range"),
        ("1.5 | round(99)", "bad_argument"),
        ("1.5 | round(method='up')", "bad_argument"),
        ("[1] | batch(0)", "bad_argument"),
        ("'x' | center(10 ** 9)", "bad_argument"),
        ("'[1, 1e999]' | from_json", "number_out_of_range"),
        ("'[9223372036854775808]' | from_json", "number_out_of_range"),
        ("('9' * 4999) | from_json", "number_out_of_range"),
        ("'NaN' | from_json", "bad_argument"),
        ("'[1' | from_json", "bad_argument"),
        (r"'\"\\ud800\"' | from_json", "bad_argument"),
        ("('[' * 100000) | from_json", "bad_argument"),
        ("('[' * 300 ~ ']' * 300) | from_json", "bad_argument"),
        ("'?' | base64_decode", "bad_argument"),
        ("'%ff' | urldecode", "bad_argument"),
        ("'soon' | date_parse", "bad_argument"),
        ("'9999-12-31' | date_add(days=1)", "number_out_of_range"),
        ("'2026-01-01' | date_add(days=10 ** 15)", "number_out_of_range"),
        ("(10 ** 18) | date_parse", "number_out_of_range"),
        ("'2026-01-01' | date_format('%999999999d')", "bad_argument"),
        ("'1' | date_parse('%d%d%d')", "bad_argument"),
        ("'a' | regex_match('(')", "bad_argument"),
        (r"'aa' | regex_match('(a)\\1')", "bad_argument"),
        (r"'a' | regex_replace('a', '\\1')", "bad_argument"),
        ("'a' | regex_match('a{1000}{1000}')", "bad_argument"),
        ("'a' | regex_match('a' * 501)", "bad_argument"),
        ("'a' is even", "wrong_type"),
        ("1 is divisibleby 0", "division_by_zero"),
        ("[1].upper()", "wrong_type"),
        ("[['a', 1, 2]] | to_object", "wrong_type"),
    ],
)
def test_an_operation_fails_rather_than_guesses(source: str, cause: str) -> None:
    """What has no answer is an error of a known cause, never an empty text or a zero."""
    with pytest.raises(ExpressionFailed) as caught:
        value(source)
    assert caught.value.cause == cause


def test_an_object_of_many_rows_is_reshaped_in_one_expression() -> None:
    """The filters work together: select, group, order, write."""
    source = (
        "input.rows | where('item.id > 1') | groupby('city')"
        " | each('{item.grouper: item.list | sum(attribute=\"id\")}') | first | to_json"
    )
    assert value(source) == '{"b":5}'
