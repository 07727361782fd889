"""Vital parts: the death of one is noticed, makes its process unready, and ends it."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable
from threading import Event, Thread

import pytest

from tests.conftest import WaitUntil
from treadle.core.settings import Settings
from treadle.core.vital import Vital, VitalPartDied, VitalThread
from treadle.monitoring.health import NotReady, readiness
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.workers.process import WorkerProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


class Panic(BaseException):
    """What no edge of ours is made for."""


class Running:
    """A process in a thread, with what ended it; it ends with the `with` block in any case."""

    def __init__(self, run: Callable[[Event], None]) -> None:
        self.stop = Event()
        self.error: BaseException | None = None
        self._earlier = set(threading.enumerate())
        self._run = run
        self.thread = Thread(target=self._keep)
        self.thread.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(30)

    def _keep(self) -> None:
        try:
            self._run(self.stop)
        except VitalPartDied as error:
            self.error = error

    def part(self, name: str) -> Thread | None:
        """Return a thread that began with the process, by the beginning of its name."""
        new = set(threading.enumerate()) - self._earlier
        return next((each for each in new if _name(each).startswith(name)), None)


def _name(thread: Thread) -> str:
    kind = type(thread).__name__  # Dramatiq's have no names
    return thread.name if kind in ("Thread", "VitalThread") else kind.strip("_")


def throw(thread: Thread) -> None:
    """Raise an error in a thread at its next step."""
    ident = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Panic))


def kill(thread: Thread, wait_until: WaitUntil) -> None:
    """Have a thread end by an error: thrown again where a library's callback swallowed it."""

    def has_died() -> bool:
        throw(thread)
        thread.join(0.2)
        return not thread.is_alive()

    wait_until(has_died, 30)


@pytest.fixture
def quick(fresh_settings: Settings) -> Settings:
    """Return settings of a ledger without work, where a thread is killed while it waits."""
    return fresh_settings.model_copy(
        update={"worker_threads": 2, "heartbeat_seconds": 0.2, "drain_grace_seconds": 1.0}
    )


@pytest.mark.parametrize("name", ["heartbeat", "time-limits", "ConsumerThread", "WorkerThread"])
def test_a_worker_ends_when_one_of_its_threads_dies(
    quick: Settings, wait_until: WaitUntil, name: str
) -> None:
    """Unready at once, with the thread's name, and then ended by an error.

    Taken out, it is ready for ever, and does a part of its work no more.
    """
    process = WorkerProcess(quick)
    ready = readiness(quick, threads=process.vital.check)
    with Running(process.run_until) as running:
        victim = wait_until(lambda: running.part(name))
        wait_until(lambda: process.vital.is_watching)
        assert ready.check()["dependencies"]["threads"] == "ok"

        kill(victim, wait_until)
        running.thread.join(30)

        assert not running.thread.is_alive()
        assert running.stop.is_set()

    assert isinstance(running.error, VitalPartDied)
    assert running.error.context == {"thread": victim.name}
    with pytest.raises(NotReady) as caught:
        ready.check()
    found = caught.value.context["dependencies"]["threads"]
    assert found["error_code"] == "vital_part_died"


def test_nobody_waits_for_a_committer_that_died(quick: Settings, wait_until: WaitUntil) -> None:
    """What waits is refused, and so is what comes, so that its process can end."""
    process = WorkerProcess(quick)
    with Running(process.run_until) as running:
        victim = wait_until(lambda: running.part("committer"))
        wait_until(lambda: process.vital.is_watching)
        throw(victim)
        with process._committer._changed:
            process._committer._changed.notify()  # it wakes, and dies of it
        running.thread.join(30)

    assert isinstance(running.error, VitalPartDied)
    assert running.error.context == {"thread": "committer"}


@pytest.mark.parametrize("name", ["sweeper", "delivery"])
def test_a_scheduler_ends_when_one_of_its_threads_dies(
    quick: Settings, wait_until: WaitUntil, name: str
) -> None:
    """Questions would reach nobody, or never end."""
    with Running(Scheduler(Connections.to(quick)).run_until) as running:
        kill(wait_until(lambda: running.part(name)), wait_until)
        running.thread.join(30)

    assert isinstance(running.error, VitalPartDied)
    assert running.error.context == {"thread": name}


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
