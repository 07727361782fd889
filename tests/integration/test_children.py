"""The process lane's children: ready before the clock runs, replaced when they die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from treadle.dag.values import dumps, loads
from treadle.workers.lanes.child_pool import ChildDied, Children
from treadle.workers.nodes.tasks.python_task import ChildCall

pytestmark = pytest.mark.slow

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


def call(task: str, **payload: object) -> ChildCall:
    return ChildCall(task, TASKS, dumps(payload))


def test_a_child_answers_with_the_task_s_result(children: Children) -> None:
    """The reply is the outcome as JSON; the child is kept for the next call."""
    first = children.call(call("child_pid"), watch=ignore)
    second = children.call(call("child_pid"), watch=ignore)
    assert loads(first) == loads(second)


def test_what_a_task_prints_is_not_taken_for_its_answer(children: Children) -> None:
    """User code may write to standard output as it likes."""
    reply = children.call(call("child_prints", text="noise"), watch=ignore)
    assert loads(reply) == {"output": {"data": 5}}


def test_a_child_that_dies_is_reported_and_replaced(children: Children) -> None:
    """The parent says that it died, and the next call has another child."""
    before = loads(children.call(call("child_pid"), watch=ignore))
    with pytest.raises(ChildDied, match="code 9"):
        children.call(call("child_exits"), watch=ignore)
    assert loads(children.call(call("child_pid"), watch=ignore)) != before


def test_a_child_can_be_killed_from_the_moment_its_clock_runs(children: Children) -> None:
    """The call that kills it comes before the task begins, and ends it."""
    with pytest.raises(ChildDied):
        children.call(call("child_sleeps"), watch=at_once)


def test_a_child_that_is_killed_as_it_answers_is_asked_no_more(children: Children) -> None:
    """Its answer counts; the next call has another child, and is not charged for the first one's
    death.
    """
    for _ in range(3):  # the dying child may still look alive to the next call
        before = loads(children.call(call("child_pid"), watch=too_late))
        assert loads(children.call(call("child_pid"), watch=too_late)) != before


def test_a_child_is_idle_only_when_nobody_can_kill_it_any_more(children: Children) -> None:
    """As long as its call is watched, no other call is given the same child."""
    during = []

    @contextmanager
    def asking_another(kill: Callable[[], None]) -> Iterator[None]:
        yield
        during.append(children.call(call("child_pid"), watch=ignore))

    mine = children.call(call("child_pid"), watch=asking_another)
    assert loads(during[0]) != loads(mine)
