"""How the command line tells an error, and the exit codes that scripts go by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Folder
from tests.support.workflows import chain, node
from treadle.cli.errors import ExitCode, print_error
from treadle.cli.log_printer import LogPrinter, readable
from treadle.cli.plain_text import counted
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

    shown = readable("worker-1", record)
    assert shown == "03:04:05  worker-1    worker.started     worker_id=w"


def test_a_long_log_line_fits_the_terminal() -> None:
    """Its facts go on below, and a traceback is lines."""
    facts = {f"fact_{number}": "x" * 12 for number in range(8)}
    frames = [{"filename": "a.py", "lineno": 3, "name": "run"}]
    exception = [{"exc_type": "ValueError", "exc_value": "odd", "frames": frames}]
    record = {"event": "attempt.crashed", "empty": "", "none": None, **facts}

    lines = readable("worker-1", {**record, "exception": exception}).splitlines()

    assert max(map(len, lines)) <= 80
    assert all(each.startswith(" " * 12) for each in lines[1:])
    assert "".join(lines).count("=") == 8
    assert [each.strip() for each in lines[-2:]] == ["a.py:3 in run", "ValueError: odd"]


def test_off_a_terminal_every_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    """What a task prints, and what `up` itself says, as well as log lines."""
    printer = LogPrinter({"worker-1"}, lambda: "Treadle is up.\nAnd more.")
    for line in ('{"event": "worker.started", "n": 1}', "printed", '{"broken}', "{}", "[1]"):
        printer.print_line("worker-1", line)
    printer.print_down()

    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert [each.get("event") for each in lines] == [
        "worker.started",
        "cluster.started",
        *["output.printed"] * 4,
        "cluster.stopped",
    ]
    assert lines[0] == {"service": "worker-1", "event": "worker.started", "n": 1}
    assert lines[1]["message"] == "Treadle is up.\nAnd more."


def test_a_service_that_ended_is_a_warning_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """With its status and when it is started again."""
    LogPrinter({"worker-1"}, lambda: "Treadle is up.").print_end("worker-1", 137, 0.2)

    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["level"], line["service"]) == (
        "service.ended",
        "warning",
        "worker-1",
    )
    assert (line["status"], line["restart_seconds"]) == (137, 0.2)
    assert line["message"] == "ended with status 137; starts again in 0.2 s"


@pytest.mark.parametrize(
    ("problem", "lines"),
    [
        (
            {"path": "decision", "reason": "not_a_choice", "message": "Odd.", "solution": "Fix."},
            ["    decision: not_a_choice", "      Odd.", "      Fix."],
        ),
        ({"path": "", "message": "Odd."}, ["    the document", "      Odd."]),
        ("the answer is odd", ["    the answer is odd"]),
    ],
)
def test_problems_that_a_solution_points_at_are_shown(
    problem: object, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In whichever form an error has them."""
    other = {"path": "comment", "reason": "missing", "message": "None.", "solution": "Add it."}
    print_error(Refused("No.", problems=[problem, other]), as_json=False)

    shown = capsys.readouterr().err.splitlines()
    assert shown[2] == "  problems:"
    assert shown[3 : 3 + len(lines)] == lines
    assert shown[-2:] == ["      Add it.", "  solution: Ask again."]


def test_a_problem_that_is_the_message_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """One problem with the error's own words stands once."""
    found = {"path": "a", "reason": "odd", "message": "Odd.", "solution": "Ask again."}
    print_error(Refused("a: Odd.", problems=[found]), as_json=False)

    assert "problems" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "x"], "this is no id"),
        (["watch", "x"], "this is no id"),
        (["inbox", "x"], "this is no id"),
        (["inbox", "--execution", "x"], "this is no id"),
        (["answer", "x"], "this is no id"),
        (["cancel", "x"], "this is no id"),
        (["retry", "x"], "this is no id"),
        (["show", "0190g"], "nor the beginning of one, nor `last`"),
        (["show", "01900000-0000-7000-8000-0000000000000"], "this is no id"),
        (["sumbit"], "No such command 'sumbit'. Did you mean 'submit'?"),
        (["keys", "lst"], "No such command 'lst'. Did you mean 'list'?"),
        (["executions", "--limit", "x"], "this is no whole number"),
        (["executions", "--limit", "0"], "it must be at least 1"),
        (["executions", "--limit", "9999"], "it must be at most 1000"),
        (["executions", "--status", "x"], "'x' is not one of"),
        (["keys", "create", "--days", "x"], "this is no number"),
        (["up", "--workers", "many"], "this is no whole number"),
    ],
)
def test_an_argument_is_refused_without_the_words_of_a_library(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    """An id, a number, a choice: what it is not is said plainly."""
    done = Folder(tmp_path).run(*arguments)

    said = " ".join(done.err.split())
    assert done.code == 2
    assert words in said
    assert "Input should" not in said
    assert "Value error" not in said


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes"), (1_000, "1,000 nodes")]
)
def test_a_count_agrees_with_its_noun(count: int, shown: str) -> None:
    """In English one alone is singular."""
    assert counted(count, "node") == shown


def test_one_connection_is_one(tmp_path: Path) -> None:
    """In what `validate` says."""
    folder = Folder(tmp_path)
    done = folder.run("validate", folder.write("w.json", chain(node("n"))))

    assert done.out == "w.json: valid, 2 nodes, 1 connection\n"


def test_the_doctor_tells_settings_from_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read from the environment is a list of its own, also where no cluster is."""
    monkeypatch.setenv("TREADLE_ALLOWED_PRIVATE_ADDRESSES", "127.0.0.1")

    done = Folder(tmp_path).run("doctor")

    findings, settings = done.out.split("\n\n")
    assert findings.startswith("FAIL  cluster: ")
    assert settings.splitlines()[0] == "settings that are read from the environment"
    assert "      allowed_private_addresses: TREADLE_ALLOWED_PRIVATE_ADDRESSES" in settings


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["keys", "--help"], ["keys", "list", "--help"], ["submit", "--help"], ["sumbit"]],
)
def test_help_is_plain_and_says_only_what_there_is(arguments: list[str], tmp_path: Path) -> None:
    """No frames that an ASCII terminal cannot show, flags without a value, no foreign options."""
    done = Folder(tmp_path).run(*arguments)
    said = done.out + done.err

    assert said.isascii()
    assert "<bool>" not in said
    assert "completion" not in said
    assert "..." not in said.replace("[ARGS]...", "")
    assert f"Usage: treadle {arguments[0]}" in said or arguments[0] in ("--help", "sumbit")
