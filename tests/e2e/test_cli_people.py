"""`treadle inbox` and `treadle answer`: a person decides what an execution asks."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
from collections.abc import Callable
from typing import Any

from tests.support.command_line import TREADLE, Folder
from tests.support.workflows import Document, node, start, workflow
from treadle.core.settings import child_environment

WaitUntil = Callable[..., Any]

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
REVIEW = "HUMAN_IN_THE_LOOP.MANUAL_REVIEW"


def asking(key: str = APPROVAL, **config: Any) -> Document:
    """Return a workflow that asks, and passes on what was said."""
    said = node(
        "said",
        configurations={"operation": "custom", "expression": "nodes.ask.answer"},
    )
    ask = node("ask", key, configurations={"title": "May {{ input.who }}?", **config})
    return workflow(
        start(), ask, said, node("no"),
        connect="start -> ask, ask:confirmed -> said, ask:rejected -> no",
    )  # fmt: skip


def asked(folder: Folder, wait_until: WaitUntil, document: Document) -> tuple[str, dict[str, Any]]:
    """Submit a workflow; return the execution's id and its question."""
    file = folder.write("workflow.json", document)
    execution_id = folder.run("submit", file, "--input-json", '{"who": "Ada"}').out.strip()

    def found() -> Any:
        return folder.run("inbox", "--execution", execution_id, "--json").document

    return execution_id, wait_until(found)[0]


def output(folder: Folder, execution_id: str) -> Any:
    """Return what an execution put out at its end."""
    return folder.run("watch", execution_id, "--json").document["output"]


def test_a_question_stands_in_the_inbox_until_it_is_answered(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """With its title, its id and the time that is left; the execution waits, and goes on."""
    execution_id, question = asked(folder, wait_until, asking(priority="urgent"))
    shown = folder.run("inbox").out
    waiting = folder.run("show", execution_id, "--json").document

    done = folder.run("answer", question["id"], "--decision", "approve", "--comment", "gladly")

    assert question["title"] == "May Ada?"
    assert question["id"] in shown
    assert "May Ada?" in shown
    assert waiting["status"] == "WAITING_FOR_HUMAN"
    assert done.code == 0
    assert done.out == f"{question['id']} is decided: confirmed by local via cli\n"
    assert output(folder, execution_id) == {"said": {"option": "approve", "comment": "gladly"}}
    assert folder.run("inbox", "--execution", execution_id, "--json").document == []
    (kept,) = folder.run(
        "inbox", "--execution", execution_id, "--status", "completed", "--json"
    ).document
    assert kept["answered_by"] == "local"


def test_each_type_is_answered_by_its_options(folder: Folder, wait_until: WaitUntil) -> None:
    """A form by fields, a choice by options, a review by a file; or all of it as JSON."""
    fields = [{"name": "amount", "type": "number"}, {"name": "note", "required": False}]
    options = [{"value": each} for each in "abc"]
    cases: list[tuple[Document, list[str], Any]] = [
        (
            asking(interaction_type="input", input_fields=fields),
            ["--value", "amount=12.5", "--value", "note=a=b"],
            {"values": {"amount": 12.5, "note": "a=b"}, "comment": None},
        ),
        (
            asking(interaction_type="selection", selection_options=options, max_selections=2),
            ["--select", "c", "--select", "a"],
            {"selected": ["a", "c"], "comment": None},
        ),
        (
            asking(REVIEW, content={"text": "draft"}),
            ["--decision", "confirmed", "--content", folder.write("edited.json", {"text": "x"})],
            {"content": {"text": "x"}, "edited": True, "comment": None},
        ),
        (
            asking(REVIEW, content="draft"),
            ["--json-answer", '{"decision": "confirmed", "comment": "fine"}'],
            {"content": "draft", "edited": False, "comment": "fine"},
        ),
    ]
    for document, arguments, expected in cases:
        execution_id, question = asked(folder, wait_until, document)

        done = folder.run("answer", question["id"], *arguments, "--json")

        assert done.code == 0, done.err
        assert done.document["answer"] == expected
        assert output(folder, execution_id) == {"said": expected}


def test_an_answer_that_does_not_fit_is_refused_and_the_question_waits_on(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """All that is wrong is told; a script that says nothing is told what to say."""
    _, question = asked(folder, wait_until, asking())

    wrong = folder.run("answer", question["id"], "--decision", "perhaps", "--json")
    silent = folder.run("answer", question["id"], "--json")

    assert wrong.code == 4
    assert wrong.refusal == "reply_invalid"
    assert silent.code == 2
    assert silent.refusal == "answer_missing"
    (still,) = folder.run("inbox", "--execution", question["execution_id"], "--json").document
    (refused,) = folder.run("inbox", question["id"], "--json").document["responses"]
    assert (refused["verdict"], refused["via"]) == ("refused", "cli")
    assert "refused" in folder.run("inbox", question["id"]).out
    assert still["status"] == "pending"


def test_a_second_answer_is_told_what_was_decided(folder: Folder, wait_until: WaitUntil) -> None:
    """The same again is fine; another is refused, and says who decided what."""
    _, question = asked(folder, wait_until, asking())
    folder.run("answer", question["id"], "--decision", "reject")

    same = folder.run("answer", question["id"], "--decision", "rejected", "--json")
    other = folder.run("answer", question["id"], "--decision", "approve", "--json")

    assert same.document["repeated"] is True
    assert other.code == 4
    assert other.refusal == "interaction_decided"
    assert "local has decided rejected via cli" in other.err


def test_a_person_at_a_terminal_is_asked(folder: Folder, wait_until: WaitUntil) -> None:
    """By the question's type: here by number."""
    execution_id, question = asked(folder, wait_until, asking())
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [TREADLE, "answer", question["id"]],
        cwd=folder.path,
        env=child_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, b"2\nnot now\n")
    said = b""
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:  # the terminal's other end is closed
            break
    os.close(ours)

    assert process.wait(30) == 0, said
    assert b"May Ada?" in said
    assert b"is decided: rejected by local via cli" in said
    shown = folder.run("watch", execution_id, "--json").document
    assert shown["status"] == "SUCCESS"
    assert shown["output"] == {"no": {"data": 1}}


def test_a_watcher_is_told_of_a_question_and_how_to_answer_it(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """In a loop's body, too."""
    execution_id, question = asked(folder, wait_until, asking())
    folder.run("answer", question["id"], "--decision", "approve")

    watched = folder.run("watch", execution_id)

    assert f"ask  asks: May Ada?  (treadle answer {question['id']})" in watched.out


def test_a_refused_answer_is_an_error_and_nothing_else(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """A line of the log on standard output would be read as the answer."""
    execution_id, question = asked(folder, wait_until, asking())

    refused = folder.process("answer", question["id"], "--decision", "maybe", "--json")
    shown = folder.process("answer", question["id"], "--decision", "maybe")
    folder.run("cancel", execution_id)

    assert (refused.code, refused.out, refused.refusal) == (4, "", "reply_invalid")
    assert (shown.code, shown.out) == (4, "")
    assert shown.err.startswith("error: ")


def test_a_terminal_of_80_columns_shows_ids_and_titles(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """An id is there to be copied, and a title is what the question says."""
    execution_id, question = asked(folder, wait_until, asking())

    listed, waiting = _in_terminal(folder, "executions"), _in_terminal(folder, "inbox")
    folder.run("cancel", execution_id)

    assert execution_id in listed
    assert question["id"] in waiting
    assert "May Ada?" in waiting


def _in_terminal(folder: Folder, command: str) -> str:
    """Return what a command writes into a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [TREADLE, command],
        cwd=folder.path,
        env=child_environment(COLUMNS="80"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while more := os.read(ours, 4096):
            said += more
    os.close(ours)
    assert process.wait(30) == 0, said
    return said.decode()


def test_an_answer_that_does_not_fit_is_refused_with_its_problems(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """Where it says to correct what the problems name, they stand above."""
    _, question = asked(folder, wait_until, asking())

    refused = folder.run("answer", question["id"], "--decision", "maybe")

    assert refused.code == 4
    assert "Correct what `problems` names" in refused.err
    lines = refused.err.split("  problems:\n")[1].splitlines()
    assert lines[0].startswith("    decision: ")
    assert "approve" in " ".join(lines[1:3])
    folder.run("answer", question["id"], "--decision", "approve")
