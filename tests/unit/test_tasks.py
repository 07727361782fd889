"""The `@task` registry: names, lanes, arguments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, Field

from tests.support import tasks_for_tests
from treadle.core.errors import TreadleError
from treadle.dag.values import dumps
from treadle.workers.tasks import TASKS, Task, Tasks, task


@pytest.fixture(autouse=True)
def unchanged_registry() -> Iterator[None]:
    """Forget what a test registered."""
    before = dict(TASKS._by_name)
    yield
    TASKS._by_name.clear()
    TASKS._by_name.update(before)


def found(name: str) -> Task:
    known = TASKS.get(name)
    assert known is not None
    return known


def reason_of(call: Any) -> str:
    with pytest.raises(TreadleError) as caught:
        call()
    return caught.value.reason


def test_a_task_is_still_the_function_it_was() -> None:
    """It can be called and tested without Treadle."""
    assert tasks_for_tests.add(1, 2) == 3


@pytest.mark.parametrize(
    ("name", "lane", "max_retries", "timeout"),
    [
        ("add", "thread", None, None),
        ("score", "thread", 1, timedelta(seconds=5)),
        ("shout", "async", None, None),
        ("heavy", "process", None, None),
    ],
)
def test_a_task_is_registered_as_the_decorator_says(
    name: str, lane: str, max_retries: int | None, timeout: timedelta | None
) -> None:
    """Its name, where it runs, and how often and long it may."""
    known = found(name)
    assert (known.lane, known.max_retries, known.timeout) == (lane, max_retries, timeout)


def test_two_functions_cannot_have_one_name() -> None:
    """The second is refused; the first stays."""

    def another() -> None:
        pass

    assert reason_of(lambda: task(name="add")(another)) == "duplicate_task"
    assert found("add").function is tasks_for_tests.add


def test_a_function_that_is_loaded_again_replaces_itself() -> None:
    """A reload is no duplicate."""
    known = found("add")
    TASKS.add(Task(known.name, known.function, known.lane))


def test_a_lane_that_does_not_fit_the_function_is_refused() -> None:
    """A coroutine function runs on the event loop, another one does not."""

    async def on_the_loop() -> None:
        pass

    def in_a_thread() -> None:
        pass

    assert reason_of(lambda: task(lane="process")(on_the_loop)) == "task_not_valid"
    assert reason_of(lambda: task(lane="async")(in_a_thread)) == "task_not_valid"


def test_arguments_are_read_as_annotated() -> None:
    """Models, dates and enums come out of JSON; a default stands where nothing came."""
    came = dumps({"lead": {"name": "x", "score": 2}, "due": "2026-01-02", "other": 1})
    assert found("score").bind(came) == {
        "lead": tasks_for_tests.Lead(name="x", score=2.0),
        "due": date(2026, 1, 2),
    }


def test_everything_wrong_with_the_arguments_is_told_at_once() -> None:
    """Each with where and why."""
    with pytest.raises(TreadleError) as caught:
        found("score").bind(dumps({"lead": {"score": -1}, "colour": "blue"}))
    assert caught.value.reason == "task_input_invalid"
    paths = {problem["path"] for problem in caught.value.context["problems"]}
    assert paths == {"lead.name", "lead.score", "due", "colour"}
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("a", "fits"), [(7, True), (7.0, True), (7.5, False), ("x", False), (None, False)]
)
def test_a_number_is_a_number_however_json_writes_it(a: Any, fits: bool) -> None:
    """7.0 is the integer 7; what is no integer is refused."""
    if fits:
        assert found("add").bind(dumps({"a": a})) == {"a": 7}
    else:
        assert reason_of(lambda: found("add").bind(dumps({"a": a}))) == "task_input_invalid"


def test_keyword_arguments_take_what_no_parameter_asks_for() -> None:
    """Only where the function says so."""
    assert found("everything").bind(dumps({"a": 1, "json": 2})) == {"a": 1, "json": 2}
    assert found("add").bind(dumps({"a": 1, "json": 2})) == {"a": 1}


def test_a_function_that_json_cannot_call_is_refused_when_tasks_are_discovered() -> None:
    """Not when the first execution reaches it."""

    def by_position(a: int, /) -> None:
        pass

    # An annotation that no type checker reads either, and a name that is nowhere.
    def unreadable(a: Iterator[object].__class__) -> None:  # type: ignore[valid-type]
        pass

    def unknown(a: NoSuchName) -> None:  # type: ignore[name-defined] # noqa: F821
        pass

    for function in (by_position, unreadable, unknown):
        tasks = Tasks()
        tasks.add(Task("t", function, "thread"))
        assert reason_of(tasks.discover) == "task_not_valid"


def test_a_task_tells_which_keys_it_reads() -> None:
    """By their names in JSON; none can be told where any may be read, or one has several names."""

    def named(n: int, shown: Annotated[str, Field(alias="title")] = "") -> None: ...

    def several(n: Annotated[int, Field(validation_alias=AliasChoices("a", "b"))]) -> None: ...

    assert found("add").keys == frozenset({"a", "b"})
    assert Task("t", named, "thread").keys == frozenset({"n", "title"})
    assert Task("t", named, "thread").bind(dumps({"n": 1, "title": "x"})) == {"n": 1, "shown": "x"}
    assert found("everything").keys is None
    assert Task("t", several, "thread").keys is None


def test_a_module_that_is_not_there_is_told() -> None:
    """By its name."""
    assert reason_of(lambda: Tasks().discover(["no_such_module_of_tasks"])) == "tasks_not_found"


def test_tasks_are_found_by_entry_point_and_by_module(tmp_path: Path) -> None:
    """In a fresh process: an installed package's group, and what the operator names."""
    (tmp_path / "by_name.py").write_text("from treadle import task\n@task\ndef one(): ...\n")
    (tmp_path / "by_entry.py").write_text("from treadle import task\n@task\ndef two(): ...\n")
    installed = tmp_path / "somebodys-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[treadle.tasks]\nmine = by_entry\n")
    program = (
        "from treadle.workers.tasks import TASKS\n"
        "TASKS.discover(['by_name'])\n"
        "print(sorted(task.name for task in TASKS))\n"
    )
    environment = {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    told = subprocess.run(
        [sys.executable, "-c", program],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.strip() == "['one', 'two']"
