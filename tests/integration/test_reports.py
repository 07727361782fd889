"""Reports of attempts on a worker's event loop: seldom, in order, and never with a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import check
from tests.support.workflows import chain, node
from treadle.core.settings import Settings
from treadle.dag.events import EventType
from treadle.dag.outcomes import Completed
from treadle.dag.specs import http
from treadle.dag.values import NotAValue
from treadle.ledger.views import executions
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import implementations

pytestmark = pytest.mark.slow

Run = Callable[[Attempt], Any]
Start = Callable[[Run], InProcess]


@pytest.fixture
def start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a starter of a cluster in which a function stands for what HTTP_REQUEST does."""
    clusters: list[Any] = []
    monkeypatch.setenv("TREADLE_SECRET_TOKEN", "hunter22")

    def make(run: Run) -> InProcess:
        def ours(*arguments: Any) -> Any:
            return {**implementations(*arguments), http.HTTP_REQUEST: run}

        monkeypatch.setattr("treadle.workers.attempts.executor.implementations", ours)
        clusters.append(running(settings))
        client: InProcess = clusters[-1].__enter__()
        return client

    yield make
    for each in clusters:
        each.__exit__(None, None, None)


def test_reports_within_a_second_become_the_last_of_them(
    start: Start, wait_until: WaitUntil
) -> None:
    """The first is told at once; what waits when the attempt ends goes along with its outcome."""

    async def run(attempt: Attempt) -> Completed:
        for number in range(100):
            await attempt.report(number)
        return Completed({})

    assert reported(start(run), wait_until) == [0, 99]


def test_what_waits_is_joined_as_the_reporter_says(start: Start, wait_until: WaitUntil) -> None:
    """A text arrives whole, however seldom it is told."""

    async def run(attempt: Attempt) -> Completed:
        for letter in "treadle":
            await attempt.report(letter, join=lambda before, now: before + now)
        return Completed({})

    assert reported(start(run), wait_until) == ["t", "readle"]


def test_what_waits_is_told_after_a_second_though_nothing_follows(
    start: Start, wait_until: WaitUntil
) -> None:
    """Who follows an attempt does not wait for its end."""
    ended = asyncio.Event()
    loops = []

    async def run(attempt: Attempt) -> Completed:
        loops.append(asyncio.get_running_loop())
        await attempt.report(1)
        await attempt.report(2)
        await ended.wait()
        return Completed({})

    client = start(run)
    execution = client.submit(chain(caller()))
    wait_until(lambda: told(client, execution) == [1, 2])
    loops[0].call_soon_threadsafe(ended.set)
    wait_until(lambda: client.has_ended(execution))

    assert told(client, execution) == [1, 2]


def test_no_report_carries_a_secret_of_its_attempt(start: Start, wait_until: WaitUntil) -> None:
    """Events are read by whoever may see the execution (invariant 10)."""

    async def run(attempt: Attempt) -> Completed:
        await attempt.report({"said": attempt.config.headers["X"]})  # type: ignore[attr-defined]
        return Completed({})

    assert reported(start(run), wait_until) == [{"said": "I know ***"}]


def test_a_report_that_is_too_large_fails_its_attempt(start: Start, wait_until: WaitUntil) -> None:
    """Everybody who follows the execution would have to read it."""

    async def run(attempt: Attempt) -> Completed:
        await attempt.report("x" * 65_536)
        return Completed({})

    client = start(run)
    execution = client.submit(chain(caller()))
    wait_until(lambda: client.has_ended(execution))

    assert client.shown(execution)["error"]["error_code"] == NotAValue.reason
    assert told(client, execution) == []


def caller() -> dict[str, Any]:
    return node(
        "a",
        "ACTION.HTTP_REQUEST",
        configurations={
            "url": "https://example.org",
            "headers": {"X": "I know {{ secrets.token }}"},
        },
    )


def reported(client: InProcess, wait_until: WaitUntil) -> list[Any]:
    """Run the workflow to its end; return what was reported, in order."""
    execution = client.submit(chain(caller()))
    wait_until(lambda: client.has_ended(execution))
    assert check(client.session, execution) == []
    return told(client, execution)


def told(client: InProcess, execution: Any) -> list[Any]:
    return [
        event.data["data"]
        for event in executions.events(client.session, execution)
        if event.event_type == EventType.NODE_OUTPUT_UPDATE
    ]
