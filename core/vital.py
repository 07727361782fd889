"""Vital parts: threads and asyncio tasks that a process cannot do without.

One that ends unasked takes its part of the work with it, and everything else seems well. So a
process watches each of them: a death is logged, makes the process unready, and ends it. Whoever
supervises it starts it again, and what it held is taken over as after any death.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event, Thread
from typing import ClassVar, TypeAlias

import structlog

from treadle.core.errors import TreadleError

#: Seconds between two looks at the parts.
_PERIOD_SECONDS = 0.25

Part: TypeAlias = "Thread | asyncio.Task[None]"

_log = structlog.get_logger()


class VitalPartDied(TreadleError):
    """A thread that the process cannot do without has ended."""

    reason: ClassVar[str] = "vital_part_died"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = (
        "Have a supervisor start the process again, as `treadle up` and compose do; "
        "report the traceback in its log (`thread.lost`)."
    )


class VitalThread(Thread):
    """A thread that keeps what ended it."""

    def __init__(self, target: Callable[[], None], name: str, *, daemon: bool = True) -> None:
        super().__init__(target=target, name=name, daemon=daemon)
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            super().run()
        except BaseException as error:  # noqa: BLE001 - the edge: who watches the thread reports it
            self.error = error


class Vital:
    """Watches the parts of one process; safe for threads."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._died: VitalPartDied | None = None
        self._tell: Callable[[str], None] = lambda _: None

    def on_death(self, tell: Callable[[str], None]) -> None:
        """Have `tell` called with the name of the part that dies, once, before anything ends."""
        self._tell = tell

    def watch(self, *parts: Part) -> None:
        """Watch parts that have been started, until `release`."""
        self._parts.extend(parts)

    @property
    def is_watching(self) -> bool:
        """Whether the process runs, and parts of it are watched."""
        return bool(self._parts)

    def release(self) -> None:
        """Let the parts end: the process stops."""
        self._parts.clear()

    def check(self) -> None:
        """Return if every part lives; also after one has died, all that follow raise.

        Raises:
            VitalPartDied
        """
        for part in () if self._died else tuple(self._parts):
            if _has_ended(part):
                name, cause = _name(part), _cause(part)
                self._died = VitalPartDied(f"The thread {name} of this process died.", thread=name)
                self._died.__cause__ = cause
                _log.error("thread.lost", thread=name, exc_info=cause)
                self._tell(name)
                break
        if self._died is not None:
            raise self._died

    def wait(self, stop: Event) -> None:
        """Return when `stop` is set; set it and raise if a part dies before.

        Raises:
            VitalPartDied
        """
        try:
            while not stop.wait(_PERIOD_SECONDS):
                self.check()
        finally:
            stop.set()
            self.release()


def _has_ended(part: Part) -> bool:
    return not part.is_alive() if isinstance(part, Thread) else part.done()


def _name(part: Part) -> str:
    """Return a name from a closed set: threads of libraries have none, so that of their class."""
    if isinstance(part, VitalThread):
        return part.name
    return type(part).__name__.strip("_") if isinstance(part, Thread) else part.get_name()


def _cause(part: Part) -> BaseException | None:
    if isinstance(part, VitalThread):
        return part.error
    if isinstance(part, Thread) or part.cancelled():
        return None
    return part.exception()
