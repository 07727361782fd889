"""The edge of a command: what it is given and where it writes, before and after it runs."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from treadle.cli.plain_text import plain
from treadle.core.errors import TreadleError

#: What a shell reports of a program that a broken pipe ended: 128 and the number of SIGPIPE.
BROKEN_PIPE = 141


class ArgumentInvalid(TreadleError):
    """An argument is not text: its bytes are no UTF-8, and no file has this name."""

    reason: ClassVar[str] = "argument_invalid"
    solution: ClassVar[str] = "Write it in UTF-8, or in the encoding that the locale names."


class OutputClosed(TreadleError):
    """The command has no standard output to write to."""

    reason: ClassVar[str] = "output_closed"
    solution: ClassVar[str] = "Do not close standard output; send it to /dev/null instead."


class SystemFailed(TreadleError):
    """The operating system refused something that the command needs."""

    reason: ClassVar[str] = "system_failed"
    solution: ClassVar[str] = "See what the message names: a file, its permissions, or the space."


@contextmanager
def edge(arguments: Sequence[str]) -> Iterator[None]:
    """Run a command: with writable output, text as arguments, and a quiet end of a broken pipe.

    Raises:
        ArgumentInvalid, OutputClosed, SystemFailed
        SystemExit: whoever read standard output has left.
    """
    _prepare_streams()
    _check(arguments)
    output = _descriptor_of_output()
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except (OSError, SystemExit) as error:
        if _reader_left(output):
            # What is still buffered has no reader either, and must not fail at the very end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(BROKEN_PIPE)
        if isinstance(error, SystemExit):
            raise
        named = f": {error.filename}" if error.filename else ""
        raise SystemFailed(f"{error.strerror or error}{named}.") from error


def _prepare_streams() -> None:
    if sys.stdout is None:
        raise OutputClosed("Standard output is closed.")
    # A character that the locale's encoding lacks is written by its number.
    for stream, errors in (
        (sys.stdin, "surrogateescape"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)


def _check(arguments: Sequence[str]) -> None:
    for each in arguments:
        try:
            each.encode()
        except UnicodeEncodeError:
            if not Path(each).exists():
                raise ArgumentInvalid(f"{plain(each)} is not text.") from None


def _descriptor_of_output() -> int | None:
    """Return another descriptor of standard output, if it has one.

    Rich, which writes help, turns standard output to nowhere when its reader has left, and ends
    with 1; this one still knows.
    """
    try:
        return os.dup(sys.stdout.fileno())
    except (OSError, ValueError):
        return None


def _reader_left(output: int | None) -> bool:
    """Return whether standard output is a pipe that nobody reads any more."""
    if output is None:
        return False
    poll = select.poll()
    poll.register(output, 0)
    return bool(poll.poll(0))
