"""What `treadle up` prints: its services' lines, and a word when all of them are at work.

A terminal gets lines for a person, anything else one JSON object a line, with `service` in it.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import typer

from treadle.cli.errors import traceback_text
from treadle.cli.plain_text import json_text, plain, say

#: What a service logs when it is at work.
_AT_WORK = frozenset({"worker.started", "scheduler.started", "gateway.started"})
#: Fields of a log line that are shown in another way, or that a person does not need.
_LEFT_OUT = frozenset({"event", "timestamp", "level", "exception"})
_COLOURS = {"warning": typer.colors.YELLOW, "error": typer.colors.RED}
#: Colours of services, given in turn.
_SERVICE_COLOURS = (
    typer.colors.CYAN,
    typer.colors.GREEN,
    typer.colors.MAGENTA,
    typer.colors.BLUE,
    typer.colors.BRIGHT_CYAN,
    typer.colors.BRIGHT_GREEN,
)
#: Lines about one attempt, which there are many of.
_OF_ATTEMPTS = frozenset({"attempt.settled", "task.logged"})
#: Columns of a service's name, and of an event's.
_NAME, _EVENT = 10, 17
_INDENT = " " * 12
_COLUMNS = 80


class LogPrinter:
    """Passes lines on, each marked with the service it came from."""

    def __init__(self, services: Collection[str], when_up: Callable[[], str]) -> None:
        """Call `when_up` for the word, once all `services` are at work."""
        self._when_up = when_up
        self._awaited = set(services)
        self._readable = sys.stdout.isatty()
        self._colours = dict(zip(services, cycle(_SERVICE_COLOURS), strict=False))

    def print_line(self, service: str, line: str) -> None:
        """Print one line of a service, and the word once all services are at work."""
        record = _record_of(line)
        if not self._readable:
            said = record or json_line("output.printed", level="info", message=line)
            say(json_text(json.dumps({"service": service, **said}, ensure_ascii=False)))
        elif record is not None:
            columns = shutil.get_terminal_size((_COLUMNS, 24)).columns
            shown = readable(service, record, columns)
            own = self._colours.get(service)
            say(shown, fg=_COLOURS.get(record.get("level", ""), own))
        else:
            say(f"{service}: {plain(line)}")
        if self._awaited and record is not None and record.get("event") in _AT_WORK:
            self._awaited.discard(service)
            if not self._awaited:
                self._print_own(json_line("cluster.started", level="info", message=self._when_up()))

    def print_end(self, service: str, status: int, seconds: float) -> None:
        """Print that a service ended by itself, and when it is started again."""
        said = f"ended with status {status}; starts again in {seconds:.1f} s"
        facts = {"status": status, "restart_seconds": round(seconds, 1)}
        record = {**json_line("service.ended", level="warning", message=said), **facts}
        if self._readable:
            say(f"{service}: {said}", fg=_COLOURS["warning"])
        else:
            say(json_text(json.dumps({"service": service, **record}, ensure_ascii=False)))

    def print_down(self) -> None:
        """Print that all services have ended."""
        self._print_own(json_line("cluster.stopped", level="info", message="Treadle is down."))

    def _print_own(self, record: dict[str, Any]) -> None:
        text = json_text(json.dumps(record, ensure_ascii=False))
        say(record["message"] if self._readable else text)


def json_line(event: str, *, level: str, message: str) -> dict[str, Any]:
    """Return a line of `treadle up` itself."""
    timestamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"event": event, "level": level, "timestamp": timestamp, "message": message}


def readable(service: str, record: dict[str, Any], columns: int = _COLUMNS) -> str:
    """Return a log line for a person: the time of day in UTC, who, what, and the facts.

    Facts that do not fit stand on lines below, further in; what is empty is left out.
    """
    time_of_day = str(record.get("timestamp", ""))[11:19]
    head = f"{plain(time_of_day)}  {service:<{_NAME}}"
    event = plain(record.get("event", ""))
    if event in _OF_ATTEMPTS:
        below = record.get("traceback")
        line = f"{head}  {_of_attempt(record)}".rstrip()
        if event != "task.logged" and len(line) > columns:  # what a task says is shown whole
            line = f"{line[: columns - 1]}…"
        lines = [line]
        lines += (_INDENT + each for each in traceback_text(below, columns - len(_INDENT)))
        return "\n".join(lines)
    lines = [f"{head}  {event:<{_EVENT}}"]
    for key, value in record.items():
        if key in _LEFT_OUT or value in (None, ""):
            continue
        fact = plain(f"{key}={value}")
        if len(lines[-1]) + 2 + len(fact) > columns:
            lines.append(_INDENT[2:])
        lines[-1] += f"  {fact}"
    lines += (_INDENT + each for each in _traceback(record.get("exception")))
    return "\n".join(each.rstrip() for each in lines)


def _of_attempt(record: dict[str, Any]) -> str:
    """Return what a line says of an attempt, in one line: the node, and what it came to or said."""
    execution = f"…{str(record.get('execution_id', ''))[-6:]}"
    scope = f" [{record['scope']}]" if record.get("scope") else ""
    place = f"{execution}  {record.get('node_id', '')}{scope}"
    if record["event"] == "task.logged":
        severity = f"{record['severity']} " if record.get("severity") else ""
        return plain(f"{place} | {severity}{record.get('text', '')}")
    outcome = f"{record.get('outcome', '')}"
    if record.get("seconds") is not None:
        outcome += f" in {round(1000 * record['seconds']):,} ms"
    if record.get("reason"):
        outcome += f": {record.get('error') or record['reason']}"
    if record.get("attempt", 1) != 1:
        outcome += f"  (attempt {record['attempt']})"
    return plain(f"{place}  {outcome}")


def _traceback(exception: Any) -> Iterator[str]:
    """Yield the lines of a traceback, if it is one of ours."""
    for each in exception if isinstance(exception, list) else ():
        if not isinstance(each, dict):
            continue
        for at in (at for at in each.get("frames") or () if isinstance(at, dict)):
            yield plain(f"  {at.get('filename')}:{at.get('lineno')} in {at.get('name')}")
        yield plain(f"{each.get('exc_type')}: {each.get('exc_value')}")


def _record_of(line: str) -> dict[str, Any] | None:
    """Return what a line logs, if it is a log line."""
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
