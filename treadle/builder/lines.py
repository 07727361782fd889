"""The line of the user's program that made something."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from pathlib import Path

_OURS = str(Path(__file__).parent)
#: The modules between a program and the builder, beside the builder's own.
_BETWEEN = ("treadle.workers.tasks",)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a program."""

    file: str
    number: int

    @property
    def source(self) -> str:
        """What stands there, as far as it can be read."""
        return linecache.getline(self.file, self.number).strip()

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


def calling_line() -> Line | None:
    """Return the line that called the builder."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if not frame.f_code.co_filename.startswith(_OURS) and name not in _BETWEEN:
            return Line(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return None
