"""The process lane's children: ready before the clock runs, replaced when they die."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dag.values import dumps, loads
from workers.lanes.children import ChildDied, Children
from workers.nodes.python_task import ChildCall

TASKS = "tests.integration.child_tasks"


@pytest.fixture
def children() -> Iterator[Children]:
    """Return a pool that is ended afterwards."""
    pool = Children()
    yield pool
    pool.stop()


def ignore(kill: Callable[[], None]) -> None:
    """Take note of nothing."""


def call(task: str, **payload: object) -> ChildCall:
    return ChildCall(task, TASKS, dumps(payload))


def test_a_child_answers_with_the_task_s_result(children: Children) -> None:
    """The reply is the outcome as JSON; the child is kept for the next call."""
    first = children.call(call("child_pid"), started=ignore)
    second = children.call(call("child_pid"), started=ignore)
    assert loads(first) == loads(second)


def test_what_a_task_prints_is_not_taken_for_its_answer(children: Children) -> None:
    """User code may write to standard output as it likes."""
    reply = children.call(call("child_prints", text="noise"), started=ignore)
    assert loads(reply) == {"output": {"data": 5}}


def test_a_child_that_dies_is_reported_and_replaced(children: Children) -> None:
    """The parent says that it died, and the next call has another child."""
    before = loads(children.call(call("child_pid"), started=ignore))
    with pytest.raises(ChildDied, match="code 9"):
        children.call(call("child_exits"), started=ignore)
    assert loads(children.call(call("child_pid"), started=ignore)) != before


def test_a_child_can_be_killed_from_the_moment_its_clock_runs(children: Children) -> None:
    """The call that kills it comes before the task begins, and ends it."""
    with pytest.raises(ChildDied):
        children.call(call("child_sleeps"), started=lambda kill: kill())
