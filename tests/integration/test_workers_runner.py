"""The runner in a real process: chunks, hand-offs, retries and limits of tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import check
from tests.support.workflows import Document, chain, node, start, workflow
from treadle import task
from treadle.core.errors import TreadleError
from treadle.core.settings import Settings

pytestmark = pytest.mark.slow

#: How often each call of `counted` ran, by its key.
CALLS: Counter[str] = Counter()
#: A secret of the workers, and the operator's own key.
PIN, OPERATORS_KEY = "pin-4711-4712", "operator-key-777"
#: Tasks side by side: enough for chunks of many once their durations are known.
MANY = 60


class Flaky(TreadleError):
    """What may be tried again."""

    reason = "flaky"
    retryable = True
    solution = "Try again."


@task
def counted(key: str) -> dict[str, str]:
    CALLS[key] += 1
    return {"key": key}


@task
def flaky(key: str, failures: int) -> int:
    CALLS[key] += 1
    if CALLS[key] <= failures:
        raise Flaky(f"not at attempt {CALLS[key]}")
    return CALLS[key]


@task
def endless() -> None:
    while True:
        time.sleep(0.01)


@task(max_retries=0)
def gated(key: str) -> None:
    """Return at once, but for `slow`, which waits."""
    if key == "slow":
        _OPEN.wait()


#: Lets `gated` go on.
_OPEN = Event()
#: Lets go of `stuck`.
_LET_GO = Event()


@task(timeout=timedelta(seconds=1), max_retries=0)
def stuck() -> None:
    """Stay in one call into C: no exception reaches the thread there."""
    _LET_GO.wait()


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runner")


@pytest.fixture
def cluster_here(
    fresh_postgres_url: str,
    redis_url: str,
    module_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[InProcess]:
    """Return a cluster of its own with few threads."""
    CALLS.clear()
    monkeypatch.setenv("TREADLE_SECRET_PIN", PIN)
    with running(
        Settings(
            configured_database_url=fresh_postgres_url,
            configured_redis_url=redis_url,
            data_dir=module_folder,
            worker_threads=2,
            openai_api_key=SecretStr(OPERATORS_KEY),
        )
    ) as client:
        yield client


def calls(node_id: str, name: str, **more: Any) -> Document:
    params = more.pop("params", {})
    configurations = {"task": name, **more}
    return node(node_id, "ACTION.PYTHON_TASK", configurations=configurations, input_params=params)


def all_ended(client: InProcess, executions: Sequence[UUID]) -> bool:
    return all(map(client.has_ended, executions))


def ended(client: InProcess, wait_until: WaitUntil, document: Document) -> dict[str, Any]:
    """Run a workflow to its end and return the execution, of which no invariant is broken."""
    execution = client.submit(document)
    wait_until(lambda: client.has_ended(execution), timeout=20)
    assert check(client.session, execution) == []
    return client.shown(execution)


def test_every_member_of_a_chunk_runs_once_and_so_does_what_follows_it(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """Many quick tasks, each with an inline node behind it: no lease is dropped on the way.

    A claim that nobody runs would come back seconds later, by a second attempt.
    """
    nodes: list[Document] = []
    wires = []
    for number in range(MANY):
        one, after = f"call_{number}", f"after_{number}"
        nodes += [calls(one, "counted", params={"key": one}), node(after)]
        wires += [f"start -> {one}", f"{one} -> {after}"]

    for _ in range(3):
        CALLS.clear()
        shown = ended(cluster_here, wait_until, workflow(start(), *nodes, connect=", ".join(wires)))
        records = [each for each in shown["node_executions"] if each["node_id"] != "start"]

        assert shown["status"] == "SUCCESS"
        assert {each["attempt"] for each in records} == {1}
        assert set(CALLS.values()) == {1}


def test_what_is_quick_is_run_together_whatever_its_execution(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """Each node still runs once, by its first lease, and what follows it too."""
    document = chain(calls("call", "counted", params={"key": "{{ input.key }}"}), node("after"))
    for turn in range(3):  # the first measures how long the task takes
        CALLS.clear()
        key = {"key": f"{turn}"}
        executions = cluster_here.submit_each(document, [key] * MANY)
        wait_until(partial(all_ended, cluster_here, executions), timeout=20)

        assert {key["key"]: MANY} == CALLS
        for execution in executions:
            shown = cluster_here.shown(execution)
            assert shown["status"] == "SUCCESS"
            assert {each["attempt"] for each in shown["node_executions"][1:]} == {1}
            assert check(cluster_here.session, execution) == []


@pytest.mark.parametrize("what", ["members", "members of other executions", "hand-offs"])
def test_what_waits_behind_a_slow_task_is_run_by_others(
    cluster_here: InProcess, wait_until: WaitUntil, what: str
) -> None:
    """Though its thread expected to be through in a moment."""
    _OPEN.clear()
    quick = [calls(f"n{number}", "gated", params={"key": "quick"}) for number in range(MANY)]
    wires = ", ".join(f"start -> n{number}" for number in range(MANY))
    ended(cluster_here, wait_until, workflow(start(), *quick, connect=wires))
    slow = calls("slow", "gated", params={"key": "slow"})
    document = workflow(start(), slow, *quick, connect=f"start -> slow, {wires}")
    values: list[dict[str, str]] = [{}]
    if what == "members of other executions":
        document = chain(calls("n", "gated", params={"key": "{{ input.key }}"}))
        values = [{"key": "slow"}, *[{"key": "quick"}] * MANY]
    elif what == "hand-offs":
        after = [node(f"n{number}") for number in range(MANY)]
        document = workflow(
            start(), node("first"), slow, *after,
            connect=f"start -> first, first -> slow, {wires.replace('start', 'first')}",
        )  # fmt: skip
    executions = cluster_here.submit_each(document, values)

    def run() -> int:
        shown = [cluster_here.shown(each)["node_executions"] for each in executions]
        states = [
            each["status"]
            for of_it in shown
            for each in of_it
            if each["node_id"] not in {"start", "first"}
        ]
        return states.count("completed")

    try:
        wait_until(lambda: run() == MANY, timeout=20)
        assert not cluster_here.has_ended(executions[0])
    finally:
        _OPEN.set()
    wait_until(partial(all_ended, cluster_here, executions), timeout=20)
    assert [each for id_ in executions for each in check(cluster_here.session, id_)] == []


def test_a_failure_that_may_be_tried_again_is(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """Retries are attempts of their own, counted, and the last one's outcome stands."""
    failing = calls(
        "a", "flaky", params={"key": "a", "failures": 2}, retry_min_ms=1, retry_max_ms=5
    )

    shown = ended(cluster_here, wait_until, chain(failing))

    (record,) = [each for each in shown["node_executions"] if each["node_id"] == "a"]
    assert shown["output"] == {"a": {"data": 3}}
    assert (record["attempt"], record["retry_count"], record["error"]) == (3, 2, None)


def test_a_failure_is_final_after_its_last_retry(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """`max_retries` further attempts are made, and no more."""
    failing = calls(
        "a", "flaky", params={"key": "a", "failures": 99},
        retry_min_ms=1, retry_max_ms=5, max_retries=1,
    )  # fmt: skip

    shown = ended(cluster_here, wait_until, chain(failing))

    assert (shown["status"], shown["error"]["error_code"]) == ("ERROR", "flaky")
    assert CALLS["a"] == 2


def test_an_attempt_past_its_limit_is_interrupted(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """Its own process sees to it, and the thread goes on with other work."""
    shown = ended(cluster_here, wait_until, chain(calls("a", "endless", timeout=1, max_retries=0)))

    assert shown["error"]["error_code"] == "attempt_timed_out"
    assert ended(cluster_here, wait_until, chain(node("b")))["status"] == "SUCCESS"


# Not for want of speed: while an exception waits for a thread that is in C, the traced threads of
# CPython 3.11 (not 3.12) go round in a circle at their next call.
@pytest.mark.unmeasured
def test_a_tasks_narrower_limits_hold_where_its_process_hangs(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """The scheduler settles after the task's second, not the node's, and without a retry."""
    try:
        shown = ended(cluster_here, wait_until, chain(calls("a", "stuck")))
    finally:
        _LET_GO.set()

    (record,) = [each for each in shown["node_executions"] if each["node_id"] == "a"]
    error = shown["error"]
    assert (error["error_code"], error["error_details"]["limit_seconds"]) == (
        "attempt_timed_out",
        1,
    )
    assert (record["attempt"], record["retry_count"]) == (1, 0)


def test_a_failure_before_a_node_runs_shows_no_secret(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """A template that cannot be rendered, and a value that a field refuses, quote nothing of it."""
    bad = {"url": "http://127.0.0.1:9/", "auth": {"type": "{{ secrets.PIN }}", "token": "x"}}
    shown = ended(
        cluster_here, wait_until, chain(node("a", "ACTION.HTTP_REQUEST", configurations=bad))
    )

    assert shown["status"] == "ERROR"
    assert PIN not in str(shown)


@task
def tells_the_operators_key() -> dict[str, str]:
    return {"key": OPERATORS_KEY}


def test_the_operators_keys_are_in_no_output(
    cluster_here: InProcess, wait_until: WaitUntil
) -> None:
    """A task may find one in its environment."""
    shown = ended(cluster_here, wait_until, chain(calls("a", "tells_the_operators_key")))

    assert shown["output"] == {"a": {"key": "***"}}
