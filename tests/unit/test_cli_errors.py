"""How the command line tells an error, and the exit codes that scripts go by."""

from __future__ import annotations

import json

import pytest

from treadle.cli.errors import ExitCode, print_error
from treadle.cli.log_printer import LogPrinter, readable
from treadle.core.errors import TreadleError
from treadle.core.settings import NoServers


class Refused(TreadleError):
    reason = "refused"
    solution = "Ask again."


def test_a_person_gets_message_reason_and_solution(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, a line each."""
    code = print_error(Refused("No."), as_json=False)

    told = capsys.readouterr()
    assert code is ExitCode.REFUSED
    assert told.out == ""
    assert told.err == "error: No.\n  reason: refused\n  solution: Ask again.\n"


def test_a_program_gets_the_error_of_the_wire(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object, whatever its context holds."""
    print_error(Refused("No.", what={1}), as_json=True)

    told = json.loads(capsys.readouterr().err)
    assert told["error_code"] == "refused"
    assert told["error_details"]["solution"] == "Ask again."
    assert told["error_details"]["what"] == "{1}"


def test_a_cluster_that_is_not_there_has_a_code_of_its_own() -> None:
    """So that a script can wait for it."""
    assert print_error(NoServers("None."), as_json=False) is ExitCode.UNREACHABLE


def test_the_word_comes_once_all_services_are_at_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And only once, though a service starts again later."""
    printer = LogPrinter({"worker-1", "scheduler"}, lambda: "Treadle is up.")

    printer.print_line("worker-1", '{"event": "worker.started"}')
    printer.print_line("worker-1", "not a log line")
    assert "Treadle is up" not in capsys.readouterr().out
    printer.print_line("scheduler", '{"event": "scheduler.started"}')
    assert capsys.readouterr().out.count("Treadle is up") == 1
    printer.print_line("worker-1", '{"event": "worker.started"}')

    assert "Treadle is up" not in capsys.readouterr().out


def test_a_log_line_is_readable_on_a_terminal() -> None:
    """Time, service, event and facts."""
    record = {
        "timestamp": "2026-01-02T03:04:05.678901Z",
        "level": "info",
        "event": "worker.started",
        "worker_id": "w",
    }

    assert readable("worker-1", record) == "03:04:05  worker-1    worker.started  worker_id=w"
