"""The supervisor: runs services under one parent, restarts them, and stops them in order.

One thread does everything: it reads the services' output, notices their ends, and restarts them
after a pause that doubles with each quick failure. Services are guarded children, so they end with
this process in any case.
"""

from __future__ import annotations

import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Self

from treadle.core.processes.service import Child, Service

#: Seconds between two checks of things without events.
TEND_SECONDS = 1.0

OnLine = Callable[[str, str], None]
"""Called with a service's name and one line of its output."""
OnEnd = Callable[[str, int, float], None]
"""Called when a service ended by itself: its name, its status, the seconds until it starts again.
"""


class Supervisor:
    """Services in stages: started first to last, stopped last to first."""

    def __init__(
        self,
        stages: Sequence[Sequence[Service]],
        on_line: OnLine,
        tend: Callable[[], None] | None = None,
        on_end: OnEnd | None = None,
    ) -> None:
        """Prepare to run `stages`.

        Args:
            on_line: called from the supervisor's thread with each line.
            tend: called about once a second from that thread, for other periodic work.
            on_end: called from that thread when a service has ended that is started again; if
                there is none, `on_line` gets a line about it.
        """
        self._stages = [[Child(service) for service in stage] for stage in stages]
        self._children = [child for stage in self._stages for child in stage]
        self._on_line = on_line
        self._on_end_of = on_end or self._say_end
        self._tend = tend
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        self._stopping = False
        self._hurrying = False
        self._next_tending = 0.0
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def start(self) -> None:
        """Start all services in order; return at once."""
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._thread.start()

    def stop(self, *, hurry: bool = False) -> None:
        """Drain each stage in turn, kill what exceeds its grace, and return when all have ended.

        Args:
            hurry: kill at once.

        Raises: what `tend` raised, if that ended the supervisor.
        """
        self._request_stop(hurry=hurry)
        self._finish()

    def serve(self) -> None:
        """Start, run until SIGTERM or SIGINT, stop; a second signal kills at once.

        Must be called in the main thread; the previous signal handlers are restored.

        Raises: what `tend` raised, if that ended the supervisor.
        """

        def on_signal(number: int, frame: FrameType | None) -> None:
            self._request_stop(hurry=self._stopping)

        earlier = {n: signal.signal(n, on_signal) for n in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            self._thread.join()
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)
        self._finish()

    def pids(self) -> dict[str, int]:
        """Return the process id of each service that runs, by name."""
        running = ((child.service.name, child.process) for child in self._children)
        return {name: process.pid for name, process in running if process is not None}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _request_stop(self, *, hurry: bool) -> None:
        self._hurrying |= hurry
        self._stopping = True
        self._wake.send(b"!")

    def _finish(self) -> None:
        self._thread.join()
        self._woken.close()
        self._wake.close()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._start_what_is_due()
                self._turn(self._pause())
                self._tend_if_due()
            for stage in reversed(self._stages):
                self._drain(stage)
        except BaseException as error:  # noqa: BLE001 - a thread's edge: `_finish` raises it again
            self._error = error
        finally:
            for child in self._children:
                if child.process is not None:
                    child.finish()
            self._selector.close()

    def _tend_if_due(self) -> None:
        now = time.monotonic()
        if self._tend is not None and now >= self._next_tending:
            self._next_tending = now + TEND_SECONDS
            self._tend()

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is None and now >= child.due:
                output = child.start()
                self._selector.register(child.running(), selectors.EVENT_READ, child)
                self._selector.register(output, selectors.EVENT_READ, child)

    def _pause(self) -> float:
        due = [child.due - time.monotonic() for child in self._children if child.process is None]
        return max(0.0, min([TEND_SECONDS, *due]))

    def _turn(self, seconds: float) -> None:
        """Wait for events, at most `seconds`, and handle them."""
        for key, _ in self._selector.select(seconds):
            child = key.data
            if child is None:
                self._woken.recv(64)
            elif key.fileobj is child.process:
                self._on_end(child)
            elif child.process is not None:
                self._on_output(child)

    def _on_output(self, child: Child) -> None:
        for line in child.read_lines():
            self._on_line(child.service.name, line)
        if child.at_end:
            self._selector.unregister(child.output())

    def _on_end(self, child: Child) -> None:
        self._selector.unregister(child.running())
        if not child.at_end:
            self._selector.unregister(child.output())
        status, lines = child.finish()
        for line in lines:
            self._on_line(child.service.name, line)
        if self._stopping:
            return
        self._on_end_of(child.service.name, status, max(0.0, child.due - time.monotonic()))

    def _say_end(self, name: str, status: int, seconds: float) -> None:
        self._on_line(name, f"ended with status {status}; starts again in {seconds:.1f} s")

    def _drain(self, stage: Sequence[Child]) -> None:
        for child in stage:
            if child.process is not None:
                child.process.send(signal.SIGTERM)
        started = time.monotonic()
        while any(child.process is not None for child in stage):
            spent = time.monotonic() - started
            for child in stage:
                late = spent > child.service.grace_seconds or self._hurrying
                if child.process is not None and late:
                    child.process.send(signal.SIGKILL)
            self._turn(0.1)
