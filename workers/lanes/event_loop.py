"""The async lane: attempts as coroutines on the process's one event loop (rule 11)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from threading import BoundedSemaphore
from typing import Any

import structlog

from treadle.core.vital import VitalThread

#: Seconds of lag past which the loop takes nothing new: something blocks it.
_LAG_SECONDS = 1.0
#: Seconds that coroutines have to end once they are cancelled.
_CANCEL_SECONDS = 2.0
#: Seconds between two looks at the lag.
_LAG_PERIOD_SECONDS = 0.25

_log = structlog.get_logger()


class EventLoop:
    """One event loop in its own thread, with a bound on what is in flight."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._room = BoundedSemaphore(bound)
        self._loop = asyncio.new_event_loop()
        self.thread = VitalThread(self._run, "event-loop")
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False
        self._beat = time.monotonic()

    def start(self) -> None:
        self.thread.start()

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
        while self._tasks and self.thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        if not self.thread.is_alive():
            return  # nothing runs any more
        try:
            cancelled = asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
            cancelled.result(_CANCEL_SECONDS)
        except TimeoutError:
            return  # something blocks the loop or will not be cancelled; it ends with the process
        self._ending = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._tick)
        while not self._ending:
            self._run_until_stopped()
        self._loop.close()

    def _run_until_stopped(self) -> None:
        """Run until somebody stops the loop: that is user code, unless the process ends.

        asyncio lets `SystemExit` and `KeyboardInterrupt` of any task out of the loop. The task
        has failed by it, and everything else goes on where it was.
        """
        cause = None
        try:
            self._loop.run_forever()
        except BaseException as error:  # user code ends its own attempt, and not the loop
            if self._loop.is_closed():
                raise
            cause = error
        if not self._ending:
            _log.warning("loop.restarted", exc_info=cause)

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
