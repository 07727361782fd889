"""What an exception of user code is in an error: words, where it was raised, and what led to it."""

from __future__ import annotations

import traceback
from typing import Any

from treadle.workers.nodes.errors import causes_of

#: Frames of a traceback that an error keeps, the innermost; deeper ones are recursion or a library.
_FRAMES_SHOWN = 20
#: Characters of an exception's message that an error keeps; some carry a whole response.
_MESSAGE_SHOWN = 4_000


def described(exc: BaseException, *, hidden: str) -> tuple[str, dict[str, Any]]:
    """Return an exception in words, and the facts of the error that it becomes.

    Args:
        exc: what user code raised.
        hidden: the file of ours that called it, whose frames are left out.
    """
    raised = traceback.TracebackException.from_exception(exc)
    own = [frame for frame in raised.stack if frame.filename != hidden]
    lines = traceback.format_list(own[-_FRAMES_SHOWN:])
    message, kind = _storable(str(raised)), type(exc).__qualname__
    facts: dict[str, Any] = {
        "exception": kind,
        "traceback": [_storable(line.rstrip()) for line in lines],
    }
    if causes := causes_of(exc):
        facts["causes"] = causes
    return f"{kind}: {message}" if message else f"{kind}.", facts


def _storable(text: str) -> str:
    """Return text that can be written: without lone surrogates, and of bearable length."""
    return text[:_MESSAGE_SHOWN].encode(errors="replace").decode()
