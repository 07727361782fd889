"""`treadle why`: what an execution waits for, on this machine and through a gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.test_cli_people import asked, asking
from tests.support.command_line import Folder
from tests.support.workflows import configured

WaitUntil = Callable[..., Any]


def test_a_missing_worker_and_a_person_are_told_with_the_step_that_frees_each(
    folder: Folder, server: str, wait_until: WaitUntil
) -> None:
    """Every cause in three lines: the node and the reason, what it waits for, what to do."""
    key = folder.run("keys", "create", "--json").document["key"]
    gateway = {"TREADLE_SERVER": server, "TREADLE_API_KEY": key}
    file = folder.write("w.json", configured("ACTION.PYTHON_TASK", task="open_gaet"))
    stuck = folder.run("submit", file).out.strip()
    waiting, question = asked(folder, wait_until, asking())

    for variables in ({}, gateway):
        missing = folder.run("why", stuck, **variables)
        person = folder.run("why", waiting, **variables)
        assert (missing.code, person.code) == (0, 0)
        assert f"{stuck} is RUNNING\n" in missing.out
        assert ": no_capable_worker\n  No worker has the task" in missing.out
        assert "Did you mean" in missing.out
        assert "ask: question_open\n  It asked a person" in person.out
        assert f"  solution: Answer it: treadle answer {question['id']}\n" in person.out
        assert folder.run("why", stuck, "--json", **variables).document["causes"]
    folder.run("cancel", stuck)
    assert "ended\n  It has ended as CANCELED" in folder.run("why", stuck).out
