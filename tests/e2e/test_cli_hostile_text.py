"""Hostile text through the commands: titles, ids, names, errors and outputs of a real cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.command_line import Folder
from tests.support.workflows import Document, node, start, workflow
from tests.unit.test_cli_plain_text import HOSTILE, OBEYED, SHOWN

WaitUntil = Callable[..., Any]


def _asking(name: str) -> Document:
    asked = {"title": HOSTILE, "message": HOSTILE}
    document = workflow(
        start(),
        node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations=asked),
        node("yes"), node("no"),
        connect="start -> ask, ask:confirmed -> yes, ask:rejected -> no",
    )  # fmt: skip
    document["metadata"] |= {"id": name, "name": HOSTILE}
    return document


def _failing() -> Document:
    gate = {"task": "open_gate", "max_retries": 0}
    step = node("gate", "ACTION.PYTHON_TASK", configurations=gate)
    step["input_params"] = {"file": HOSTILE}
    return workflow(start(), step, connect="start -> gate")


def test_every_command_shows_text_from_outside_letter_by_letter(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """A title with a closing tag ends no command, and no escape sequence reaches the terminal."""
    file = folder.write("ask.json", _asking(HOSTILE.replace("/", "|")))
    execution = folder.run("submit", file, "--input-json", '{"k": "\\u001b[2J"}').out.strip()
    question = wait_until(lambda: folder.run("inbox", "--execution", execution, "--json").document)
    made = folder.run("keys", "create", "--name", HOSTILE, "--owner", HOSTILE, "--json").document
    said = {
        "inbox": folder.run("inbox"),
        "executions": folder.run("executions", "--limit", "1000"),
        "keys": folder.run("keys", "list"),
        "show": folder.run("show", execution),
    }
    machine = [folder.run("inbox", "--json"), folder.run("show", execution, "--json")]
    answered = folder.run("answer", question[0]["id"], "--decision", "approve")
    said["watch"] = folder.run("watch", execution)
    folder.run("keys", "revoke", made["id"])

    for name, done in said.items():
        assert done.code == 0, (name, done)
        # A workflow's id has no slash.
        shown = SHOWN.replace("/", "|") if name == "executions" else SHOWN
        assert shown in done.out, name
    for done in (*said.values(), *machine, answered):
        assert not OBEYED.search(done.out + done.err)


def test_what_fails_with_hostile_text_is_shown_as_text(folder: Folder) -> None:
    """Errors of a task, of a file, and of a workflow."""
    failed = folder.run("submit", folder.write("fail.json", _failing()), "--watch")
    broken = workflow(start(), node("x", f"ACTION.{HOSTILE}"), connect="start -> x")
    refused = folder.run("submit", folder.write("broken.json", broken))
    checked = folder.run("validate", "broken.json")
    missing = folder.run("validate", f"{HOSTILE}.json")

    assert failed.code == 1
    assert r"\x1b[2J" in failed.out
    assert (refused.code, checked.code, missing.code) == (1, 1, 2)
    for done in (failed, refused, checked, missing):
        assert not OBEYED.search(done.out + done.err)
