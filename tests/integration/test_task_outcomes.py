"""Every end of user code is an outcome of its attempt, in every lane, and ends nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.integration.raising_tasks import KINDS, RAN
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import check
from tests.support.workflows import chain, node
from treadle.core.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outcomes")


@pytest.fixture
def client(fresh_postgres_url: str, redis_url: str, module_folder: Path) -> Iterator[InProcess]:
    """Return a cluster of its own with few threads."""
    RAN.clear()
    with running(
        Settings(
            configured_database_url=fresh_postgres_url,
            configured_redis_url=redis_url,
            data_dir=module_folder,
            worker_threads=2,
        )
    ) as made:
        yield made


def ended(client: InProcess, wait_until: WaitUntil, task: str, **more: Any) -> dict[str, Any]:
    """Run one node of a task to its end and return the execution."""
    configurations = {"task": task, "max_retries": 0, **more.pop("configurations", {})}
    called = node("x", "ACTION.PYTHON_TASK", configurations=configurations, input_params=more)
    execution = client.submit(chain(called))
    wait_until(lambda: client.has_ended(execution), timeout=30)
    assert check(client.session, execution) == []
    return client.shown(execution)


def error_of(shown: dict[str, Any]) -> dict[str, Any]:
    assert shown["status"] == "ERROR"
    error: dict[str, Any] = shown["error"]
    return error


@pytest.mark.parametrize(
    "task", ["raises_in_thread", "raises_in_coroutine", "raises_in_part", "raises_in_child"]
)
def test_whatever_a_task_raises_is_its_failure(
    client: InProcess, wait_until: WaitUntil, task: str
) -> None:
    """Counted as an attempt, with the exception's kind and traceback; and others go on.

    Taken out, the node runs again for ever, or the event loop of its worker has ended.
    """
    for kind, raised in KINDS.items():
        shown = ended(client, wait_until, task, kind=kind)
        error, record = error_of(shown), shown["node_executions"][1]

        # asyncio closes what awaits a part that raised GeneratorExit: nothing there can catch it.
        is_closed = (task, kind) == ("raises_in_part", "generator")
        assert error["error_code"] == ("internal_error" if is_closed else "task_failed"), kind
        assert (error["is_retryable"], record["attempt"]) == (True, 1)
        assert error["error_details"]["exception"] == raised.__qualname__
        if kind != "cancelled" and not is_closed:  # what is awaited raises one of its own
            assert "raising_tasks.py" in "\n".join(error["error_details"]["traceback"])
    assert set(RAN.values()) <= {len(KINDS)}
    assert ended(client, wait_until, "stops_the_loop")["status"] == "SUCCESS"


def test_a_task_that_is_tried_again_after_a_panic_is_counted(
    client: InProcess, wait_until: WaitUntil
) -> None:
    """`max_retries` holds for what is no Exception too."""
    tries = {"max_retries": 2, "retry_min_ms": 1, "retry_max_ms": 2}
    shown = ended(client, wait_until, "raises_in_thread", kind="panic", configurations=tries)

    assert error_of(shown)["error_code"] == "task_failed"
    assert RAN["raises_in_thread"] == 3
    assert shown["node_executions"][1]["retry_count"] == 2


@pytest.mark.parametrize("task", ["awaits_what_it_cancelled", "cancels_itself"])
def test_a_cancellation_that_is_not_ours_is_no_time_limit(
    client: InProcess, wait_until: WaitUntil, task: str
) -> None:
    """It is the task's failure."""
    error = error_of(ended(client, wait_until, task))

    assert error["error_code"] == "task_failed"
    assert error["error_details"]["exception"] == "CancelledError"


@pytest.mark.parametrize("task", ["stops_the_loop", "leaves_what_exits"])
def test_a_task_that_stops_the_loop_stops_nothing(
    client: InProcess, wait_until: WaitUntil, task: str
) -> None:
    """The loop goes on where it was, with this task and for the next."""
    for _ in range(3):
        shown = ended(client, wait_until, task)
        assert shown["output"] == {"x": {"data": "went on"}}


def test_an_interruption_of_ours_is_known_in_any_wrapping(
    client: InProcess, wait_until: WaitUntil
) -> None:
    """An attempt past its limit says so, whatever its code made of what ended it."""
    shown = ended(client, wait_until, "limited_in_a_group", configurations={"timeout": 1})

    assert error_of(shown)["error_code"] == "attempt_timed_out"


@pytest.mark.parametrize(
    ("task", "found"),
    [
        ("fails_in_group", ["ValueError: row 17 is bad"]),
        ("fails_from", ["KeyError: 'CUSTOMER'", "while reading page 3"]),
    ],
)
def test_the_error_behind_an_error_is_kept(
    client: InProcess, wait_until: WaitUntil, task: str, found: list[str]
) -> None:
    """Members of a group, causes and notes stand in the details."""
    causes = error_of(ended(client, wait_until, task))["error_details"]["causes"]

    assert all(any(text in each for each in causes) for text in found)
