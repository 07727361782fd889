"""What `treadle up` prints: its services' lines, and one sentence when all of them are at work."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import typer

#: What a service logs when it is at work.
_AT_WORK = frozenset({"worker.started", "scheduler.started"})


class Teller:
    """Passes lines on, each marked with the service it came from."""

    def __init__(self, folder: Path, services: Collection[str]) -> None:
        self._folder = folder
        self._awaited = set(services)

    def tell(self, service: str, line: str) -> None:
        """Print one line of a service, and the sentence once all services are at work."""
        typer.echo(f"{service}: {line}")
        if self._awaited and _event_of(line) in _AT_WORK:
            self._awaited.discard(service)
            if not self._awaited:
                typer.echo(f"Treadle is up, with its data in {self._folder}. Ctrl-C stops it.")


def _event_of(line: str) -> str | None:
    """Return the event that a line logs, if it is a log line."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record.get("event") if isinstance(record, dict) else None
