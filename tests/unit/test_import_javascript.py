"""Foreign expressions: translated where that is exact, else refused."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.dag.expressions import Context, compile_expression
from treadle.importing.javascript.parsing import parse
from treadle.importing.javascript.tree import Name, Tree, Untranslatable
from treadle.importing.javascript.writing import write
from treadle.importing.javascript.written import Kind, Written

#: What expressions see.
INPUT = {
    "name": " Ada ", "n": 4, "zero": 0, "empty": "", "list": [], "rows": [{"v": 1}, {"v": 5}],
    "tags": ["a", "b"], "deep": {"a b": [1, 2]}, "none": None, "length": 7,
}  # fmt: skip


def read(tree: Tree) -> Written | None:
    """Read `$json`."""
    return Written("input", Kind.OBJECT, tight=True) if tree == Name("$json") else None


def value(source: str) -> Any:
    """Return what the translation of an expression comes to."""
    text = write(parse(source), read).text
    return compile_expression(text, Context(frozenset(), frozenset({"input"}))).evaluate(
        {"input": INPUT}
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$json.n", 4),
        ('$json["deep"]["a b"][1]', 2),
        ("$json.deep['a b'].length", 2),
        ("$json.length", 7),
        ("$json.name.trim().toLowerCase() + '!'", "ada!"),
        ("`${$json.n} of ${$json.rows.length}`", "4 of 2"),
        ("'n: ' + $json.n", "n: 4"),
        ("$json.n * 2 - 1", 7),
        ("-(2) + 3", 1),
        ("$json.n > 3 && $json.name.includes('da')", True),
        ("!$json.list", False),
        ("!$json.missing", True),
        ("$json.list || 'x'", []),
        ("$json.empty || $json.zero || $json.name", " Ada "),
        ("$json.missing || 'x'", "x"),
        ("$json.n && $json.empty", ""),
        ("$json.zero ?? 5", 0),
        ("$json.none ?? 5", 5),
        ("$json.missing?.a?.b", None),
        ("$json.none === null", True),
        ("$json.missing === null", False),
        ("$json.missing === undefined", True),
        ("$json.none === undefined", False),
        ("$json.missing == null", True),
        ("$json.n === 4 ? 'four' : 'other'", "four"),
        ("$json.list ? 1 : 2", 1),
        ("$json.tags.join('-')", "a-b"),
        ("'a,b'.split(',').reverse()", ["b", "a"]),
        ("$json.name.slice(1, 3)", "Ad"),
        ("'a.b.c'.replace('.', '-')", "a-b.c"),
        ("'a.b.c'.replaceAll('.', '-')", "a-b-c"),
        ("$json.rows.map(r => r.v + 1)", [2, 6]),
        ("$json.rows.filter((r, i) => r.v > 1 || i === 0).length", 2),
        ("$json.rows.find(r => r.v === 9)", None),
        ("JSON.stringify({a: [$json.n, 'it\\'s']})", '{"a":[4,"it\'s"]}'),
        ("Math.floor(7 / 2)", 3),
        ("Math.max($json.n, 9)", 9),
        ("{'a': 1, b: [true, null]}", {"a": 1, "b": [True, None]}),
        ("'{{ ' + '}}'", "{{ }}"),
    ],
)
def test_what_has_an_exact_equivalent_is_translated(source: str, expected: object) -> None:
    """It comes to what JavaScript would make of it."""
    found = value(source)

    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "source",
    [
        "$now.toISO()",
        "$json.n == 4",
        "$json.a != $json.b",
        "$json.name.match(/a/)",
        "new Date()",
        "function () { return 1 }",
        "x => { return 1 }",
        "unknown",
        "unknown.a",
        "$json.n % 2",
        "-$json.n",
        "+$json.n",
        "typeof $json.n",
        "$json.rows.reduce((a, b) => a + b)",
        "[...$json.rows]",
        "{...$json}",
        "1 +",
        "(",
        "'open",
        "`${`a`}`",
        "a = 1",
        "$json.name.replace('a', '$1')",
        "$json.name.substring(3, 1)",
        "undefined",
        "Number($json.n)",
        "parseInt('1')",
        "$json.rows.map(r => r.v.map(x => x))",
        "@",
        "",
        "$json?.a.b()",
        "2 ** 3",
        "(" * 100 + "1" + ")" * 100,
        "!" * 100 + "1",
        "a" * 9_000,
        "$json" + ".a" * 1_000,
        "1" + "+1" * 3_000,
    ],
)
def test_what_has_none_is_refused(source: str) -> None:
    """It raises nothing else, however it is written."""
    with pytest.raises(Untranslatable):
        value(source)
