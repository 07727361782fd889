"""`treadle.context`: what a task may know of the attempt that it runs for, and say to it."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from treadle.core.errors import TreadleError
from treadle.dag.values import dumps
from treadle.workers.interruption import AttemptOver
from treadle.workers.logs.current import Current, Facts, current, running

#: Characters of a progress' text.
_TEXT_CHARACTERS = 200


class NoAttempt(TreadleError):
    """The context of a task is asked for where no task runs."""

    reason: ClassVar[str] = "no_attempt"
    solution: ClassVar[str] = (
        "Use `treadle.context` inside a function that a node calls; in a test, call the function"
        " inside `with context.of():`; in a thread of your own, start it with"
        " `contextvars.copy_context().run`."
    )


class ProgressInvalid(TreadleError):
    """What a task says of its progress is no progress."""

    reason: ClassVar[str] = "progress_invalid"
    solution: ClassVar[str] = 'Call `context.progress(done, total, "text")` with two numbers.'


@dataclass(slots=True)
class Heard:
    """What a function said inside `context.of`."""

    progress: list[dict[str, Any]] = field(default_factory=list)
    """Each call of `context.progress`: `done`, `total`, `text`."""
    is_cancelled: bool = False
    """What `context.cancelled` says; a test may set it."""


class Context:
    """The attempt that the calling code runs for.

    Every member raises `NoAttempt` (`no_attempt`) where there is none.
    """

    @property
    def execution_id(self) -> str:
        """The execution's id."""
        return _facts().execution_id

    @property
    def node_id(self) -> str:
        """The id of the node that calls the task."""
        return _facts().node_id

    @property
    def scope(self) -> str:
        """The iteration it runs in: empty for the root, `each_item:3` for the fourth of a loop."""
        return _facts().scope

    @property
    def attempt(self) -> int:
        """The number of the attempt; it rises, and no two attempts of a node share one."""
        return _facts().attempt

    @property
    def deadline(self) -> datetime:
        """When the attempt's time is over."""
        return datetime.fromtimestamp(_facts().deadline_at, UTC)

    @property
    def remaining(self) -> timedelta:
        """The time that is left; not below zero."""
        return timedelta(seconds=max(0.0, _facts().deadline_at - time.time()))

    @property
    def cancelled(self) -> bool:
        """Whether the attempt was asked to end: its time is over, or its execution has ended."""
        return _current().is_over()

    def check_cancelled(self) -> None:
        """End the attempt here if it was asked to end: for threads of your own and long loops."""
        if self.cancelled:
            raise AttemptOver

    @property
    def logger(self) -> logging.Logger:
        """A logger whose lines are kept with the node."""
        return logging.getLogger(f"task.{_facts().task}")

    def idempotency_key(self, call: int | str = 0) -> str:
        """Return a key for an outgoing call, so that its receiver can know it again.

        All attempts of a node execution get the same key for the same `call`; another call, node,
        iteration or execution gets another.
        """
        facts = _facts()
        called = [facts.execution_id, facts.scope, facts.node_id, call]
        return hashlib.sha256(dumps(called)).hexdigest()

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far the task is: an event `node_output_update`, at most one a second.

        The last one counts; it is told at the end of the attempt at the latest.

        Raises:
            ProgressInvalid: `progress_invalid`: a number is none, or negative.
        """
        attempt = _current()
        for number in (done, total):
            if number is not None and not _is_amount(number):
                raise ProgressInvalid(f"{number!r:.100} is no amount that is done or to do.")
        if not isinstance(text, str):
            raise ProgressInvalid(f"{text!r:.100} is no text.")
        shown = text[:_TEXT_CHARACTERS].encode(errors="replace").decode()
        attempt.report({"done": done, "total": total, "text": shown})

    @contextmanager
    def of(
        self,
        *,
        execution_id: str = "01999999-0000-7000-8000-000000000000",
        node_id: str = "node",
        scope: str = "",
        attempt: int = 1,
        seconds: float = 600.0,
    ) -> Iterator[Heard]:
        """Stand for an attempt while inside: for tests of tasks without a cluster.

        What the function prints and logs goes where it would go without.
        """
        heard = Heard()
        facts = Facts(execution_id, node_id, scope, attempt, "test", time.time() + seconds)
        fake = Current(lambda: facts, None, heard.progress.append, lambda: heard.is_cancelled)
        with running(fake):
            yield heard


def _current() -> Current:
    found = current()
    if found is None:
        raise NoAttempt("No task runs here, so that there is no context.")
    return found


def _facts() -> Facts:
    return _current().facts


def _is_amount(number: object) -> bool:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and math.isfinite(number) and 0 <= number < 2**53  # type: ignore[arg-type, operator]


context = Context()
"""The context of the task that calls it."""
