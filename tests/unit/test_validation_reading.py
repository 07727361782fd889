"""Reading: text and objects that are no trustworthy JSON are told so, and harm nothing."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.support.workflows import chain, found, node, start, workflow
from treadle.dag.limits import Limits
from treadle.dag.validation import validate


def with_param(value: Any) -> dict[str, Any]:
    """Return a workflow that is valid but for this input parameter."""
    return chain(node("n", input_params={"p": value}))


PARAM = "nodes[1].input_params.p"


@pytest.mark.parametrize(
    "text",
    ["", "nul", "{", '{"a": 1,}', "{'a': 1}", '"\n"', b"\xff\xfe", b"{}\x00", "[1] 2", "\ufeff{}"],
)
def test_what_is_not_json_is_told_so(text: str | bytes) -> None:
    """Text that no JSON parser accepts has one problem, at the document."""
    assert found(text) == {("", "not_json")}


@pytest.mark.parametrize("document", [None, 1, "1", b"[]", [], True, object(), "null"])
def test_what_is_no_object_is_no_workflow(document: object) -> None:
    """A workflow is an object."""
    assert found(document) == {("", "wrong_type")}


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**30])
def test_a_large_integer_is_reported_never_rounded(number: int) -> None:
    """As text and as an object; what no 64 bits hold is refused where it stands."""
    assert found(json.dumps(with_param(number))) == {(PARAM, "number_out_of_range")}
    assert found(with_param(number)) == {(PARAM, "number_out_of_range")}


def test_an_integer_of_any_length_is_reported() -> None:
    """Also one so long that Python refuses to read or write it."""
    text = json.dumps(with_param("HERE")).replace('"HERE"', "-" + "7" * 100_000)

    assert found(text) == {(PARAM, "number_out_of_range")}
    assert found(with_param(10**5000)) == {(PARAM, "number_out_of_range")}


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1, 9007199254740993, 0.1])
def test_a_number_within_range_is_kept_exactly(number: float) -> None:
    """Not one unit is lost."""
    read = validate(json.dumps(with_param(number))).workflow

    assert read is not None
    assert read.nodes[1].input_params["p"] == number


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_is_no_number_in_json_is_refused(token: str) -> None:
    """Python's parser takes these; JSON has none of them."""
    text = json.dumps(with_param("HERE")).replace('"HERE"', token)

    assert found(text) == {(PARAM, "number_out_of_range")}
    assert found(with_param(math.inf)) == {(PARAM, "number_out_of_range")}
    assert found(with_param(math.nan)) == {(PARAM, "number_out_of_range")}


def test_a_repeated_key_is_told_with_its_path() -> None:
    """Parsers keep the last and lose the rest; a definition says each thing once."""
    text = json.dumps(with_param({"x": 1})).replace('{"x": 1}', '{"x": 1, "x": 2}')

    assert found(text) == {(f"{PARAM}.x", "duplicate_key")}


def test_text_that_cannot_be_stored_is_refused_where_it_stands() -> None:
    """A NUL and half of a surrogate pair, in values and in keys."""
    assert found(with_param("a\0b")) == {(PARAM, "invalid_text")}
    assert found(with_param("\ud800")) == {(PARAM, "invalid_text")}
    assert found(with_param({"\0": 1})) == {(f'{PARAM}["\\u0000"]', "invalid_text")}
    assert found(json.dumps(with_param("\udfff"))) == {(PARAM, "invalid_text")}


def test_a_document_is_too_deep_before_anything_could_overflow() -> None:
    """However deep it is, and also where it holds itself."""
    itself: list[Any] = []
    itself.append(itself)

    assert {reason for _, reason in found("[" * 1_000_000)} == {"too_deep"}
    assert {reason for _, reason in found('{"a":' * 300_000)} == {"too_deep"}
    assert {reason for _, reason in found(with_param(itself))} == {"too_deep"}


def test_a_document_is_too_large_by_its_text_and_by_what_it_would_be_as_text() -> None:
    """Also an object that shares its parts over and over."""
    shared: Any = "x" * 1000
    for _ in range(20):
        shared = [shared, shared]
    limits = Limits(definition_bytes=10_000)

    assert found(" " * (Limits().definition_bytes + 1)) == {("", "too_large")}
    assert [each.reason for each in validate(with_param(shared), limits).problems] == ["too_large"]
    assert [each.reason for each in validate(with_param("ü" * 4_999), limits).problems] == [
        "too_large"
    ]


def test_what_json_cannot_say_is_refused_and_the_rest_still_checked() -> None:
    """Sets, bytes and keys that are no text, beside a mistake of another kind."""
    document = chain(node("n", input_params={"a": {1}, "b": b"x", "c": {2: 3}}, nmae="n"))

    assert found(document) == {
        ("nodes[1].input_params.a", "not_json"),
        ("nodes[1].input_params.b", "not_json"),
        ("nodes[1].input_params.c", "not_json"),
        ("nodes[1].nmae", "unknown_field"),
    }


def test_the_workflow_shares_nothing_with_the_document() -> None:
    """Who goes on changing the document changes no workflow."""
    document = with_param({"x": [1]})
    read = validate(document).workflow
    document["nodes"][1]["input_params"]["p"]["x"].append(2)

    assert read is not None
    assert read.nodes[1].input_params == {"p": {"x": [1]}}


def test_too_many_parts_are_counted_before_they_are_looked_at() -> None:
    """Nodes, connections and triggers each have a limit."""
    limits = Limits(nodes=2, connections=1)
    document = workflow(start(), node("a"), connect="start -> a")

    assert validate(document, limits).problems == ()
    for part in ("nodes", "connections", "triggers"):
        more = {**document, part: document[part] * 3}
        problems = validate(more, limits).problems

        assert [(each.path, each.reason) for each in problems] == [(part, f"too_many_{part}")]


def test_an_endless_list_of_problems_is_cut_and_says_so() -> None:
    """One answer stays readable, and its size bounded."""
    document = workflow(start(), *(node(f"n{index}") for index in range(20)))
    problems = validate(document, Limits(problems=5)).problems

    assert [each.reason for each in problems] == ["unreachable"] * 5 + ["too_many_problems"]
    assert "15" in problems[-1].message
