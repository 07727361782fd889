"""What is logged, and how it is written."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from treadle.monitoring.logs import EVENTS, configure

ROOT = Path(__file__).parents[2]
PACKAGES = [
    "treadle",
    "gateway",
    "planner",
    "scheduler",
    "workers",
    "hil",
    "transport",
    "ledger",
    "wire",
    "dag",
    "monitoring",
    "core",
]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
LOGGERS = {"_log", "log", "logger", "get_logger", "bind"}
#: Past participles that do not end in -ed.
IRREGULAR = {"left", "lost", "woken", "forgotten", "taken", "held", "sent", "given", "told"}


def events_logged() -> Iterator[tuple[str, str | None]]:
    """Yield where something is logged, and the event's name, or None if it is not a literal."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "json_line":
                    yield f"{path}:{call.lineno}", _literal(call.args[0])
                if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                    continue
                logger = ast.unparse(call.func.value).split("(")[0].split(".")[-1]
                if call.func.attr in LEVELS and logger in LOGGERS:
                    names = call.args[1:] if call.func.attr == "log" else call.args
                    yield f"{path}:{call.lineno}", _literal(names[0])


def _literal(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def test_every_logged_event_is_on_the_list() -> None:
    """The list is closed: whoever logs something new says there what it tells."""
    unknown = {place: name for place, name in events_logged() if name not in EVENTS}
    assert unknown == {}, "add them to EVENTS in monitoring/logs.py"


def test_every_event_on_the_list_is_logged() -> None:
    """The list names nothing that no longer happens."""
    gone = set(EVENTS) - {name for _, name in events_logged()}
    assert gone == set(), "take them out of EVENTS in monitoring/logs.py"


def test_events_are_named_for_what_happened() -> None:
    """A name is `noun.past_participle`."""
    for name in EVENTS:
        assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", name)
        verb = name.partition(".")[2].split("_")[0]
        assert verb.endswith("ed") or verb in IRREGULAR, name


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """Put the process's logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_file_gets_one_json_object_a_line() -> None:
    """Each line has level, time, bound ids and fields, a crash its traceback as data."""
    stream = io.StringIO()
    configure(stream=stream)
    structlog.contextvars.bind_contextvars(execution_id="e1")
    structlog.get_logger().debug("not written")
    structlog.get_logger().info("execution.woken", kind={1: "timer"})
    try:
        raise ValueError("tangled")
    except ValueError:
        structlog.get_logger().exception("attempt.crashed")
    woken, crashed = map(json.loads, stream.getvalue().splitlines())
    assert woken["event"] == "execution.woken"
    assert woken["level"] == "info"
    assert woken["execution_id"] == "e1"
    assert woken["kind"] == {"1": "timer"}
    assert woken["timestamp"].endswith("Z")
    assert crashed["exception"][0]["exc_value"] == "tangled"


def test_a_terminal_gets_readable_lines() -> None:
    """A person reads words in colour, not JSON."""
    stream = Terminal()
    configure(stream=stream)
    structlog.get_logger().info("worker.started", worker_id="w1")
    assert "worker.started" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_a_traceback_shows_no_values(kind: type[io.StringIO]) -> None:
    """Local variables hold secrets and payloads, so a crash shows the code's lines alone."""
    stream = kind()
    configure(stream=stream)
    password = "".join(("hun", "ter2"))
    try:
        raise ValueError(len(password))
    except ValueError:
        structlog.get_logger().exception("attempt.crashed")
    assert "ValueError" in stream.getvalue()
    assert password not in stream.getvalue()


def test_what_libraries_log_is_written_too() -> None:
    """A warning of a library arrives once, as an event, however often logging is configured."""
    configure(stream=io.StringIO())
    stream = io.StringIO()
    configure(stream=stream)
    logging.getLogger("some.library").warning("thread %s is stuck", 3)
    logging.getLogger("some.library").info("chatter")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["event"] == "library.logged"
    assert line["logger"] == "some.library"
    assert line["message"] == "thread 3 is stuck"
    assert line["level"] == "warning"
