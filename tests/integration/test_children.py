"""The process lane's children: ready before the clock runs, replaced when they die."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import structlog

from tests.conftest import WaitUntil
from treadle.dag.values import dumps, loads
from treadle.monitoring import logs
from treadle.workers.lanes.child_pool import ChildDied, Children
from treadle.workers.logs.current import Facts
from treadle.workers.logs.task_log import TaskLog
from treadle.workers.nodes.tasks.python_task import ChildCall

pytestmark = pytest.mark.slow

FACTS = Facts("01999999-0000-7000-8000-000000000000", "a", "", 1, "any", 2e9)
TASKS = "tests.integration.child_tasks"


@pytest.fixture
def children() -> Iterator[Children]:
    """Return a pool that is ended afterwards."""
    pool = Children()
    yield pool
    pool.stop()


@contextmanager
def ignore(kill: Callable[[], None]) -> Iterator[None]:
    """Take note of nothing."""
    yield


@contextmanager
def at_once(kill: Callable[[], None]) -> Iterator[None]:
    """Kill the child before it is asked."""
    kill()
    yield


@contextmanager
def too_late(kill: Callable[[], None]) -> Iterator[None]:
    """Kill the child when it has answered."""
    yield
    kill()


def unread() -> TaskLog:
    return TaskLog(lambda _: None)


def call(task: str, **payload: object) -> ChildCall:
    return ChildCall(task, TASKS, dumps(payload), FACTS)


def test_a_child_answers_with_the_task_s_result(children: Children) -> None:
    """The reply is the outcome as JSON; the child is kept for the next call."""
    first = children.call(call("child_pid"), watch=ignore, log=unread())
    second = children.call(call("child_pid"), watch=ignore, log=unread())
    assert loads(first) == loads(second)


def test_what_a_task_prints_is_not_taken_for_its_answer(children: Children) -> None:
    """User code may write to standard output as it likes."""
    reply = children.call(call("child_prints", text="noise"), watch=ignore, log=unread())
    assert loads(reply) == {"output": {"data": 5}}


def test_a_child_logs_at_the_level_of_its_parent(children: Children) -> None:
    """Though the settings of the process are kept from it."""
    logs.configure("WARNING")
    try:
        reply = children.call(call("child_log_level"), watch=ignore, log=unread())
    finally:
        logs.configure()
        structlog.reset_defaults()
    assert loads(reply) == {"output": {"data": "WARNING"}}


def test_a_child_that_dies_is_reported_and_replaced(children: Children) -> None:
    """The parent says that it died, and the next call has another child."""
    before = loads(children.call(call("child_pid"), watch=ignore, log=unread()))
    with pytest.raises(ChildDied, match="code 9"):
        children.call(call("child_exits"), watch=ignore, log=unread())
    assert loads(children.call(call("child_pid"), watch=ignore, log=unread())) != before


def test_a_child_can_be_killed_from_the_moment_its_clock_runs(children: Children) -> None:
    """The call that kills it comes before the task begins, and ends it."""
    with pytest.raises(ChildDied):
        children.call(call("child_sleeps"), watch=at_once, log=unread())


def test_a_child_that_is_killed_as_it_answers_is_asked_no_more(children: Children) -> None:
    """Its answer counts; the next call has another child, and is not charged for the first one's
    death.
    """
    for _ in range(3):  # the dying child may still look alive to the next call
        before = loads(children.call(call("child_pid"), watch=too_late, log=unread()))
        assert loads(children.call(call("child_pid"), watch=too_late, log=unread())) != before


def test_a_child_is_idle_only_when_nobody_can_kill_it_any_more(children: Children) -> None:
    """As long as its call is watched, no other call is given the same child."""
    during = []

    @contextmanager
    def asking_another(kill: Callable[[], None]) -> Iterator[None]:
        yield
        during.append(children.call(call("child_pid"), watch=ignore, log=unread()))

    mine = children.call(call("child_pid"), watch=asking_another, log=unread())
    assert loads(during[0]) != loads(mine)


def test_standard_input_of_a_task_is_empty(children: Children) -> None:
    """Calls come by a descriptor of their own, so reading it ends at once and takes nothing."""
    assert loads(children.call(call("child_reads_input"), watch=ignore, log=unread())) == {
        "output": {"data": ""}
    }


def test_what_a_task_leaves_behind_takes_no_call_of_another(children: Children) -> None:
    """A reader of standard input in the background reads nothing."""
    for _ in range(3):
        children.call(call("child_leaves_reader"), watch=ignore, log=unread())
        reply = children.call(call("child_echoes", value="mine"), watch=ignore, log=unread())
        assert loads(reply) == {"output": {"data": "mine"}}


def test_a_copy_of_a_child_that_returns_answers_nobody(children: Children) -> None:
    """A task that forks and returns twice has one result, and later calls have their own."""
    for number in range(5):
        for task in ("child_returns_twice", "child_echoes"):
            reply = children.call(call(task, value=f"{task} {number}"), watch=ignore, log=unread())
            assert loads(reply) == {"output": {"data": f"{task} {number}"}}


def test_a_child_that_sends_anything_but_its_answer_is_replaced(children: Children) -> None:
    """Stray bytes are no answer: not to this call, and not to the next of another owner."""
    with pytest.raises(ChildDied):
        children.call(call("child_sends", data="x" * 40), watch=ignore, log=unread())
    assert loads(children.call(call("child_echoes", value="mine"), watch=ignore, log=unread())) == {
        "output": {"data": "mine"}
    }


def test_an_idle_child_that_has_sent_something_is_asked_no_more(
    children: Children, wait_until: WaitUntil
) -> None:
    """It is replaced before the next call is sent."""
    children.call(call("child_sends_later", data="x"), watch=ignore, log=unread())
    (child,) = children._idle
    wait_until(lambda: not child.lives())
    reply = children.call(call("child_echoes", value="mine"), watch=ignore, log=unread())
    assert loads(reply) == {"output": {"data": "mine"}}


def test_the_death_of_a_child_is_noticed_while_a_copy_of_it_lives(children: Children) -> None:
    """Its end is waited for, not that of whatever holds its descriptors."""
    with pytest.raises(ChildDied, match="code 5"):
        children.call(call("child_forks_and_dies"), watch=ignore, log=unread())


def test_what_a_task_started_ends_with_it(
    children: Children, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """A child that is killed at its limit is killed with its whole process group."""
    note = tmp_path / "pid"

    def kill_when_started(kill: Callable[[], None]) -> None:
        wait_until(lambda: is_written(note))
        kill()

    @contextmanager
    def when_started(kill: Callable[[], None]) -> Iterator[None]:
        thread = Thread(target=kill_when_started, args=(kill,))
        thread.start()
        yield
        thread.join()

    with pytest.raises(ChildDied):
        children.call(
            call("child_starts_sleeper", note=str(note)), watch=when_started, log=unread()
        )
    wait_until(lambda: has_ended(int(note.read_text())))


def test_a_child_ends_with_its_parent(tmp_path: Path, wait_until: WaitUntil) -> None:
    """Also if that is killed while a task runs."""
    note = tmp_path / "pid"
    code = (
        "from tests.integration.test_children import *\n"
        f"sleeper = call('child_starts_sleeper', note={str(note)!r})\n"
        "Children().call(sleeper, watch=ignore, log=unread())"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        wait_until(lambda: is_written(note), timeout=30)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: has_ended(int(note.read_text())))


def test_a_task_sees_its_own_variables_and_none_of_treadles(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in its environment, nor where the system shows what it and its guardian started with.

    `PG*` may be of the user's own database.
    """
    ours = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "DATABASE_URL", "REDIS_URL", "TREADLE_SECRET_X")
    theirs = ("PGHOST", "MY_KEY")
    for name in (*ours, *theirs):
        monkeypatch.setenv(name, "value")

    read = loads(children.call(call("child_environment_read"), watch=ignore, log=unread()))[
        "output"
    ]

    assert set(read) == {"os", "self", "guardian"}
    for names in read.values():
        assert set(theirs) <= set(names)
        assert not set(ours) & set(names)


def test_what_a_task_starts_inherits_no_channel(children: Children) -> None:
    """Even if it leaves every descriptor open."""
    reply = children.call(call("child_inherited"), watch=ignore, log=unread())
    assert loads(reply) == {"output": {"data": []}}


def test_no_file_of_the_current_folder_stands_in_for_a_module(
    children: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's `workers.py` or `struct.py` beside the tasks breaks no child."""
    for name in ("workers", "struct", "socket", "treadle"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)

    reply = children.call(call("child_echoes", value="mine"), watch=ignore, log=unread())

    assert loads(reply) == {"output": {"data": "mine"}}


@pytest.mark.parametrize("raised", ["KeyError('PGHOST')", "SystemExit(3)", "ImportError('x')"])
def test_a_module_that_a_child_cannot_import_is_the_nodes_error(
    children: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str
) -> None:
    """With the lines of the user's code, at once: no child dies of it."""
    (tmp_path / "cannot_import.py").write_text(f"raise {raised}")
    monkeypatch.syspath_prepend(tmp_path)

    reply = children.call(
        ChildCall("any", "cannot_import", dumps({}), FACTS), watch=ignore, log=unread()
    )

    error = loads(reply)["error"]
    assert error["error_code"] == "task_failed"
    assert "Importing cannot_import" in error["error_message"]
    assert f"raise {raised}" in "\n".join(error["error_details"]["traceback"])


def is_written(note: Path) -> bool:
    return note.exists() and note.read_text() != ""


def has_ended(pid: int) -> bool:
    """Return whether a process has gone, or waits only for whoever started it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"
