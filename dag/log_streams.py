"""How a line of a task was said."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class LogStream(StrEnum):
    """How a line was said."""

    STDOUT = "stdout"
    STDERR = "stderr"
    LOG = "log"
    """Through Python's `logging`, with a level and the name of a logger."""
