"""Text from outside is literal text in all that the command line writes."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

import treadle
from tests.unit.test_cli_asking import APPROVAL, FORM, REVIEW, SELECTION, answered
from treadle.cli.errors import print_error
from treadle.cli.log_printer import LogPrinter
from treadle.cli.plain_text import json_text, plain, plain_lines, wrapped
from treadle.core.errors import TreadleError

#: Markup, and one of each kind of what a terminal obeys or hides.
HOSTILE = (
    "[/x] [bold]b[/bold] :100: \x1b[2J\x1b]0;t\x07 \x9b31m \x7f \u202e\u2066 \u200b\ufeff \r\n\tz"
)
SHOWN = (
    r"[/x] [bold]b[/bold] :100: \x1b[2J\x1b]0;t\x07 \x9b31m \x7f \u202e\u2066 \u200b\ufeff \r\n\tz"
)
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def test_what_a_terminal_would_obey_is_shown_by_its_number() -> None:
    """Every character stands there, and what people write in their languages is as it was."""
    words = "größe 日本語 👩\u200d👩\u200d👧 می\u200cخواهم a\u00a0b"

    assert plain(HOSTILE) == SHOWN
    assert plain("\udcff\x00\U000e0041") == r"\udcff\x00\U000e0041"
    assert plain(words) == words
    assert plain_lines("a\r\n\tb\rc") == "a\n\tb\\rc"


def test_a_document_says_the_same_without_a_character_that_a_terminal_obeys() -> None:
    """And stays one that every reader of JSON reads."""
    written = json_text(json.dumps({HOSTILE: ["\U000e0041\udcff"]}, ensure_ascii=False, indent=2))

    assert not OBEYED.search(written)
    assert json.loads(written) == {HOSTILE: ["\U000e0041\udcff"]}


def test_a_document_keeps_to_what_standard_output_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Escaped for ASCII, so that nothing of it is lost."""
    with Path("/dev/null").open("w", encoding="ascii") as narrow:
        monkeypatch.setattr(sys, "stdout", narrow)
        written = json_text('"größe 👩"')

    assert written.isascii()
    assert json.loads(written) == "größe 👩"


@pytest.mark.parametrize(
    "question",
    [
        {**APPROVAL, "approval_options": [
            {"value": HOSTILE, "label": HOSTILE, "decision": "confirmed"},
            {"value": "n", "label": "", "decision": "rejected"}]},
        {**SELECTION, "max_selections": 1,
         "selection_options": [{"value": each, "label": HOSTILE} for each in "ab"]},
        {**FORM, "input_fields": [
            {"name": "x", "label": HOSTILE, "type": "select", "options": [HOSTILE, "1"]}]},
        {**REVIEW, "content": {"k": HOSTILE}},
        {**REVIEW, "content": HOSTILE},
    ],
)  # fmt: skip
def test_a_question_is_asked_as_it_is_written(question: dict[str, object]) -> None:
    """Its title on one line, its message and options, with nothing left out and nothing obeyed."""
    _, shown = answered({**question, "title": HOSTILE, "message": HOSTILE}, "1", "")

    assert SHOWN in shown.splitlines()
    assert not OBEYED.search(shown)
    assert "[/x] [bold]b[/bold] :100:" in shown


def test_an_error_cannot_pass_its_lines_off_as_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """What follows its first line stands further in."""
    print_error(TreadleError(f"{HOSTILE}\n  reason: fine\n", solution="\x1b[8m"), as_json=False)
    print_error(TreadleError(HOSTILE, file="\udcff"), as_json=True)

    person, program = capsys.readouterr().err.rsplit("\n", 2)[:2]
    assert not OBEYED.search(person + program)
    assert "\n  reason: fine" not in person
    assert "\n  reason: internal_error\n" in person
    assert json.loads(program)["error_message"] == HOSTILE


@pytest.mark.parametrize("readable", [True, False])
def test_what_a_task_prints_is_a_line_of_its_service(
    capsys: pytest.CaptureFixture[str], readable: bool
) -> None:
    """Whether it is a log line or not."""
    printer = LogPrinter({"worker-1"}, lambda: "up")
    printer._readable = readable
    printer.print_line("worker-1", HOSTILE.replace("\n", ""))
    printer.print_line("worker-1", json.dumps({"event": HOSTILE, "level": "error", "k": HOSTILE}))

    told = capsys.readouterr().out
    if not readable:  # a terminal gets a long line as several
        assert [json.loads(each)["service"] for each in told.splitlines()] == ["worker-1"] * 2
    assert not OBEYED.search(told)


def test_every_command_writes_through_one_place() -> None:
    """No module of the command line has a way of its own to the terminal."""
    folder = Path(treadle.__file__).parent / "cli"
    ways = re.compile(
        r"typer\.(echo|secho)\(|(?<![\w.])print\(|import Console|sys\.std(out|err)\.write"
    )
    own = [
        file.name
        for file in sorted(folder.glob("*.py"))
        if file.name not in ("plain_text.py", "console.py") and ways.search(file.read_text())
    ]

    assert own == []


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_lines_end_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its width, and what follows stands further in; a long word is left to be copied whole."""
    monkeypatch.setenv("COLUMNS", "40")
    address = f"https://shop.example/{'a' * 50}"
    text = f"error: the task is not known to any worker\n  solution: start one with it: {address}"

    shown = wrapped(text, Terminal()).splitlines()

    assert " ".join(each.strip() for each in shown) == " ".join(text.split())
    assert [each for each in shown if len(each) > 40] == [f"    {address}"]
    assert shown[1].startswith("  ")


def test_off_a_terminal_lines_are_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script reads a message as one line."""
    monkeypatch.setenv("COLUMNS", "40")
    text = "no worker has the task, " * 20

    assert wrapped(text, io.StringIO()) == text
