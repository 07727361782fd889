"""Child processes that are asked and answer, each holding one call at a time.

A child of tasks is kept for the next call; one that dies, is killed for being past its limit, or
has sent anything but its answer, is replaced. Its death is distinguished from its parent's, because
the parent lives to report it; it is known by its guardian, which waits for it, so that what the
child forked keeps nobody waiting. With a child its process group ends.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from functools import partial
from threading import Lock
from typing import TypeAlias

from treadle.core.processes import Command, GuardedProcess
from treadle.core.settings import COUNTS_FOLDER, child_environment, is_read_by_treadle
from treadle.dag.log_streams import LogStream
from treadle.dag.values import dumps, loads
from treadle.monitoring import logs
from treadle.workers.lanes.frames import READY, frame, read_reply
from treadle.workers.logs.task_log import Line, Taken, TaskLog
from treadle.workers.nodes.tasks.python_task import ChildCall

#: Where a child writes what user code prints, and its errors: where this process writes its own.
_STANDARD_ERROR = 2
#: Seconds that a child has to end by itself once its channel has ended.
_ENDING_SECONDS = 1.0
_READ_BYTES = 1 << 20

Watch: TypeAlias = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Gets a call that kills the child; whoever watches makes it inside the context, and never after.
"""


Take: TypeAlias = Callable[[bytes], None]
"""Gets what a call says before its reply; a `ValueError` refuses the child."""


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
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        with theirs:
            # -P, as services start: no file of the current folder stands in for another module.
            command = Command(
                [sys.executable, "-P", "-m", module, str(theirs.fileno()), logs.level()],
                environment,
                farewell=signal.SIGKILL,
                keep_open=(theirs.fileno(),),
            )
            self._process = GuardedProcess(command, _STANDARD_ERROR)
        started = None
        with suppress(OSError):
            started = read_reply(self._receive, READY, nothing_said)
        if started is None:
            raise ChildDied(f"A child could not start: it ended with code {self.end()}.")

    def ask(self, call: bytes, *, watch: Watch, take: Take) -> bytes:
        """Make one call and return the reply.

        Args:
            watch: gets a call that ends it.
            take: gets what the call says before it replies, also when it then dies.

        Raises:
            ChildDied: it ended without an answer, or sent something else.
        """
        number, reply = secrets.randbits(64), None
        with watch(self._kill), suppress(OSError, ValueError, TypeError):
            self._send(frame(number, call))
            reply = read_reply(self._receive, number, take)
        if reply is None:
            raise ChildDied(f"The child that ran it alone ended with code {self.end()}.")
        return reply

    def lives(self) -> bool:
        """Return whether it can be asked again: it runs, and has sent nothing unasked."""
        return not self._killed and not self._ready(select.POLLIN, 0)

    def end(self) -> int:
        """End it, with all of its process group; return its exit code."""
        self._channel.close()
        code = None if self._killed else self._process.wait(_ENDING_SECONDS)
        return self._process.stop() if code is None else code

    def _kill(self) -> None:
        self._killed = True
        self._process.send(signal.SIGKILL)

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left and self._channel.fileno() in self._ready(select.POLLOUT):
            left = left[self._channel.send(left) :]

    def _receive(self, most: int) -> bytes:
        if self._channel.fileno() not in self._ready(select.POLLIN):
            return b""  # it has ended, and nothing of it is left to be read
        return self._channel.recv(min(most, _READ_BYTES))

    def _ready(self, event: int, milliseconds: int | None = None) -> set[int]:
        """Wait; return the descriptors that are ready: the channel's, the process's at its end."""
        poller = select.poll()
        poller.register(self._channel, event)
        poller.register(self._process, select.POLLIN)
        return {descriptor for descriptor, _ in poller.poll(milliseconds)}


class Children:
    """Idle children of tasks, and the calls to them; safe for threads."""

    def __init__(self) -> None:
        self._idle: list[Child] = []
        self._lock = Lock()

    def call(self, call: ChildCall, *, watch: Watch, log: TaskLog) -> bytes:
        """Make one call and return the reply; what it says meanwhile goes to its log.

        Raises:
            ChildDied: the child ended without an answer.
        """
        child = self._take()
        body = {
            "task": call.task,
            "module": call.module,
            "input": loads(call.payload),
            "facts": asdict(call.facts),
        }
        reply = child.ask(dumps(body), watch=watch, take=partial(_take_lines, log))
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
        return Child("treadle.workers.lanes.child_process", environment_of_tasks())


def nothing_said(_: bytes) -> None:
    """Refuse lines of a call in which no user code runs."""
    raise ValueError("a call that says nothing has said something")


def _take_lines(log: TaskLog, data: bytes) -> None:
    """Take in lines of a child.

    Raises:
        ValueError: they are none.
    """
    lines, left_out, report = loads(data)
    shown = [Line(int(at), LogStream(stream), *rest) for at, stream, *rest in lines]
    log.extend(Taken(shown, int(left_out), report))


def environment_of_tasks() -> dict[str, str]:
    """Return the environment of a child that runs user code: without what is meant for Treadle."""
    found = environment()
    return {name: value for name, value in found.items() if not is_read_by_treadle(name)}


def environment() -> dict[str, str]:
    """Return the environment of a child that finds the modules this process finds.

    It counts nothing: what it does is counted by its parent.
    """
    folders = [folder for folder in sys.path if folder]
    if "" in sys.path:  # the current folder: last, so that nothing in it hides another module
        folders.append(os.getcwd())
    found = child_environment(PYTHONPATH=os.pathsep.join(folders))
    found.pop(COUNTS_FOLDER, None)
    return found
