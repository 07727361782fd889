"""The async lane: attempts as coroutines on the process's one event loop (rule 11)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from threading import BoundedSemaphore, Thread
from typing import Any

#: Seconds of lag past which the loop takes nothing new: something blocks it.
_LAG_SECONDS = 1.0
#: Seconds that coroutines have to end once they are cancelled.
_CANCEL_SECONDS = 2.0
#: Seconds between two looks at the lag.
_LAG_PERIOD_SECONDS = 0.25


class EventLoop:
    """One event loop in its own thread, with a bound on what is in flight."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._room = BoundedSemaphore(bound)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="event-loop", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._beat = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def lags(self) -> bool:
        """Return whether the loop is too late to take more."""
        return time.monotonic() - self._beat > _LAG_SECONDS + _LAG_PERIOD_SECONDS

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the loop; at the bound, block the calling thread, so that fetching
        stops.
        """
        self._room.acquire()
        self._loop.call_soon_threadsafe(self._start, work)

    def stop(self, grace_seconds: float) -> None:
        """Wait for what is in flight, cancel the rest, and end the loop."""
        deadline = time.monotonic() + grace_seconds
        while self._tasks and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            cancelled = asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
            cancelled.result(_CANCEL_SECONDS)
        except TimeoutError:
            return  # something blocks the loop or will not be cancelled; it ends with the process
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._tick)
        self._loop.run_forever()
        self._loop.close()

    def _tick(self) -> None:
        self._beat = time.monotonic()
        self._loop.call_later(_LAG_PERIOD_SECONDS, self._tick)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()

    async def _cancel_all(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def cancel_this_task() -> Callable[[], None]:
    """Return a call that cancels the task that asked for it, from any thread."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cancel() -> None:
        loop.call_soon_threadsafe(task.cancel)

    return cancel
