"""Vital parts: the death of one is noticed, makes its process unready, and ends it."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from tests.support.killed_part import killed
from treadle.core.settings import Settings
from treadle.core.vital import Vital, VitalPartDied, VitalThread

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "name", ["heartbeat", "time-limits", "ConsumerThread", "WorkerThread", "committer"]
)
def test_a_worker_ends_when_one_of_its_threads_dies(fresh_settings: Settings, name: str) -> None:
    """Unready at once, and then ended by an error that names the thread.

    Taken out, it is ready for ever, and does a part of its work no more. What waits for a committer
    that died is refused, so that its process can end.
    """
    found = killed(fresh_settings, "worker", name)

    assert found["ready_before"] == "ok"
    assert found["ended_by"] == found["killed"]
    assert found["was_stopped"]
    assert found["ready_after"] == "vital_part_died"


@pytest.mark.parametrize("name", ["sweeper", "delivery"])
def test_a_scheduler_ends_when_one_of_its_threads_dies(fresh_settings: Settings, name: str) -> None:
    """Questions would reach nobody, or never end."""
    assert killed(fresh_settings, "scheduler", name)["ended_by"] == name


def test_a_thread_that_returns_has_died_too() -> None:
    """Also without an error; and one that may end has not."""
    thread = VitalThread(lambda: None, "short")
    thread.start()
    thread.join()
    watching, released = Vital(), Vital()
    watching.watch(thread)
    released.watch(thread)
    released.release()

    released.check()
    with pytest.raises(VitalPartDied, match="short"):
        watching.wait(Event())
    with pytest.raises(VitalPartDied):
        watching.check()


def test_an_asyncio_task_is_a_part_too() -> None:
    """With what it failed by."""

    async def main() -> None:
        async def fails() -> None:
            raise KeyError("x")

        vital, task = Vital(), asyncio.create_task(fails(), name="listener")
        vital.watch(task)
        vital.check()
        await asyncio.wait([task])
        with pytest.raises(VitalPartDied, match="listener") as caught:
            vital.check()
        assert isinstance(caught.value.__cause__, KeyError)

    asyncio.run(main())
