"""Questions in a terminal: what is typed becomes the answer that the question's type takes."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import click
import pytest
import typer
from typer.testing import CliRunner

from treadle.cli.prompts import asked_in_terminal
from treadle.wire.interactions import Interaction
from treadle.wire.objects import read

#: What every question has, without what a type has.
ASKED: dict[str, Any] = {
    "id": "019b75f2-5b10-7c02-9f3a-52c1d0a7e111",
    "execution_id": "019b75f2-4c00-7a31-8c14-3d1f5b1a9e77",
    "node_id": "ask",
    "scope": "",
    "channel_type": "in_app",
    "status": "pending",
    "assignees": [],
    "title": "Which?",
    "message": "Look at it.",
    "priority": "normal",
    "timeout_action": "fail",
    "default_response": None,
    "created_at": 0,
    "warned_at": None,
    "delivered_at": 0,
    "timeout_at": 1,
    "decided_at": None,
    "decision": None,
    "answer": None,
    "answered_by": None,
    "via": None,
    "timed_out": False,
}
APPROVAL = {
    "interaction_type": "approval",
    "approval_options": [
        {"value": "yes", "label": "Yes, do", "decision": "confirmed"},
        {"value": "no", "label": "", "decision": "rejected"},
    ],
}
FORM = {
    "interaction_type": "input",
    "input_fields": [
        {"name": "who"},
        {"name": "amount", "label": "How much", "type": "number", "minimum": 1},
        {"name": "sure", "type": "boolean", "required": False},
        {"name": "size", "type": "select", "options": ["s", "m"]},
        {"name": "code", "required": False},
    ],
}
SELECTION = {
    "interaction_type": "selection",
    "selection_options": [{"value": each, "label": ""} for each in "abc"],
    "min_selections": 1,
    "max_selections": 2,
}
ONE = {**SELECTION, "max_selections": 1}
REVIEW = {"interaction_type": "review", "content": "a draft"}


def answered(question: dict[str, Any], *typed: str) -> tuple[dict[str, Any], str]:
    """Return the answer of somebody who types lines, and what they were shown."""
    made: list[dict[str, Any]] = []
    app = typer.Typer()

    @app.command()
    def run() -> None:
        made.append(asked_in_terminal(read(Interaction, {**ASKED, **question})))

    result = CliRunner().invoke(app, input="".join(f"{line}\n" for line in typed))
    assert made, result.output
    return made[0], result.output


@pytest.mark.parametrize(
    ("question", "typed", "answer"),
    [
        (APPROVAL, ["1", ""], {"decision": "yes"}),
        (APPROVAL, ["perhaps", "3", "no", "too dear"], {"decision": "no", "comment": "too dear"}),
        (FORM, ["ana", "2.5", "y", "m", "007", ""],
         {"values": {"who": "ana", "amount": 2.5, "sure": True, "size": "m", "code": "007"}}),
        (FORM, ["", "ana", "two", "0", "1", "no", "xl", "s", "", ""],
         {"values": {"who": "ana", "amount": 1, "sure": False, "size": "s", "code": None}}),
        (SELECTION, ["1, c", ""], {"selected": ["a", "c"]}),
        (SELECTION, ["", "1,2,3", "d", "b,2", ""], {"selected": ["b"]}),
        (ONE, ["c", ""], {"selected": ["c"]}),
        (REVIEW, ["1", ""], {"decision": "confirmed"}),
        (REVIEW, ["3", "no"], {"decision": "rejected", "comment": "no"}),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_an_answer(
    question: dict[str, Any], typed: list[str], answer: dict[str, Any]
) -> None:
    """What does not fit is asked again; what is left empty is left out."""
    made, shown = answered(question, *typed)

    assert made == answer
    assert "Which?" in shown
    assert "Look at it." in shown


def test_what_is_reviewed_is_edited_in_an_editor() -> None:
    """Text as it is; all else as JSON, until it is some."""
    edits = iter(["{", '{"a": 2}'])
    with patch.object(click, "edit", lambda *_, **__: next(edits)):
        made, _ = answered({**REVIEW, "content": {"a": 1}}, "2", "")
    with patch.object(click, "edit", lambda text, **_: f"{text}, better"):
        text, _ = answered(REVIEW, "edit", "")

    assert made == {"decision": "confirmed", "content": {"a": 2}}
    assert text == {"decision": "confirmed", "content": "a draft, better"}
