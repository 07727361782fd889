"""What an exception of user code is in an error: words, where it was raised, and what led to it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

#: Frames of a traceback that an error keeps, the innermost; deeper ones are recursion or a library.
_FRAMES_SHOWN = 20
#: Characters of an exception's message that an error keeps; some carry a whole response.
_MESSAGE_SHOWN = 4_000
#: Further exceptions that an error keeps: members of a group, causes and contexts.
_FURTHER_SHOWN = 10


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
    further = [text for each in _further(raised) for text in _words(each)]
    further = [*map(str, getattr(exc, "__notes__", ())), *further][:_FURTHER_SHOWN]
    if further:
        facts["further"] = [_storable(text) for text in further]
    return f"{kind}: {message}" if message else f"{kind}.", facts


def _further(raised: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Yield the members of a group, and what an exception was raised from or beside."""
    left = [raised]
    while left:
        each = left.pop(0)
        beside = None if each.__suppress_context__ else each.__context__
        found = [*(each.exceptions or ()), each.__cause__ or beside]
        new = [one for one in found if one is not None]
        yield from new
        left.extend(new)


def _words(raised: traceback.TracebackException) -> Iterator[str]:
    """Yield what a traceback ends with, and where: `ValueError: row 17 is bad (at load.py:3)`."""
    text = "".join(raised.format_exception_only()).strip()
    last = raised.stack[-1] if raised.stack else None
    yield f"{text} (at {last.filename}:{last.lineno})" if last else text


def _storable(text: str) -> str:
    """Return text that can be written: without lone surrogates, and of bearable length."""
    return text[:_MESSAGE_SHOWN].encode(errors="replace").decode()
