"""A question put to whoever sits at the terminal, by its type; what they say becomes an answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click
import typer

from treadle.cli.files import InputInvalid, parse_input
from treadle.cli.plain_text import plain, say
from treadle.dag.forms import InputField, values_problems
from treadle.dag.questions import Decision, InteractionType
from treadle.wire.interactions import Interaction

Answer = dict[str, Any]
"""What `POST /v1/interactions/{id}/answer` takes."""

#: Words that mean yes and no in a field of type boolean.
_YES, _NO = ("y", "yes", "true", "1"), ("n", "no", "false", "0")


def can_ask() -> bool:
    """Return whether somebody sits here who can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def asked_in_terminal(question: Interaction) -> Answer:
    """Show a question, and ask for what its type needs.

    Raises:
        click.Abort: Ctrl-C or the end of the input; nothing was decided.
    """
    say(plain(question.title), bold=True)
    if question.message:
        say(question.message)
    answer = _ASKING[question.interaction_type](question)
    comment = typer.prompt("Comment", default="", show_default=False)
    return {**answer, "comment": comment} if comment else answer


def value_of(field: InputField, text: str) -> Any:
    """Return what a text means in a field; what means nothing there stays text."""
    if text == "":
        return None
    if field.type == "boolean":
        return {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}.get(text.lower(), text)
    if field.type == "number":
        try:
            return parse_input(text.encode(), field.name)
        except InputInvalid:
            return text
    return text


def _approval(question: Interaction) -> Answer:
    options = question.approval_options
    return {"decision": _pick([(each.value, each.label) for each in options])}


def _input(question: Interaction) -> Answer:
    return {"values": {field.name: _field(field) for field in question.input_fields}}


def _field(field: InputField) -> Any:
    name = plain(field.label or field.name)
    hint = f" ({plain(', '.join(field.options))})" if field.options else f" ({field.type})"
    optional = "" if field.required else ", may be left empty"
    while True:
        text = typer.prompt(f"{name}{hint}{optional}", default="", show_default=False)
        value = value_of(field, text)
        problems = list(values_problems([field], {field.name: value}))
        if not problems:
            return value
        _complain(problems[0].message)


def _selection(question: Interaction) -> Answer:
    options = [(each.value, each.label) for each in question.selection_options]
    low, high = question.min_selections, question.max_selections
    if low == high == 1:
        return {"selected": [_pick(options)]}
    _list(options)
    while True:
        text = typer.prompt(f"{low} to {high} of them, with commas", default="", show_default=False)
        chosen = [_named(options, each.strip()) for each in text.split(",") if each.strip()]
        named = [each for each in chosen if each is not None]
        if len(named) == len(chosen) and low <= len(set(named)) <= high:
            return {"selected": list(dict.fromkeys(named))}
        _complain("Name them by number or value.")


def _review(question: Interaction) -> Answer:
    content = question.content
    say(content if isinstance(content, str) else _shown(content))
    choice = _pick(
        [
            (Decision.CONFIRMED, "Confirm"),
            ("edit", "Edit, then confirm"),
            (Decision.REJECTED, "Reject"),
        ]
    )
    if choice != "edit":
        return {"decision": choice}
    return {"decision": Decision.CONFIRMED, "content": _edited(content)}


def _edited(content: Any) -> Any:
    is_text = isinstance(content, str)
    text = content if is_text else _shown(content)
    while True:
        edited = click.edit(text, extension=".txt" if is_text else ".json")
        if edited is None:
            return content
        if is_text:
            return edited
        try:
            return parse_input(edited.encode(), "what you wrote")
        except InputInvalid as error:
            _complain(error.message)
            text = edited


def _pick(options: Sequence[tuple[str, str]]) -> str:
    """Ask for one of several options, by number or value."""
    _list(options)
    while True:
        chosen = _named(options, typer.prompt("Your answer"))
        if chosen is not None:
            return chosen
        _complain("Name one by number or value.")


def _list(options: Sequence[tuple[str, str]]) -> None:
    for number, (value, label) in enumerate(options, start=1):
        say(plain(f"  {number}. {label or value}" + (f" ({value})" if label else "")))


def _named(options: Sequence[tuple[str, str]], text: str) -> str | None:
    values = [value for value, _ in options]
    if text in values:
        return text
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(values):
        return values[int(text) - 1]
    return None


def _shown(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


def _complain(message: str) -> None:
    say(message, fg=typer.colors.RED)


_ASKING = {
    InteractionType.APPROVAL: _approval,
    InteractionType.INPUT: _input,
    InteractionType.SELECTION: _selection,
    InteractionType.REVIEW: _review,
}
