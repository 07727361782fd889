"""What `treadle up` shows of attempts to a person: a line each, with what failed below it."""

from __future__ import annotations

from typing import Any

from treadle.cli.log_printer import readable

ATTEMPT = {
    "timestamp": "2026-11-29T22:36:13.125Z",
    "level": "info",
    "execution_id": "01a22973-9f2d-764c-838a-e051c5ca628f",
    "node_id": "add",
    "scope": "",
    "attempt": 1,
}


def line(**facts: Any) -> str:
    return readable("worker-1", {**ATTEMPT, **facts}, 80)


def test_an_attempt_is_one_short_line() -> None:
    """When, who, of which execution, which node, and what it came to."""
    settled = line(event="attempt.settled", outcome="completed", seconds=0.0124, worker_id="w")

    assert settled == "22:36:13  worker-1    …ca628f  add  completed in 12 ms"
    again = line(event="attempt.settled", outcome="completed", seconds=1.5, attempt=2, scope="e:1")
    assert again.endswith("add [e:1]  completed in 1,500 ms  (attempt 2)")


def test_what_a_task_says_is_shown_whole() -> None:
    """With its level, if it was logged; what a terminal would obey is shown by its number."""
    text = "x" * 100
    said = line(event="task.logged", stream="log", severity="INFO", text=f"{text}\x1b[2J")

    assert said == f"22:36:13  worker-1    …ca628f  add | INFO {text}\\x1b[2J"


def test_the_traceback_of_a_failed_attempt_stands_below_its_line() -> None:
    """Within the columns of the terminal."""
    shown = line(
        event="attempt.settled",
        outcome="failed",
        seconds=0.01,
        reason="task_failed",
        error="Task total raised ValueError: " + "x" * 100,
        traceback=["Traceback (most recent call last):", "    " + "y" * 100],
    ).splitlines()

    assert len(shown) == 3
    assert all(len(each) <= 80 for each in shown)
    assert shown[0].endswith("…")
    assert shown[1] == " " * 12 + "Traceback (most recent call last):"
