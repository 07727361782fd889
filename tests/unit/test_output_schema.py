"""Schemas of answers: what they ask for is checked within bounds, whatever is written."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.dag.output_schema import answer_problems, is_strict, schema_problems


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_an_answer_is_told_everything_that_is_wrong_with_it() -> None:
    """By its place, in the words of JSON Schema."""
    schema = of(n={"type": "integer"}, tags={"type": "array", "items": {"pattern": "^a"}})

    assert answer_problems(schema, {"n": 1, "tags": ["ab"]}) == []
    assert answer_problems(schema, {"n": "x", "tags": ["b"]}) == [
        "n: 'x' is not of type 'integer'",
        "tags[0]: 'b' does not match '^a'",
    ]


def test_complaints_are_bounded() -> None:
    """A model is told some of many."""
    schema = of(n={"items": {"type": "integer"}})

    assert len(answer_problems(schema, {"n": ["x"] * 100})) == 20


def test_references_stay_within_the_schema() -> None:
    """A tree is checked to its leaves; what is missing is said."""
    tree = {**of(left={"$ref": "#"}, n={"type": "integer"})}

    assert answer_problems(tree, {"left": {"left": {"n": "x"}}}) == [
        "left.left.n: 'x' is not of type 'integer'"
    ]
    assert "is not in it" in answer_problems(of(a={"$ref": "#/$defs/no"}), {"a": 1})[0]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {
            "$ref": "#/$defs/a0",
            "$defs": {
                f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} if n < 40 else {}
                for n in range(41)
            },
        },
    ],
    ids=["itself", "doubling"],
)
def test_a_schema_that_has_no_end_is_a_complaint(schema: dict[str, Any]) -> None:
    """An author cannot keep a worker busy with it."""
    assert answer_problems(schema, {}) == ["the schema: it refers to itself without end"]


def test_patterns_take_linear_time() -> None:
    """They are RE2's."""
    schema = of(a={"pattern": "^(a+)+$"})

    assert len(answer_problems(schema, {"a": "a" * 5_000 + "b"})) == 1


def test_properties_may_have_the_names_of_keywords() -> None:
    """What stands under `properties` are names, and what stands under `enum` is data."""
    schema = of(patternProperties={"type": "string"}, pattern={"enum": [{"$ref": "http://x"}]})

    assert list(schema_problems(schema)) == []


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        ({**of(a={}), "required": ["a"], "additionalProperties": False}, True),
        ({**of(a={}), "additionalProperties": False}, False),
        ({**of(a={}), "required": ["a"]}, False),
        ({**of(a=of()), "required": ["a"], "additionalProperties": False}, False),
        ({**of(a={"enum": [of()]}), "required": ["a"], "additionalProperties": False}, True),
    ],
)
def test_a_schema_is_strict_that_leaves_no_property_open(
    schema: dict[str, Any], strict: bool
) -> None:
    """Only such a one can a provider keep to the letter."""
    assert is_strict(schema) is strict
