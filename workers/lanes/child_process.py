"""A child process: reads calls from its channel, one after the other, and answers them.

It holds no connection and no credential of the ledger; all that it knows is what it is sent. The
channel is a descriptor of its own that nothing inherits: standard input is empty, and what user
code prints goes to standard error.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from treadle.dag.values import dumps, loads
from treadle.monitoring import logs
from treadle.workers.lanes.frames import READY, frame, frame_of_lines, read_frame
from treadle.workers.logs.capture import capturing
from treadle.workers.logs.current import Current, Facts, running_alone
from treadle.workers.logs.task_log import TaskLog
from treadle.workers.nodes.tasks.calling import run_task_in_child

Say: TypeAlias = Callable[[bytes], None]
"""Sends lines of a call to the parent before its reply."""


def serve(answer: Callable[[bytes, Say], bytes]) -> None:
    """Answer the parent's calls until it closes them."""
    logs.configure(sys.argv[2])
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    os.register_at_fork(after_in_child=channel.close)
    process = os.getpid()
    with capturing():
        channel.sendall(frame(READY, b""))
        while (call := read_frame(channel.recv)) is not None:
            number, data = call
            reply = answer(data, partial(_say, channel, number))
            if os.getpid() != process:  # a copy that user code made, which came back: no child
                os._exit(0)
            channel.sendall(frame(number, reply))


def _say(channel: socket.socket, number: int, data: bytes) -> None:
    with suppress(OSError):  # the parent is gone, and this process ends
        channel.sendall(frame_of_lines(number, data))


def _run_task(data: bytes, say: Say) -> bytes:
    call = loads(data)

    def send(log: TaskLog) -> None:
        lines, left_out, report = log.take()
        if lines or left_out or report:
            say(dumps([[*map(list, lines)], left_out, report]))

    log, facts = TaskLog(send), Facts(**call["facts"])
    attempt = Current(lambda: facts, log, log.report, is_over=lambda: False)
    with running_alone(attempt):
        reply = run_task_in_child(call["task"], call["module"], dumps(call["input"]))
    log.end()
    return reply


if __name__ == "__main__":
    serve(_run_task)
