"""Frames: calls, replies and what is said meanwhile, each with the number of its call.

A child runs user code, which may fork, and both copies may return; or write what it likes where it
likes. So a reply counts only for the call whose number it carries, which nobody can guess.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

Receive: TypeAlias = Callable[[int], bytes]
"""Returns some bytes, at most as many as asked for; none at the end."""

_HEADER = struct.Struct(">QBI")
#: What a frame is: a call or the reply to it, or lines that its task says before.
_WHOLE, _LINES = 0, 1
#: Bytes of one frame of lines.
LINES_BYTES = 1024 * 1024
#: The number of the first frame of a child: it has loaded what it needs, and limits may run.
READY = 0


def frame(number: int, data: bytes) -> bytes:
    """Return one message as it is sent: the number of its call, its kind, its length, its bytes."""
    return _HEADER.pack(number, _WHOLE, len(data)) + data


def frame_of_lines(number: int, data: bytes) -> bytes:
    """Return lines of a call as they are sent before its reply."""
    return _HEADER.pack(number, _LINES, len(data)) + data


def read_frame(receive: Receive) -> tuple[int, bytes] | None:
    """Read one message; `None` at the end of the stream."""
    header = _read(receive, _HEADER.size)
    if header is None:
        return None
    number, _, length = _HEADER.unpack(header)
    data = _read(receive, length)
    return None if data is None else (number, data)


def read_reply(receive: Receive, number: int, take: Callable[[bytes], None]) -> bytes | None:
    """Read the reply to a call; `None` at the end of the stream, or if it is no reply to it.

    Args:
        take: gets the lines that come before it.
    """
    while (header := _read(receive, _HEADER.size)) is not None:
        found, kind, length = _HEADER.unpack(header)
        if found != number or (kind != _WHOLE and (kind != _LINES or length > LINES_BYTES)):
            return None
        data = _read(receive, length)
        if kind == _WHOLE or data is None:
            return data
        take(data)
    return None


def _read(receive: Receive, length: int) -> bytes | None:
    parts, left = [], length
    while left > 0:
        part = receive(left)
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
