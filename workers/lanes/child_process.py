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

from treadle.dag.values import dumps, loads
from treadle.monitoring import logs
from treadle.workers.lanes.frames import READY, frame, read_frame
from treadle.workers.nodes.tasks.calling import run_task_in_child


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answer the parent's calls until it closes them."""
    logs.configure(sys.argv[2])
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    os.register_at_fork(after_in_child=channel.close)
    process = os.getpid()
    channel.sendall(frame(READY, b""))
    while (call := read_frame(channel.recv)) is not None:
        number, data = call
        reply = answer(data)
        if os.getpid() != process:  # a copy that user code made and that came back: it is no child
            os._exit(0)
        channel.sendall(frame(number, reply))


def _run_task(data: bytes) -> bytes:
    call = loads(data)
    return run_task_in_child(call["task"], call["module"], dumps(call["input"]))


if __name__ == "__main__":
    serve(_run_task)
