"""All that a process writes of itself is one JSON object a line: how it starts, fails, crashes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

from tests.support.logged_process import logged
from treadle.core.settings import Settings

pytestmark = pytest.mark.slow

CRASHES = """
import logging, threading, warnings
from treadle.monitoring import logs
from treadle.monitoring.uncaught import log_uncaught
logs.configure()
log_uncaught()
thread = threading.Thread(target=lambda: 1 / 0, name="t1")
thread.start()
thread.join()
warnings.warn("old", stacklevel=1)
logging.getLogger("some.library").error("odd")
class Finalized:
    def __del__(self):
        raise ValueError("in a finalizer")
Finalized()
raise KeyError("at last")
"""


def test_what_nothing_catches_is_logged() -> None:
    """Errors of threads, finalizers and the process, and warnings; libraries' lines beside them."""
    done = subprocess.run(
        [sys.executable, "-c", CRASHES], capture_output=True, text=True, timeout=30, check=False
    )

    lines = [json.loads(each) for each in done.stderr.splitlines()]
    assert (done.returncode, done.stdout) == (1, "")
    assert [(each["event"], each["level"]) for each in lines] == [
        ("thread.crashed", "error"),
        ("library.logged", "warning"),
        ("library.logged", "error"),
        ("error.ignored", "error"),
        ("process.crashed", "error"),
    ]
    assert lines[0]["thread"] == "t1"
    assert lines[-1]["exception"][0]["exc_type"] == "KeyError"


@pytest.mark.parametrize(
    ("arguments", "variables", "reason"),
    [
        (["worker", "--tasks", "nowhere_to_be_found"], {}, "tasks_not_found"),
        (["worker"], {"TREADLE_WORKER_THREADS": "none"}, "settings_invalid"),
        (["planner", "--port", "TAKEN"], {}, "port_taken"),
        (["scheduler", "--port", "TAKEN"], {}, "port_taken"),
        (["gateway", "--port", "TAKEN"], {}, "port_taken"),
    ],
)
def test_an_error_that_keeps_a_process_from_its_start_is_a_line(
    settings: Settings, arguments: list[str], variables: dict[str, str], reason: str
) -> None:
    """With its reason and what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given = [port if each == "TAKEN" else each for each in arguments]
        with logged(settings, *given, **variables) as process:
            assert process.process.wait(30) > 0

    (line,) = process.lines("process.failed")
    assert (line["reason"], line["level"]) == (reason, "error")
    assert line["detail"]
    assert line["solution"]


@pytest.mark.parametrize("name", ["worker", "planner", "scheduler", "gateway"])
def test_a_database_that_is_away_at_the_start_is_a_line(settings: Settings, name: str) -> None:
    """And no traceback as text."""
    away = {"TREADLE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    with logged(settings, name, **away) as process:
        assert process.process.wait(60) > 0

    assert [each["level"] for each in process.lines()][-1] == "error"
