"""Questions: what counts as an answer, and everything that is told of one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.dag.questions import Question, question_problems
from treadle.dag.replies import ReplyInvalid, default_problems, reply

FIELDS: list[dict[str, Any]] = [
    {"name": "who", "pattern": "[a-z]+", "maximum": 5},
    {"name": "amount", "type": "number", "minimum": 1, "maximum": 10},
    {"name": "mail", "type": "email", "required": False},
    {"name": "day", "type": "date", "required": False},
    {"name": "size", "type": "select", "options": ["s", "m"], "required": False},
    {"name": "sure", "type": "boolean", "required": False},
]
BUTTONS = [
    {"value": "yes", "decision": "confirmed"},
    {"value": "later", "decision": "confirmed"},
    {"value": "no", "decision": "rejected"},
]


def question(kind: str, **more: Any) -> Question:
    """Return a question of a type."""
    return Question.model_validate({"interaction_type": kind, "title": "?", **more})


def form() -> Question:
    """Return a form with a field of each type."""
    return question("input", input_fields=FIELDS)


def choice(low: int = 1, high: int = 1) -> Question:
    """Return a choice of three."""
    options = [{"value": each} for each in "abc"]
    return question("selection", selection_options=options, min_selections=low, max_selections=high)


def refused(asked: Question, raw: dict[str, Any]) -> set[tuple[str, str]]:
    """Return path and reason of every problem of an answer."""
    with pytest.raises(ReplyInvalid) as error:
        reply(asked, raw)
    return {(each["path"], each["reason"]) for each in error.value.context["problems"]}


@pytest.mark.parametrize(
    ("asked", "raw", "decision", "answer"),
    [
        (question("approval"), {"decision": "confirmed"}, "confirmed",
         {"option": "approve", "comment": None}),
        (question("approval"), {"decision": "reject", "comment": "no"}, "rejected",
         {"option": "reject", "comment": "no"}),
        (question("approval", approval_options=BUTTONS), {"decision": "later"}, "confirmed",
         {"option": "later", "comment": None}),
        (question("approval", approval_options=BUTTONS), {"decision": "rejected"}, "rejected",
         {"option": "no", "comment": None}),
        (form(), {"values": {"who": "ana", "amount": 2.5, "sure": False}}, "confirmed",
         {"values": {"who": "ana", "amount": 2.5, "mail": None, "day": None, "size": None,
                     "sure": False}, "comment": None}),
        (choice(), {"selected": ["b"]}, "confirmed", {"selected": ["b"], "comment": None}),
        (choice(0, 3), {"decision": "confirmed"}, "confirmed", {"selected": [], "comment": None}),
        (choice(2, 2), {"selected": ["c", "a"]}, "confirmed",
         {"selected": ["a", "c"], "comment": None}),
        (question("review", content="a draft"), {"decision": "confirmed"}, "confirmed",
         {"content": "a draft", "edited": False, "comment": None}),
        (question("review", content={"a": 1}), {"decision": "confirmed", "content": {"a": 2}},
         "confirmed", {"content": {"a": 2}, "edited": True, "comment": None}),
        (question("review", content="a draft"), {"decision": "rejected", "comment": "!"},
         "rejected", {"content": "a draft", "edited": False, "comment": "!"}),
    ],
)  # fmt: skip
def test_an_answer_of_each_type_counts(
    asked: Question, raw: dict[str, Any], decision: str, answer: dict[str, Any]
) -> None:
    """It becomes the key to leave by, and a value of one shape for each type."""
    made = reply(asked, raw)

    assert (made.decision, made.answer) == (decision, answer)


@pytest.mark.parametrize(
    ("asked", "raw", "problems"),
    [
        (question("approval"), {}, {("decision", "missing")}),
        (question("approval"), {"decision": "maybe"}, {("decision", "invalid_choice")}),
        (question("approval"), {"decision": ["confirmed"]}, {("decision", "invalid_choice")}),
        (question("approval"), {"decision": "approve", "values": {}},
         {("values", "unknown_field")}),
        (question("approval", approval_options=BUTTONS), {"decision": "confirmed"},
         {("decision", "ambiguous")}),
        (question("approval"), {"decision": "approve", "comment": 3}, {("comment", "wrong_type")}),
        (question("approval"), {"decision": "approve", "comment": "x" * 10_001},
         {("comment", "out_of_range")}),
        (question("approval"), {"decision": "approve", "comment": "\ud800"},
         {("", "output_not_storable")}),
        (form(), {}, {("values.who", "missing"), ("values.amount", "missing")}),
        (form(), {"values": []}, {("values", "wrong_type")}),
        (form(), {"decision": "rejected", "values": {"who": "ana", "amount": 1}},
         {("decision", "invalid_choice")}),
        (form(), {"values": {"who": "Ana", "amount": 11, "mail": "ana", "day": "2026-02-30",
                             "size": "l", "sure": "yes", "else": 1}},
         {("values.who", "pattern_not_matched"), ("values.amount", "out_of_range"),
          ("values.mail", "wrong_type"), ("values.day", "wrong_type"),
          ("values.size", "invalid_choice"), ("values.sure", "wrong_type"),
          ("values.else", "unknown_field")}),
        (form(), {"values": {"who": "abcdef", "amount": True}},
         {("values.who", "out_of_range"), ("values.amount", "wrong_type")}),
        (form(), {"values": {"who": " ", "amount": 2**63, "day": "20260101"}},
         {("values.who", "missing"), ("values.amount", "number_out_of_range"),
          ("values.day", "wrong_type")}),
        (form(), {"values": {"who": 1, "amount": float("nan")}},
         {("values.who", "wrong_type"), ("values.amount", "wrong_type")}),
        (choice(), {}, {("selected", "out_of_range")}),
        (choice(), {"selected": "a"}, {("selected", "wrong_type")}),
        (choice(), {"selected": ["a", "b"]}, {("selected", "out_of_range")}),
        (choice(1, 3), {"selected": ["d", "a", "a"]},
         {("selected[0]", "invalid_choice"), ("selected[2]", "duplicate")}),
        (question("review", content="x"), {}, {("decision", "missing")}),
        (question("review", content="x"), {"decision": "approve", "content": 1},
         {("decision", "invalid_choice"), ("content", "wrong_type")}),
    ],
)  # fmt: skip
def test_all_that_is_wrong_with_an_answer_is_told_at_once(
    asked: Question, raw: dict[str, Any], problems: set[tuple[str, str]]
) -> None:
    """Nothing unsure becomes an answer, and one round mends it."""
    assert refused(asked, raw) == problems


@pytest.mark.parametrize(
    ("asked", "problems"),
    [
        (question("approval", approval_options=BUTTONS[:2]), {("approval_options", "missing")}),
        (question("approval", approval_options=[*BUTTONS, BUTTONS[0]]),
         {("approval_options[3].value", "duplicate")}),
        (question("approval",
                  approval_options=[*BUTTONS, {"value": "rejected", "decision": "confirmed"}]),
         {("approval_options[3].value", "ambiguous")}),
        (question("input"), {("input_fields", "missing")}),
        (question("input", input_fields=[
            {"name": "a b"}, {"name": "c"}, {"name": "c"}, {"name": "d", "pattern": "("},
            {"name": "e", "type": "select"}, {"name": "f", "minimum": 2, "maximum": 1},
            {"name": "g", "type": "date", "pattern": "x"},
         ]),
         {("input_fields[0].name", "invalid_name"), ("input_fields[2].name", "duplicate"),
          ("input_fields[3].pattern", "invalid_pattern"),
          ("input_fields[4].options", "missing"), ("input_fields[5].minimum", "out_of_range"),
          ("input_fields[6].pattern", "not_used_here")}),
        (question("selection"), {("selection_options", "missing")}),
        (choice(2, 1), {("min_selections", "out_of_range")}),
        (choice(4, 5), {("min_selections", "out_of_range")}),
        (question("approval", default_response={"decision": "sure"}),
         {("default_response.decision", "invalid_choice")}),
        (question("input", input_fields=FIELDS, default_response={"values": {"who": "ana"}}),
         {("default_response.values.amount", "missing")}),
    ],
)  # fmt: skip
def test_a_question_that_no_answer_fits_is_told(
    asked: Question, problems: set[tuple[str, str]]
) -> None:
    """So that nobody is asked in vain, and no default is one that a person could not give."""
    found = list(question_problems(asked)) or default_problems(asked)

    assert {(each.path, each.reason) for each in found} == problems


def test_a_stored_question_is_read_back_as_it_was() -> None:
    """The ledger keeps its bytes; an answer may come a day later."""
    for asked in (form(), choice(0, 2), question("review", content={"a": [1, None]})):
        assert Question.model_validate_json(asked.stored()) == asked
