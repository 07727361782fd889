"""What `treadle up` prints: its services' lines, and a word when all of them are at work."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from typing import Any

import typer

from treadle.cli.plain_text import plain, say

#: What a service logs when it is at work.
_AT_WORK = frozenset({"worker.started", "scheduler.started", "gateway.started"})
#: Fields of a log line that are shown in another way, or that a person does not need.
_LEFT_OUT = frozenset({"event", "timestamp", "level"})
_COLOURS = {"warning": typer.colors.YELLOW, "error": typer.colors.RED}


class LogPrinter:
    """Passes lines on, each marked with the service it came from."""

    def __init__(self, services: Collection[str], when_up: Callable[[], str]) -> None:
        """Call `when_up` for the word, once all `services` are at work."""
        self._when_up = when_up
        self._awaited = set(services)
        self._readable = sys.stdout.isatty()

    def print_line(self, service: str, line: str) -> None:
        """Print one line of a service, and the word once all services are at work.

        A terminal gets log lines in a readable form, anything else gets them as they are.
        """
        # Attempts have a line each: where nobody reads them, they are not taken apart.
        record = _record_of(line) if self._readable or self._awaited else None
        if self._readable and record is not None:
            say(plain(readable(service, record)), fg=_COLOURS.get(record.get("level", "")))
        else:
            say(f"{service}: {plain(line)}")
        if self._awaited and record is not None and record.get("event") in _AT_WORK:
            self._awaited.discard(service)
            if not self._awaited:
                say(self._when_up())


def readable(service: str, record: dict[str, Any]) -> str:
    """Return a log line for a person: the time of day in UTC, who, what, and the facts."""
    time_of_day = str(record.get("timestamp", ""))[11:19]
    facts = "  ".join(f"{key}={value}" for key, value in record.items() if key not in _LEFT_OUT)
    return f"{time_of_day}  {service:<10}  {record.get('event', '')}  {facts}".rstrip()


def _record_of(line: str) -> dict[str, Any] | None:
    """Return what a line logs, if it is a log line."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
