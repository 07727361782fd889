"""Wrong inputs: each is refused with a reason, alike on this machine and through a gateway.

Most commands run in this process; `test_a_process_of_its_own_refuses_alike` holds what that stands
for. Whatever a process alone has, its streams, locale and signals, is tested with processes.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import TREADLE, UP_SECONDS, Done, Folder
from tests.support.ports import port_base
from tests.support.workflows import chain, node
from treadle.core.settings import child_environment

NO_EXECUTION = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def flow(folder: Folder) -> str:
    """Return the file of a workflow of one node."""
    return folder.write("w.json", chain(node("n")))


@pytest.fixture
def gateway(folder: Folder, server: str) -> dict[str, str]:
    """Return the variables with which a command asks the gateway."""
    made = folder.run("keys", "create", "--json").document
    return {"TREADLE_SERVER": server, "TREADLE_API_KEY": made["key"]}


def is_refused(done: Done) -> bool:
    """Return whether a command ended with a reason and the code of what was not understood."""
    return done.code == 2 and "reason: " in done.err and "Traceback" not in done.err


def shell(folder: Folder, text: str, **variables: str) -> Done:
    """Run a line of a shell in which `$T` is the command."""
    done = subprocess.run(
        ["bash", "-c", text],
        cwd=folder.path,
        env=child_environment(T=str(TREADLE), **variables),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--key", ""],
        ["--key", "x" * 201],
        ["--key", "größe-1"],
        ["--key", " x"],
        ["--key", os.fsdecode(b"k\xff")],
        ["--deadline", "inf"],
        ["--deadline", "nan"],
        ["--deadline", "0"],
        ["--deadline", "1e12"],
        ["--trigger", os.fsdecode(b"\xff")],
        ["--input-json", os.fsdecode(b'{"a":"\xff"}')],
        ["--input-json", '{"a":"\\ud800"}'],
        ["--input-json", '{"a":"x\\u0000y"}'],
        ["--input-json", '{"\\u0000":1}'],
        ["--input-json", '{"a":1,"a":2}'],
        ["--input-json", '{"a":1e999}'],
        ["--input-json", '{"a":9223372036854775808}'],
        ["--input-json", "[" * 66 + "]" * 66],
        ["--input-json", "[" * 50_000 + "]" * 50_000],
        ["--input", "nosuch.json"],
    ],
)
def test_what_a_submission_may_not_say_is_refused_alike_both_ways(
    folder: Folder, flow: str, gateway: dict[str, str], arguments: list[str]
) -> None:
    """The way to the cluster makes no difference to what is taken."""
    here = folder.run("submit", flow, *arguments)
    there = folder.run("submit", flow, *arguments, **gateway)

    assert is_refused(here), here
    assert is_refused(there), there
    assert here.err == there.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry", NO_EXECUTION, "--key", ""],
        ["retry", NO_EXECUTION, "--key", "größe"],
        ["executions", "--workflow", ""],
        ["executions", "--workflow", "x" * 201],
        ["executions", "--workflow", os.fsdecode(b"\xff")],
    ],
)
def test_what_a_command_may_not_ask_is_refused_alike_both_ways(
    folder: Folder, gateway: dict[str, str], arguments: list[str]
) -> None:
    """An empty name is none, and not all of them."""
    here = folder.run(*arguments)
    there = folder.run(*arguments, **gateway)

    assert is_refused(here), here
    assert is_refused(there), there
    assert here.err == there.err


@pytest.mark.parametrize("text", ["[" * 65 + "]" * 65, '"text"', "null", '{"größe": "👩"}'])
def test_what_a_submission_may_say_is_taken_alike_both_ways(
    folder: Folder, flow: str, gateway: dict[str, str], text: str
) -> None:
    """Any value of JSON, as deep as a request may be."""
    for variables in ({}, gateway):
        done = folder.run("submit", flow, "--input-json", text, "--key", "~ ok!", **variables)
        assert done.code == 0 or done.err.count("reason: idempotency_conflict"), done
        assert folder.run("submit", flow, "--input-json", text, **variables).code == 0


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["executions"], {"TREADLE_DATABASE_URL": "nonsense"}),
        (["doctor"], {"TREADLE_DATABASE_URL": "nonsense"}),
        (["doctor"], {"TREADLE_REDIS_URL": "nonsense"}),
        (["inbox"], {"TREADLE_REDIS_URL": "http://127.0.0.1"}),
        (["executions"], {"TREADLE_SERVER": "127.0.0.1:8000"}),
        (["executions"], {"TREADLE_SERVER": "http://127.0.0.1:99999"}),
        (["executions"], {"TREADLE_SERVER": "http://127.0.0.1:1", "TREADLE_API_KEY": "kä"}),
        (["executions"], {"TREADLE_DATA_DIR": "w.json"}),
        (["keys", "create", "--days", "1e12"], {}),
        (["keys", "create", "--days", "0"], {}),
        (["keys", "create", "--name", "x" * 201], {}),
        (["keys", "list", "--owner", os.fsdecode(b"\xff")], {}),
        (["keys", "revoke", os.fsdecode(b"\xff")], {}),
        (["keys", "create", "--owner", os.fsdecode(b"\xff")], {}),
        (["answer", NO_EXECUTION, "--json-answer", '{"comment": "\\u0000"}'], {}),
        (["answer", NO_EXECUTION, "--json-answer", '{"decision": 5}'], {}),
        (["answer", NO_EXECUTION, "--json-answer", '{"nosuch": 5}'], {}),
        (["plan", os.fsdecode(b"\xff")], {}),
        (["validate", os.fsdecode(b"\xff.json")], {}),
    ],
)
def test_what_no_command_can_use_is_refused_with_a_reason(
    folder: Folder, flow: str, arguments: list[str], variables: dict[str, str]
) -> None:
    """In lines for a person, never with a traceback."""
    done = folder.run(*arguments, **variables)

    assert is_refused(done), done


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "w.json", "--key", "größe-1"],
        ["submit", "w.json", "--input-json", os.fsdecode(b'{"a":"\xff"}')],
        ["validate", os.fsdecode(b"\xff.json")],
        ["executions", "--workflow", os.fsdecode(b"\xff")],
        ["submit", "nosuch.json", "--deadline", "nan"],
        ["submit"],
        ["submitt"],
    ],
)
def test_a_process_of_its_own_refuses_alike(
    folder: Folder, flow: str, arguments: list[str]
) -> None:
    """Letter by letter, and with the same code, as the function that the other tests call."""
    assert folder.process(*arguments) == folder.run(*arguments)


def test_up_refuses_a_data_folder_that_is_a_file(folder: Folder, flow: str) -> None:
    """As the commands do that look for a cluster there."""
    done = folder.process("up", TREADLE_DATA_DIR=flow)

    assert is_refused(done), done


@pytest.mark.parametrize("name", ["./w.py", "", ".w"])
def test_what_a_service_cannot_use_is_a_line_of_its_log(folder: Folder, name: str) -> None:
    """One JSON object, as all that it logs."""
    done = folder.process("worker", "--tasks", name)

    line = json.loads(done.err)
    assert (done.code, line["event"]) == (2, "process.failed")
    assert line["reason"] == "tasks_name_invalid"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("mine.py", "mine"),
        ("./mine", "mine"),
        ("flows/mine.py", "flows.mine"),
        ("../mine.py", None),
        ("mi-ne.py", None),
    ],
)
@pytest.mark.parametrize("command", ["up", "worker"])
def test_a_file_of_tasks_is_told_by_its_module(
    tmp_path: Path, command: str, name: str, module: str | None
) -> None:
    """Where it can be imported from the current folder; nothing starts meanwhile."""
    options = port_base() if command == "up" else ()
    done = Folder(tmp_path).process(command, "--tasks", name, *options)

    assert done.code == 2, done
    assert "tasks_name_invalid" in done.err
    meant = "not a path" if module is None else f"instead of its file: --tasks {module}"
    assert meant in done.err
    assert not (tmp_path / ".treadle").exists()


@pytest.mark.parametrize("text", ["$T validate - <&-", f"$T show {NO_EXECUTION} >&-"])
def test_a_closed_stream_is_told(folder: Folder, text: str) -> None:
    """Standard input where it is to be read, standard output for every command."""
    assert is_refused(shell(folder, text))


def test_no_locale_ends_a_command(folder: Folder, flow: str) -> None:
    """What its encoding cannot write is written by its number, and JSON stays JSON."""
    given = json.dumps({"größe": "👩"}, ensure_ascii=False)
    execution = folder.run("submit", flow, "--input-json", given, "--watch", "--json").document
    for variables in (
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},  # ASCII, in both directions
    ):
        for command in (f"show {execution['id']}", "executions"):
            done = shell(folder, f"$T {command}", **variables)
            assert (done.code, done.err) == (0, ""), (command, variables, done.err[-3000:])
        shown = folder.process("show", execution["id"], "--json", **variables)
        assert shown.document == execution
        assert is_refused(shell(folder, "$T validate größe.json", **variables))


def test_a_reader_that_leaves_ends_a_command_quietly(folder: Folder, flow: str) -> None:
    """With the code that a shell reports of a broken pipe, and without a word."""
    text = json.dumps(["x" * 1_000] * 1_000)
    folder.write("in.json", text)
    execution = folder.run("submit", flow, "--input", "in.json").out.strip()
    folder.run("watch", execution)
    for command in (f"show {execution} --json", f"show {execution}", "schema"):
        # The reader has left before anything is written.
        done = shell(folder, f"$T {command} | true; echo ${{PIPESTATUS[0]}}", PYTHONUNBUFFERED="")
        assert done.err == "", command
        assert done.out in ("141\n", "0\n"), command


def test_a_reader_of_help_that_leaves_ends_it_quietly(tmp_path: Path) -> None:
    """Of all commands, of one; one that is given nothing tells its usage on standard error."""
    for command in ("--help", "doctor --help", "keys --help", "--version"):
        line = f"$T {command} | exec 0<&-; echo ${{PIPESTATUS[0]}}"
        done = shell(Folder(tmp_path), line, PYTHONUNBUFFERED="")
        assert (done.out, done.err) == ("141\n", ""), command


def test_a_full_disk_is_told(folder: Folder) -> None:
    """Where the answer goes to a file that takes no more."""
    done = shell(folder, "$T schema > /dev/full")

    assert "reason: system_failed" in done.err
    assert "Traceback" not in done.err


def test_a_cluster_runs_in_a_folder_with_any_name(
    tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    """Such as one with a comma, which PostgreSQL takes for two."""
    named = Folder(tmp_path / 'Smith, Jo "x" größe')
    named.path.mkdir()
    up = named.start("up", "--workers", "1", *port_base())
    try:
        wait_until(up.is_up, timeout=UP_SECONDS)
        assert named.run("executions").code == 0
    finally:
        up.end()
        up.close()
