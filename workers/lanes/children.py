"""The process lane: CPU-bound tasks, and suspects, each alone in a child (rule 8).

A child serves one call at a time and is kept for the next; one that dies, or is killed for being
past its limit, is replaced. Its death is told apart from its parent's, because the parent lives to
report it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from core.settings import child_environment
from dag.values import dumps, loads
from workers.lanes.child import READY, read_frame, write_frame
from workers.nodes.python_task import ChildCall

#: What a child of user code must not find in its environment.
_OURS = ("TREADLE_", "DATABASE_URL", "REDIS_URL", "SUPABASE_URL", "PG")


class ChildDied(Exception):
    """The child ended without an answer."""


class Children:
    """Idle children, and the calls to them; safe for threads."""

    def __init__(self) -> None:
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = Lock()

    def call(self, call: ChildCall, *, started: Callable[[Callable[[], None]], None]) -> bytes:
        """Make one call and return the reply. `started` gets a call that kills the child.

        Raises:
            ChildDied: it ended without an answer.
        """
        child = self._take()
        started(child.kill)
        assert child.stdin is not None
        assert child.stdout is not None
        body = {"task": call.task, "module": call.module, "input": loads(call.payload)}
        try:
            write_frame(child.stdin, dumps(body))
            reply = read_frame(child.stdout)
        except OSError:
            reply = None
        if reply is None:
            raise ChildDied(f"The child that ran the task ended with code {_end(child)}.")
        with self._lock:
            self._idle.append(child)
        return reply

    def stop(self) -> None:
        """End the idle children."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            _end(child)

    def _take(self) -> subprocess.Popen[bytes]:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.poll() is None:
                    return child
                _end(child)
        child = subprocess.Popen(
            [sys.executable, "-m", "workers.lanes.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )
        assert child.stdout is not None
        if read_frame(child.stdout) != READY:
            raise ChildDied(f"A child could not start: it ended with code {_end(child)}.")
        return child


def _end(child: subprocess.Popen[bytes]) -> int:
    """End a child and let go of its pipes; return its exit code."""
    child.kill()
    code = child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was still to be written has no reader
                pipe.close()
    return code


def _environment() -> dict[str, str]:
    kept = child_environment(PYTHONPATH=":".join(path for path in sys.path if path))
    return {name: value for name, value in kept.items() if not name.startswith(_OURS)}
