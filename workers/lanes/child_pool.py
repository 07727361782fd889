"""Child processes that are asked and answer, each holding one call at a time.

A child of tasks is kept for the next call; one that dies, or is killed for
being past its limit, is replaced. Its death is distinguished from its parent's, because the parent
lives to report it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from threading import Lock
from typing import TypeAlias

from treadle.core.settings import COUNTS_FOLDER, child_environment
from treadle.dag.values import dumps, loads
from treadle.workers.lanes.child_process import READY, read_frame, write_frame
from treadle.workers.nodes.tasks.python_task import ChildCall

#: What a child of user code must not find in its environment.
_OURS = ("TREADLE_", "DATABASE_URL", "REDIS_URL", "SUPABASE_URL", "PG")

Watch: TypeAlias = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Gets a call that kills the child; whoever watches makes it inside the context, and never after.
"""


class ChildDied(Exception):
    """The child ended without an answer."""


class Child:
    """One child process, ready to be asked."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        """Start a module that answers frames, and wait until it has loaded what it needs.

        Raises:
            ChildDied: it could not start.
        """
        self._killed = False
        self._process = subprocess.Popen(  # noqa: S603 - the module is one of ours
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._calls, self._answers = self._process.stdin, self._process.stdout
        if read_frame(self._answers) != READY:
            raise ChildDied(f"A child could not start: it ended with code {self.end()}.")

    def ask(self, call: bytes, *, watch: Watch) -> bytes:
        """Make one call and return the reply.

        Raises:
            ChildDied: it ended without an answer.
        """
        reply = None
        with watch(self._kill), suppress(OSError):
            write_frame(self._calls, call)
            reply = read_frame(self._answers)
        if reply is None:
            raise ChildDied(f"The child that ran it alone ended with code {self.end()}.")
        return reply

    def lives(self) -> bool:
        """Return whether it can be asked again; one that was killed as it answered cannot."""
        return not self._killed and self._process.poll() is None

    def end(self) -> int:
        """End it and let go of its pipes; return its exit code."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._calls, self._answers):
            with suppress(OSError):  # what was still to be written has no reader
                pipe.close()
        return code

    def _kill(self) -> None:
        self._killed = True
        self._process.kill()


class Children:
    """Idle children of tasks, and the calls to them; safe for threads."""

    def __init__(self) -> None:
        self._idle: list[Child] = []
        self._lock = Lock()

    def call(self, call: ChildCall, *, watch: Watch) -> bytes:
        """Make one call and return the reply.

        Raises:
            ChildDied: the child ended without an answer.
        """
        child = self._take()
        body = {"task": call.task, "module": call.module, "input": loads(call.payload)}
        reply = child.ask(dumps(body), watch=watch)
        if child.lives():
            with self._lock:
                self._idle.append(child)
        else:
            child.end()
        return reply

    def stop(self) -> None:
        """End the idle children."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.lives():
                    return child
                child.end()
        return Child("treadle.workers.lanes.child_process", _without_ours())


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in environment().items() if not name.startswith(_OURS)}


def environment() -> dict[str, str]:
    """Return the environment of a child that finds the modules this process finds.

    It counts nothing: what it does is counted by its parent.
    """
    found = child_environment(PYTHONPATH=":".join(path for path in sys.path if path))
    found.pop(COUNTS_FOLDER, None)
    return found
