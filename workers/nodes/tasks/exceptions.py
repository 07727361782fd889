"""What an exception of user code is in an error: words, where it was raised, and what led to it."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from itertools import groupby
from traceback import FrameSummary
from types import FrameType
from typing import Any, NamedTuple

from treadle.workers.nodes.errors import causes_of

#: Frames of a traceback that an error keeps, the innermost; deeper ones are recursion or a library.
_FRAMES_SHOWN = 20
#: Lines of all tracebacks of an error, and characters of one.
_LINES_SHOWN, _LINE_CHARACTERS = 120, 300
#: Exceptions of a group, and of a chain of causes.
_MEMBERS_SHOWN, _CHAIN_SHOWN = 5, 5
#: Characters of an exception's message that an error keeps; some carry a whole response.
_MESSAGE_SHOWN = 4_000

_INSTALLED = tuple({sysconfig.get_path(each) for each in ("purelib", "platlib")})
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"


def described(exc: BaseException, *, module: str) -> tuple[str, dict[str, Any]]:
    """Return an exception in words, and the facts of the error that it becomes.

    Args:
        exc: what user code raised.
        module: where the task stands; what belongs to its package is the user's own.
    """
    message, kind = _storable(_words(exc)), type(exc).__qualname__
    facts: dict[str, Any] = {"exception": kind, "traceback": traceback_lines(exc, module=module)}
    if causes := causes_of(exc):
        facts["causes"] = causes
    return f"{kind}: {message}" if message else f"{kind}.", facts


def traceback_lines(exc: BaseException, *, module: str) -> list[str]:
    """Return an exception's traceback as Python writes it, but for frames that are not the user's:
    those that follow each other are one line.
    """
    lines = list(_lines(exc, module.partition(".")[0], set()))
    if len(lines) > _LINES_SHOWN:
        lines = [f"… {len(lines) - _LINES_SHOWN} lines before", *lines[-_LINES_SHOWN:]]
    return [_storable(each)[:_LINE_CHARACTERS] for each in lines]


class _Frame(NamedTuple):
    owner: str | None
    """The library that it is of; `None` for the user's own code."""
    summary: FrameSummary


def _lines(exc: BaseException, own: str, seen: set[int]) -> Iterator[str]:
    seen.add(id(exc))
    hides = exc.__suppress_context__
    led, how = (exc.__cause__, _CAUSE) if exc.__cause__ or hides else (exc.__context__, _CONTEXT)
    if led is not None and id(led) not in seen and len(seen) <= _CHAIN_SHOWN:
        yield from _lines(led, own, seen)
        yield from ("", how, "")
    frames = _frames(exc, own)
    if frames:
        yield "Traceback (most recent call last):"
        yield from _frame_lines(frames)
    words, kind = _words(exc), type(exc).__qualname__
    yield from (f"{kind}: {words}" if words else kind).split("\n")
    yield from (str(note) for note in getattr(exc, "__notes__", ()))
    if isinstance(exc, BaseExceptionGroup):
        for number, member in enumerate(exc.exceptions[:_MEMBERS_SHOWN], start=1):
            yield f"  {number} of {len(exc.exceptions)}:"
            if id(member) not in seen:
                yield from (f"    {each}" for each in _lines(member, own, seen))


def _frames(exc: BaseException, own: str) -> list[_Frame]:
    """Return the innermost frames, without those of Treadle that called the function."""
    walked = list(traceback.walk_tb(exc.__traceback__))
    while walked and _owner(walked[0][0], own) == "treadle":
        del walked[0]
    walked = walked[-_FRAMES_SHOWN:]
    summaries = traceback.StackSummary.extract(iter(walked))
    return [
        _Frame(_owner(frame, own), each) for (frame, _), each in zip(walked, summaries, strict=True)
    ]


def _frame_lines(frames: list[_Frame]) -> Iterator[str]:
    for owner, group in groupby(frames, lambda each: each.owner):
        if owner is not None:
            count = len(list(group))
            yield f"  … {count} frame{'s' if count > 1 else ''} of {owner}"
            continue
        for each in group:
            at = each.summary
            yield f'  File "{_short(at.filename)}", line {at.lineno}, in {at.name}'
            if at.line:
                yield f"    {at.line}"


def _owner(frame: FrameType, own: str) -> str | None:
    """Return the library whose code a frame runs, by the name that it is imported by."""
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    if package == own:
        return None
    file = frame.f_code.co_filename
    is_library = package == "treadle" or package in sys.stdlib_module_names
    return package if is_library or file.startswith(_INSTALLED) else None


def _short(file: str) -> str:
    """Return a file's path from the current folder, if it stands below it."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here)


def _words(exc: BaseException) -> str:
    try:
        return str(exc)
    except Exception:  # noqa: BLE001 - the edge: code of others, which may fail
        return "(without text)"


def _storable(text: str) -> str:
    """Return text that can be written: without lone surrogates, and of bearable length."""
    return text[:_MESSAGE_SHOWN].encode(errors="replace").decode()
