"""What the demo's services write: kept in a file, and read for the word that they are at work."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path
from threading import Condition
from typing import ClassVar

from treadle.core.errors import TreadleError

_AT_WORK = frozenset({"worker.started", "scheduler.started"})
#: How the server of country names says where it is.
_SERVING = "serving "


class DemoNotStarted(TreadleError):
    """A service of the demo did not start in time."""

    reason: ClassVar[str] = "demo_not_started"
    solution: ClassVar[str] = "Read the log named in the message."


class Services:
    """Takes lines from the supervisor's thread and lets another wait for what they say."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at_work: set[str] = set()
        self._address: str | None = None
        self._changed = Condition()
        log.write_text("")

    def take(self, service: str, line: str) -> None:
        """Keep a line, and note what it says."""
        with self._log.open("a", encoding="utf-8") as file:
            file.write(f"{service}: {line}\n")
        with self._changed:
            if line.startswith(_SERVING):
                self._address = line.removeprefix(_SERVING)
                self._at_work.add(service)
            elif _event_of(line) in _AT_WORK:
                self._at_work.add(service)
            self._changed.notify()

    def wait(self, services: Collection[str], seconds: float) -> str:
        """Return the address of the country names once all `services` are at work.

        Raises:
            DemoNotStarted: it took longer than `seconds`.
        """
        awaited = set(services)
        until = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(
                lambda: awaited <= self._at_work, timeout=until - time.monotonic()
            )
            missing = awaited - self._at_work
            if missing or self._address is None:
                raise DemoNotStarted(
                    f"Not at work within {seconds:g} s: {', '.join(sorted(missing))}. "
                    f"Log: {self._log}"
                )
            return self._address


def _event_of(line: str) -> str | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record.get("event") if isinstance(record, dict) else None
