"""A child process: reads calls from its standard input, one after the other, and answers them.

It holds no connection and no credential of the ledger; all that it knows is what it is sent. Its
standard output carries the answers, so what user code prints goes to standard error.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from typing import IO

from treadle.dag.values import dumps, loads
from treadle.workers.nodes.tasks.python_task import run_task_in_child

_HEADER = struct.Struct(">I")
READY = b"ready"
"""The first frame that a child sends: it has loaded what it needs, and time limits may run."""


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Write one message: its length in four bytes, then its bytes."""
    stream.write(_HEADER.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read one message; `None` at the end of the stream."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    (length,) = _HEADER.unpack(header)
    data = stream.read(length)
    return data if len(data) == length else None


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answer the parent's calls until it closes them."""
    calls = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    write_frame(answers, READY)
    while (frame := read_frame(calls)) is not None:
        write_frame(answers, answer(frame))


def _run_task(frame: bytes) -> bytes:
    call = loads(frame)
    return run_task_in_child(call["task"], call["module"], dumps(call["input"]))


if __name__ == "__main__":
    serve(_run_task)
