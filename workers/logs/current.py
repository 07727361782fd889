"""The current attempt: what user code that runs now runs for.

It is known by a context variable, which asyncio tasks inherit and threads of user code's own do
not; in a child that runs one call at a time, everything that runs is the call's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from treadle.workers.logs.task_log import TaskLog


@dataclass(frozen=True, slots=True)
class Facts:
    """What an attempt is, as a child is told too."""

    execution_id: str
    node_id: str
    scope: str
    attempt: int
    task: str
    deadline_at: float
    """When its time is over, in epoch seconds."""


class Current:
    """An attempt, as user code in it is served; most of it is never looked at."""

    __slots__ = ("_facts", "is_over", "log", "report")

    def __init__(
        self,
        facts: Callable[[], Facts],
        log: TaskLog | None,
        report: Callable[[dict[str, object]], None],
        is_over: Callable[[], bool],
    ) -> None:
        """Serve an attempt.

        Args:
            facts: tells what it is.
            log: where what it says goes; `None` leaves standard output and logging as they are.
            report: takes how far it is.
            is_over: tells whether it was asked to end.
        """
        self._facts = facts
        self.log = log
        self.report = report
        self.is_over = is_over

    @property
    def facts(self) -> Facts:
        """What it is."""
        return self._facts()


_here: ContextVar[Current | None] = ContextVar("current_attempt", default=None)
#: What the whole process runs for; in a list, for it changes.
_everywhere: list[Current] = []


def current() -> Current | None:
    """Return the attempt that the caller runs for, if any."""
    return _here.get() or (_everywhere[-1] if _everywhere else None)


class running:  # noqa: N801 - used as a function; a generator would take longer than the rest
    """Run for an attempt in this context while inside."""

    __slots__ = ("_attempt", "_token")

    def __init__(self, attempt: Current) -> None:
        self._attempt = attempt

    def __enter__(self) -> None:
        self._token = _here.set(self._attempt)

    def __exit__(self, *_: object) -> None:
        _here.reset(self._token)


@contextmanager
def running_alone(attempt: Current) -> Iterator[None]:
    """Run for an attempt in this whole process while inside."""
    _everywhere.append(attempt)
    try:
        yield
    finally:
        _everywhere.clear()


def _forget() -> None:
    """Let a copy of this process that user code makes run for nobody."""
    _everywhere.clear()
    _here.set(None)


os.register_at_fork(after_in_child=_forget)
