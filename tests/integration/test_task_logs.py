"""What tasks print and log: kept with their nodes, in every lane, bounded, without secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import WaitUntil
from tests.integration import talking_tasks as talking
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import check
from tests.support.workflows import chain, node
from treadle.core.settings import Settings
from treadle.ledger.views.node_logs import Lines, lines

pytestmark = pytest.mark.slow


Task = Callable[..., Any]


def task_node(task: Task, **params: Any) -> dict[str, Any]:
    called = {"task": task.__name__}
    return node("a", "ACTION.PYTHON_TASK", configurations=called, input_params=params)


def said(client: InProcess, execution: UUID) -> list[tuple[str, str | None, str]]:
    return [
        (line.stream.value, line.level, line.text)
        for line in lines(client.session, Lines(execution), limit=5_000).lines
    ]


def run(client: InProcess, wait_until: WaitUntil, task: Task, **params: Any) -> UUID:
    execution = client.submit(chain(task_node(task, **params)))
    wait_until(lambda: client.has_ended(execution), timeout=30)
    assert check(client.session, execution) == []
    return execution


@pytest.mark.parametrize("task", [talking.talk, talking.talk_later, talking.talk_apart])
def test_what_a_task_prints_and_logs_is_kept(
    settings: Settings, wait_until: WaitUntil, task: Task
) -> None:
    """In each lane: both streams, what is logged from INFO on, and a line without an end."""
    with running(settings) as client:
        execution = run(client, wait_until, task, text="weft")
        found = said(client, execution)

    beside = [("stdout", None, "beside")] if task is talking.talk_later else []
    assert found == [
        *beside,
        ("stdout", None, "weft"),
        ("stderr", None, "on the other hand"),
        ("log", "INFO", "an info of weft"),
        ("stdout", None, "no end"),
    ]


def texts(client: InProcess, execution: UUID) -> list[str]:
    return [text for _, _, text in said(client, execution)]


def test_a_running_task_is_heard(settings: Settings, wait_until: WaitUntil, tmp_path: Path) -> None:
    """Its lines are in the ledger while it runs, and those that follow come after them."""
    mark = tmp_path / "mark"
    with running(settings) as client:
        execution = client.submit(chain(task_node(talking.talk_until, mark=str(mark))))
        wait_until(lambda: texts(client, execution) == ["begun"], timeout=30)
        assert not client.has_ended(execution)
        mark.touch()
        wait_until(lambda: client.has_ended(execution))

        assert texts(client, execution) == ["begun", "ended"]


@pytest.mark.parametrize("task", [talking.flood, talking.flood_apart])
def test_a_flood_is_bounded(settings: Settings, wait_until: WaitUntil, task: Task) -> None:
    """The first lines are kept, and the last one says how many were not."""
    with running(settings) as client:
        found = texts(client, run(client, wait_until, task, lines=1_500))

    assert found[:-1] == [str(number) for number in range(1_000)]
    assert found[-1].startswith("500 more lines were left out")


def test_the_last_words_of_a_child_that_dies_are_kept(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """Each of its attempts ran alone, and is told apart."""
    with running(settings) as client:
        execution = run(client, wait_until, talking.last_words)
        found = lines(client.session, Lines(execution), limit=5_000).lines

    assert {each.text for each in found} == {"these are my last words"}
    assert [each.attempt for each in found] == list(range(1, len(found) + 1))


def test_attempts_are_told_apart(settings: Settings, wait_until: WaitUntil, tmp_path: Path) -> None:
    """A node that is tried again has the lines of both."""
    with running(settings) as client:
        execution = run(client, wait_until, talking.fails_once, mark=str(tmp_path / "mark"))
        found = lines(client.session, Lines(execution), limit=5_000).lines
        second = lines(client.session, Lines(execution, attempt=2)).lines

    assert [(each.attempt, each.text) for each in found] == [(1, "first"), (2, "second")]
    assert second == found[1:]


def test_no_line_shows_a_secret(
    settings: Settings, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it goes on from line to line, and where the node does not name it."""
    monkeypatch.setenv("TREADLE_SECRET_TOKEN", "hunter-22-of-23")
    text = "I know hunter-22-of-23\nand hunter-\n22-of-23, too"
    with running(settings) as client:
        found = texts(client, run(client, wait_until, talking.say, text=text))

    assert found == ["I know ***", "and ***", ", too"]


def test_what_a_task_logs_of_an_exception_has_its_traceback(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """Line by line, at one level."""
    with running(settings) as client:
        found = said(client, run(client, wait_until, talking.log_a_failure))

    assert found[0] == ("log", "ERROR", "it failed")
    assert found[-1] == ("log", "ERROR", "KeyError: 'nothing'")
    assert {(stream, level) for stream, level, _ in found} == {("log", "ERROR")}


def test_a_thread_of_user_code_says_what_it_is_given_the_context_for(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """Others print where the worker prints."""
    with running(settings) as client:
        found = texts(client, run(client, wait_until, talking.talk_in_threads))

    assert found == ["mine"]
