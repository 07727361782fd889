"""Interruption: how an attempt is ended from outside, and is told apart from what its code raises.

User code may raise anything, an `AttemptOver` of ours inside a group of its own too. So an
interruption knows that it was asked for: what fails after that was interrupted, and what fails
without is the code's own failure.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from threading import get_ident

_here: ContextVar[Interruption | None] = ContextVar("interruption", default=None)


class AttemptOver(BaseException):
    """Raised in a thread whose attempt passed its limit or lost its lease."""


class Interruption:
    """Ends one attempt; safe for threads."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.asked = False
        """Whether the attempt was ended from outside."""

    def __call__(self) -> None:
        self.asked = True
        self._act()


def is_over_here() -> bool:
    """Return whether the attempt that runs in this context was ended from outside."""
    interruption = _here.get()
    return interruption is not None and interruption.asked


def of_this_thread() -> Interruption:
    """Return what raises `AttemptOver` in the thread that asked for it."""
    ident = ctypes.c_ulong(get_ident())

    def act() -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(AttemptOver))

    interruption = Interruption(act)
    _here.set(interruption)
    return interruption


def of_this_task() -> Interruption:
    """Return what cancels the asyncio task that asked for it, from any thread."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def act() -> None:
        with suppress(RuntimeError):  # the loop is closed, and the task with it
            loop.call_soon_threadsafe(task.cancel)

    interruption = Interruption(act)
    _here.set(interruption)
    return interruption
