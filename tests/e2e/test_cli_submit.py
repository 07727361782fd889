"""`treadle validate`, `submit`, `show`, `watch` and `executions`, as a user calls them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.command_line import Folder
from tests.support.workflows import Document, chain, for_each, node, start, workflow

WaitUntil = Callable[..., Any]

ECHO = chain(node("echo", configurations={"operation": "custom", "expression": "{'got': input.n}"}))
SLOW = chain(node("rest", "FLOW.DELAY", configurations={"duration_seconds": 3600}))


def named(document: Document) -> Document:
    """Return the workflow under an id of its own."""
    return {**document, "metadata": {"id": f"w-{uuid4().hex}", "name": "w"}}


def test_a_watched_submission_prints_one_document_and_exits_with_zero(folder: Folder) -> None:
    """As a process of its own: nothing but the execution is on standard output."""
    file = folder.write("echo.json", ECHO)

    done = folder.process("submit", file, "--input", "-", "--watch", "--json", stdin='{"n": 7}')

    execution = done.document
    assert done.code == 0
    assert done.err == ""
    assert execution["status"] == "SUCCESS"
    assert execution["output"] == {"echo": {"got": 7}}
    assert execution["counts"] == {"completed": 2}
    records = {record["node_id"]: record for record in execution["node_executions"]}
    assert records["echo"]["status"] == "completed"
    assert records["echo"]["scope"] == ""
    assert records["echo"]["output_key"] == "result"
    assert records["echo"]["output_data"] == {"got": 7}
    assert records["echo"]["error"] is None


def test_show_prints_what_the_watched_submission_printed(folder: Folder) -> None:
    """The same document, later, by its id."""
    file = folder.write("echo.json", ECHO)
    watched = folder.run("submit", file, "--input-json", '{"n": 1}', "--watch", "--json").document

    shown = folder.run("show", watched["id"], "--json")

    assert shown.code == 0
    assert shown.document == watched


def test_a_submission_prints_its_id_alone(folder: Folder) -> None:
    """So that a script can keep it; `watch` then waits for the end."""
    submitted = folder.run("submit", folder.write("echo.json", ECHO), "--input-json", '{"n": 1}')

    watched = folder.run("watch", str(UUID(submitted.out.strip())), "--json")

    assert submitted.code == 0
    assert watched.code == 0
    assert watched.document["status"] == "SUCCESS"


def test_a_failed_execution_exits_with_one_and_tells_the_error(folder: Folder) -> None:
    """Plain text for a person: the node, the message, the reason, the solution."""
    broken = chain(
        node("break", configurations={"operation": "custom", "expression": "input.none.deeper"})
    )

    done = folder.run("submit", folder.write("broken.json", broken), "--watch")

    assert done.code == 1
    assert "break  failed" in done.out
    assert "ERROR" in done.out
    assert "reason: expression_failed" in done.out
    assert re.search(r"^  node: \w+ \([A-Z_]+\.[A-Z_]+\)$", done.out, re.MULTILINE)


def test_a_loop_is_one_line_with_its_counts(folder: Folder) -> None:
    """Three iterations are not three lines, and the body stands under its loop."""
    document = workflow(
        start(), for_each("loop"), node("step"), connect="start -> loop, loop:body -> step"
    )

    done = folder.run(
        "submit",
        folder.write("loop.json", document),
        "--input-json",
        '{"items": [1, 2, 3]}',
        "--watch",
    )

    assert done.code == 0
    assert done.out.count("step") == 1
    assert "✓ step  × 3" in done.out


def test_all_records_of_a_large_execution_are_printed(folder: Folder) -> None:
    """More than the first thousand, which is what an answer over HTTP holds."""
    document = workflow(
        start(), for_each("loop"), node("step"), connect="start -> loop, loop:body -> step"
    )
    given = folder.write("items.json", {"items": list(range(1_100))})

    done = folder.run(
        "submit", folder.write("w.json", document), "--input", given, "--watch", "--json"
    )

    assert done.code == 0
    assert len(done.document["node_executions"]) == 1_102
    assert done.document["counts"] == {"completed": 1_102}


def test_a_large_output_is_printed_whole(folder: Folder) -> None:
    """The document leaves nothing out, however large the value."""
    text = "x" * 100_000
    file = folder.write("echo.json", ECHO)

    done = folder.run(
        "submit", file, "--input", folder.write("i.json", {"n": text}), "--watch", "--json"
    )

    records = {record["node_id"]: record for record in done.document["node_executions"]}
    assert records["echo"]["output_data"] == {"got": text}


def test_an_invalid_workflow_is_not_submitted(folder: Folder) -> None:
    """All its problems are told, and the exit code is that of `validate`."""
    file = folder.write("bad.json", {**ECHO, "triggers": ["nobody"]})

    plain = folder.run("submit", file)
    as_json = folder.run("submit", file, "--json")

    assert (plain.code, as_json.code) == (1, 1)
    assert "triggers[0]" in plain.err
    assert as_json.refusal == "workflow_invalid"


def test_the_same_key_gives_the_same_execution(folder: Folder) -> None:
    """A submission that is repeated under its key runs once; another request is refused."""
    file, key = folder.write("echo.json", ECHO), uuid4().hex
    arguments = ("submit", file, "--key", key, "--json", "--input-json")

    first = folder.run(*arguments, '{"n": 1}').document
    again = folder.run(*arguments, '{"n": 1}').document
    other = folder.run(*arguments, '{"n": 2}')

    assert again["id"] == first["id"]
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert other.code == 4
    assert other.refusal == "idempotency_conflict"


def test_a_deadline_ends_an_execution_as_timeout(folder: Folder) -> None:
    """Its watcher exits with 1."""
    file = folder.write("slow.json", SLOW)

    done = folder.run("submit", file, "--deadline", "0.3", "--watch", "--json")

    assert done.code == 1
    assert done.document["status"] == "TIMEOUT"
    assert done.document["error"]["error_code"] == "execution_deadline_exceeded"


def test_a_trigger_that_is_not_there_is_refused(folder: Folder) -> None:
    """With the reason, and without a traceback."""
    done = folder.run("submit", folder.write("echo.json", ECHO), "--trigger", "nobody")

    assert done.code == 4
    assert "reason: trigger_not_found" in done.err
    assert "solution: " in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{", "--input-json"),
        ("1e999", "is out of range"),
        (str(2**63), "is out of range"),
        ("NaN", "is out of range"),
    ],
)
def test_an_input_that_is_no_value_is_refused(folder: Folder, given: str, told: str) -> None:
    """Nothing is rounded or let through."""
    done = folder.run("submit", folder.write("echo.json", ECHO), "--input-json", given)

    assert done.code == 2
    assert "reason: input_invalid" in done.err
    assert told in done.err


def test_a_file_that_is_not_there_is_named(folder: Folder) -> None:
    """As a mistake in the command, not in the workflow."""
    done = folder.run("submit", "nowhere.json")

    assert done.code == 2
    assert "nowhere.json" in done.err
    assert "reason: file_unreadable" in done.err


def test_an_unknown_execution_is_refused(folder: Folder) -> None:
    """By every command that takes an id."""
    unknown = str(uuid4())

    for command in ("show", "watch", "cancel", "pause", "resume", "retry"):
        done = folder.run(command, unknown, "--json")

        assert done.code == 4, command
        assert done.refusal == "execution_not_found"


def test_executions_are_listed_newest_first(folder: Folder) -> None:
    """By workflow and status, as JSON and for a person."""
    document = named(ECHO)
    workflow_id = document["metadata"]["id"]
    file = folder.write("echo.json", document)
    ids = [
        folder.run("submit", file, "--input-json", '{"n": 1}', "--watch", "--json").document["id"]
        for _ in range(2)
    ]

    listed = folder.run("executions", "--workflow", workflow_id, "--status", "success", "--json")
    limited = folder.run("executions", "--workflow", workflow_id, "--limit", "1")
    failed = folder.run("executions", "--workflow", workflow_id, "--status", "ERROR", "--json")

    assert [each["id"] for each in listed.document] == [ids[1], ids[0]]
    assert ids[1] in limited.out
    assert ids[0] not in limited.out
    assert failed.document == []


def test_a_valid_workflow_validates(folder: Folder) -> None:
    """From a file or from standard input; exit code 0 and no problems."""
    from_file = folder.run("validate", folder.write("echo.json", ECHO), "--json")
    piped = folder.run("validate", "-", "--json", stdin='{"nodes": []}')

    assert from_file.code == 0
    assert from_file.document == {"valid": True, "problems": []}
    assert piped.code == 1
    assert piped.document["valid"] is False
