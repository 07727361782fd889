"""PYTHON_TASK: user code is called with its own objects, and fails as a value."""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from tests.support.attempts import attempt_of
from tests.support.workflows import chain, node, valid
from treadle.dag.outcomes import Completed, Failed, Released
from treadle.dag.specs import Lane
from treadle.dag.values import Value
from treadle.workers.nodes.tasks.calling import run_task_in_child
from treadle.workers.nodes.tasks.limits import lane_of, within_task_limits
from treadle.workers.nodes.tasks.python_task import ChildCall, child_call, outcome_of, run_task
from treadle.workers.tasks import TASKS

TASKS.discover(["tests.support.tasks_for_tests"])


def attempt(task: str, came: Value, **config: Any) -> Any:
    return attempt_of("ACTION.PYTHON_TASK", {"task": task, **config}, came)


def run(task: str, came: Value) -> Any:
    outcome = run_task(attempt(task, came))
    if not inspect.isawaitable(outcome):
        return outcome

    async def awaited() -> Any:
        return await outcome

    return asyncio.run(awaited())


@pytest.mark.parametrize(
    ("task", "came", "output"),
    [
        ("add", {"a": 1}, {"data": 11}),
        ("add", {"a": 1, "b": 2, "more": "ignored"}, {"data": 3}),
        ("shout", {"text": "a"}, {"text": "A"}),
        (
            "score",
            {"lead": {"name": "x"}, "due": "2026-01-02"},
            {"lead": {"name": "x", "score": 0.0}, "due": "2026-01-02", "tags": ["red"]},
        ),
        ("returns", {"what": "none"}, {"data": None}),
        ("returns", {"what": "tuple"}, {"data": [1, [2]]}),
        ("returns", {"what": "keys"}, {"1": "a"}),
    ],
)
def test_a_task_puts_out_its_result(task: str, came: Value, output: Value) -> None:
    """As an object, or under `data`; dates, models and sets as JSON."""
    assert run(task, came) == Completed(output)


@pytest.mark.parametrize(
    "what",
    [
        "object", "nan", "infinity", "large", "generator", "function", "keys that collide",
        "keys that collide inside",
    ],
)  # fmt: skip
def test_a_result_that_json_cannot_say_is_a_failure(what: str) -> None:
    """Nothing becomes null or is rounded on the way; trying again does not help."""
    outcome = run("returns", {"what": what})
    assert isinstance(outcome, Failed)
    assert outcome.error["error_code"] == "output_not_storable"
    assert not outcome.error["is_retryable"]


def test_a_task_cannot_change_what_others_see() -> None:
    """Its arguments are its own."""
    came = {"items": [1], "anything": {}}
    assert run("spoils", came) == Completed({"data": 2})
    assert came == {"items": [1], "anything": {}}


@pytest.mark.parametrize(
    ("task", "came", "exception", "message"),
    [
        ("fails", {"how": "way"}, "ValueError", "no way"),
        ("fails", {"how": "odd"}, "ValueError", "? odd"),
        ("fails", {"how": "exit"}, "SystemExit", "3"),
        ("fails_later", {}, "OSError", "gone"),
    ],
)
def test_a_task_that_raises_has_failed_and_may_be_tried_again(
    task: str, came: Value, exception: str, message: str
) -> None:
    """With the exception's kind, its words, and where it was raised in the user's code."""
    outcome = run(task, came)
    assert isinstance(outcome, Failed)
    error = outcome.error
    assert (error["error_code"], error["is_retryable"]) == ("task_failed", True)
    assert exception in error["error_message"]
    assert message in error["error_message"]
    assert error["error_details"]["exception"] == exception
    told = error["error_details"]["traceback"]
    assert told[0] == "Traceback (most recent call last):"
    assert all("tasks_for_tests.py" in line for line in told if line.startswith("  File"))
    assert told[-1].startswith(exception)


def test_a_deep_traceback_is_trimmed_to_its_end() -> None:
    """Where it happened is kept, the way there is not."""
    outcome = run("fails", {"how": "deep"})
    assert isinstance(outcome, Failed)
    told = outcome.error["error_details"]["traceback"]
    assert "raise ValueError" in told[-2]
    assert not any(line.endswith("in fails") for line in told)


def traceback_of(task: str, came: Value = None) -> list[str]:
    outcome = run(task, came)
    assert isinstance(outcome, Failed)
    told: list[str] = outcome.error["error_details"]["traceback"]
    return told


def test_frames_that_are_not_the_users_are_one_line() -> None:
    """The user's have their file, from the current folder on, and their source."""
    told = traceback_of("fails_in_a_library", {})

    assert told[0] == "Traceback (most recent call last):"
    assert told[1].startswith('  File "tests/support/tasks_for_tests.py", line ')
    assert told[2] == '    json.loads("{")'
    assert told[3] == "  … 3 frames of json"
    assert told[4].startswith("JSONDecodeError: Expecting property name")


def test_what_led_to_an_exception_is_told_before_it() -> None:
    """As Python tells it; what was hidden by `from None` is not."""
    told = traceback_of("fails_by_a_chain", {"how": "cause"})
    assert "KeyError: 'first'" in told
    assert "The above exception was the direct cause of the following exception:" in told
    assert told[-1] == "ValueError: second"

    assert "KeyError: 'first'" not in traceback_of("fails_by_a_chain", {"how": "hidden"})


def test_the_members_of_a_group_are_told_below_it() -> None:
    """Each with its number."""
    told = traceback_of("fails_by_a_chain", {"how": "group"})

    at = told.index("ExceptionGroup: several (2 sub-exceptions)")
    assert told[at + 1 :] == ["  1 of 2:", "    ValueError: one", "  2 of 2:", "    OSError: two"]


def test_what_a_retry_cannot_help_has_its_traceback_too() -> None:
    """It is raised by the user's code."""
    told = traceback_of("fails", {"how": "for good"})

    assert told[2].startswith('    raise NonRetryable("this account is closed"')


def test_a_task_can_say_that_trying_again_cannot_help() -> None:
    """By `NonRetryable`, with facts of its own."""
    outcome = run("fails", {"how": "for good"})
    assert isinstance(outcome, Failed)
    assert (outcome.error["error_code"], outcome.error["is_retryable"]) == ("task_failed", False)
    assert outcome.error["error_message"] == "this account is closed"
    assert outcome.error["error_details"]["account"] == 7


def test_an_input_that_does_not_fit_fails_without_a_call() -> None:
    """And is not tried again."""
    outcome = run("add", {"a": "x"})
    assert isinstance(outcome, Failed)
    assert outcome.error["error_code"] == "task_input_invalid"
    assert not outcome.error["is_retryable"]


def test_a_task_that_is_not_here_is_given_back() -> None:
    """Another worker may have it."""
    assert run("nowhere", {}) == Released()
    assert child_call(attempt("nowhere", {})) == Released()
    assert lane_of(attempt("nowhere", {}).node) is None


@pytest.mark.parametrize(
    ("task", "lane"), [("add", Lane.THREAD), ("shout", Lane.ASYNC), ("heavy", Lane.PROCESS)]
)
def test_a_node_runs_in_its_tasks_lane(task: str, lane: Lane) -> None:
    """The function decides, not the node type."""
    assert lane_of(attempt(task, {}).node) is lane


def test_the_narrower_of_node_and_task_limits_an_attempt() -> None:
    """An author cannot repeat a function more often than its own author allows."""
    nodes = [
        node(name, "ACTION.PYTHON_TASK", configurations=configurations)
        for name, configurations in {
            "wide": {"task": "score"},
            "narrow": {"task": "score", "timeout": 2, "max_retries": 0},
            "plain": {"task": "add", "timeout": 2},
        }.items()
    ]
    compiled = valid(chain(*nodes)).graph
    assert compiled is not None
    graph = within_task_limits(compiled)
    limits = {
        name: (each.max_retries, each.timeout.total_seconds()) for name, each in graph.nodes.items()
    }
    del limits["start"]
    assert limits == {"wide": (1, 5), "narrow": (0, 2), "plain": (3, 2)}
    assert list(graph.nodes) == list(compiled.nodes)


def in_child(task: str, came: Value) -> Any:
    call = child_call(attempt(task, came))
    assert isinstance(call, ChildCall)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as children:
        reply = children.submit(run_task_in_child, call.task, call.module, call.payload)
        return outcome_of(reply.result(60))


@pytest.mark.slow
def test_a_cpu_bound_task_runs_in_a_process_of_its_own() -> None:
    """It imports the task's module there and puts out the same as here."""
    outcome = in_child("heavy", {"n": 5})
    assert isinstance(outcome, Completed)
    assert outcome.output["sum"] == 10
    assert outcome.output["pid"] != os.getpid()


@pytest.mark.parametrize(
    ("task", "came"), [("shout", {"text": "a"}), ("fails", {"how": "way"}), ("add", {})]
)
def test_any_task_can_be_called_as_a_child_calls_it(task: str, came: Value) -> None:
    """A suspect of every lane: what comes back is what the task says here, errors included."""
    call = child_call(attempt(task, came))
    assert isinstance(call, ChildCall)
    told = outcome_of(run_task_in_child(call.task, call.module, call.payload))
    here = run(task, came)
    if isinstance(here, Failed):
        assert isinstance(told, Failed)
        assert told.error["error_message"] == here.error["error_message"]
    else:
        assert told == here
