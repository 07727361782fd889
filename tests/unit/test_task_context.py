"""The context of tasks, in tests of them: what stands for an attempt, and where there is none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from tests.support.attempts import attempt_of
from treadle import context
from treadle.workers.context import NoAttempt, ProgressInvalid
from treadle.workers.interruption import AttemptOver


def test_outside_an_attempt_there_is_no_context() -> None:
    """Whoever asks learns what to do."""
    for ask in (
        lambda: context.execution_id,
        lambda: context.logger,
        lambda: context.cancelled,
        lambda: context.progress(1),
    ):
        with pytest.raises(NoAttempt, match="No task runs here"):
            ask()


def test_a_test_stands_for_an_attempt() -> None:
    """It says which, and hears what is said."""
    with context.of(node_id="fetch", scope="each:3", attempt=2, seconds=60) as heard:
        assert (context.node_id, context.scope, context.attempt) == ("fetch", "each:3", 2)
        assert timedelta(seconds=50) < context.remaining <= timedelta(seconds=60)
        assert context.deadline > datetime.now(UTC)
        context.progress(3, 10, "rows")
        context.progress(4)
        assert not context.cancelled
        heard.is_cancelled = True
        with pytest.raises(AttemptOver):
            context.check_cancelled()

    assert heard.progress == [
        {"done": 3, "total": 10, "text": "rows"},
        {"done": 4, "total": None, "text": ""},
    ]


@pytest.mark.parametrize(
    "said", [(-1,), (float("nan"),), ("3",), (True,), (1, float("inf")), (1, 2, 3), (2**60,)]
)
def test_what_is_no_progress_is_refused(said: tuple[Any, ...]) -> None:
    """Before anybody is told."""
    with context.of() as heard, pytest.raises(ProgressInvalid):
        context.progress(*said)
    assert heard.progress == []


def test_a_key_is_the_same_for_all_attempts_of_a_call() -> None:
    """It is the key that nodes of Treadle use for their calls."""
    with context.of(attempt=1):
        first, other = context.idempotency_key(), context.idempotency_key("refund")
    with context.of(attempt=2):
        assert context.idempotency_key(0) == first != other
    attempt = attempt_of("FLOW.DELAY", {})
    with context.of(execution_id=attempt.execution_id, node_id="node"):
        assert context.idempotency_key(3) == attempt.idempotency_key(3)


def test_coroutines_have_the_context_and_other_threads_do_not() -> None:
    """asyncio passes it on, and `threading` does not."""

    async def ask() -> str:
        return await asyncio.create_task(asyncio.to_thread(lambda: context.node_id))

    found: list[Any] = []

    def ask_in_thread() -> None:
        try:
            found.append(context.node_id)
        except NoAttempt as error:
            found.append(error.reason)

    with context.of(node_id="fetch"):
        assert asyncio.run(ask()) == "fetch"
        thread = Thread(target=ask_in_thread)
        thread.start()
        thread.join()

    assert found == ["no_attempt"]
