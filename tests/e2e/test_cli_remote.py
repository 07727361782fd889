"""The same commands through a gateway: `TREADLE_SERVER` and `TREADLE_API_KEY`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Folder
from tests.support.workflows import chain, for_each, node, start, workflow

EACH = workflow(start(), for_each("each"), node("step"), connect="start -> each, each:body -> step")
#: Waits for longer than any test.
REST = chain(node("rest", "FLOW.DELAY", configurations={"duration_seconds": 3600}))


@pytest.fixture
def far(folder: Folder, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return a folder whose commands speak to the gateway, as a user who has a key of theirs."""
    made = folder.run("keys", "create", "--owner", "ana", "--scopes", "read,run,answer", "--json")
    (tmp_path / ".treadle").unlink()
    monkeypatch.setenv("TREADLE_SERVER", server)
    monkeypatch.setenv("TREADLE_API_KEY", made.document["key"])
    return folder


def test_a_submission_is_watched_to_its_end_through_a_gateway(far: Folder) -> None:
    """With all its records and all that they put out, whatever of it came by page or by itself."""
    value = {"items": list(range(1_010)), "text": "x" * 70_000}

    done = far.run(
        "submit", far.write("each.json", EACH), "--input", far.write("in.json", value),
        "--watch", "--json",
    )  # fmt: skip

    assert done.code == 0, done.err
    execution = done.document
    outputs = {each["node_id"]: each["output_data"] for each in execution["node_executions"]}
    assert len(execution["node_executions"]) == 1_012
    assert outputs["start"] == value
    assert execution["output"]["each"]["count"] == 1_010
    assert execution["trigger_info"]["trigger_data"] == value


def test_a_person_reads_progress_as_in_the_clusters_folder(far: Folder) -> None:
    """Lines where there is no terminal."""
    done = far.run("submit", far.write("one.json", chain(node("one"))), "--watch")

    assert done.code == 0, done.err
    assert "one  completed" in done.out
    assert "SUCCESS" in done.out


def test_an_execution_is_controlled_through_a_gateway(far: Folder) -> None:
    """Listed, paused, resumed, canceled and repeated, with the same words and exit codes."""
    execution_id = far.run("submit", far.write("rest.json", REST)).out.strip()

    assert far.run("pause", execution_id, "--json").document["status"] == "PAUSED"
    assert far.run("resume", execution_id, "--json").document["status"] == "RUNNING"
    assert far.run("cancel", execution_id, "--json").document["status"] == "CANCELED"
    assert far.run("show", execution_id).code == 1
    again = far.run("retry", execution_id, "--json").document
    assert again["retry_of"] == execution_id
    listed = far.run("executions", "--limit", "2", "--json").document
    assert [each["id"] for each in listed] == [again["id"], execution_id]
    far.run("cancel", again["id"])


def test_a_question_is_answered_through_a_gateway(far: Folder) -> None:
    """It stands in the inbox, and its answer ends what waited for it."""
    asking = chain(
        node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations={"title": "May it?"})
    )
    execution_id = far.run("submit", far.write("ask.json", asking)).out.strip()
    found: list[dict[str, str]] = []
    while not found:
        found = far.run("inbox", "--execution", execution_id, "--json").document

    answered = far.run("answer", found[0]["id"], "--decision", "approve", "--json").document

    assert answered["decision"] == "confirmed"
    assert far.run("watch", execution_id).code == 0


def test_the_doctor_asks_the_gateway(far: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it can do its work, and whether it takes the key."""
    well = far.run("doctor", "--json")
    monkeypatch.setenv("TREADLE_API_KEY", "tk_none_at_all")
    ill = far.run("doctor", "--json")

    assert (well.code, [each["check"] for each in well.document["checks"]]) == (
        0,
        ["gateway", "key"],
    )
    assert (ill.code, ill.document["checks"][-1]["ok"]) == (1, False)


def test_what_a_gateway_refuses_is_told_in_its_own_words(
    far: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its reason, and the exit code that scripts know."""
    nobody = "01900000-0000-7000-8000-000000000000"

    missing = far.run("show", nobody, "--json")
    monkeypatch.setenv("TREADLE_API_KEY", "tk_none_at_all")
    unknown = far.run("executions", "--json")
    monkeypatch.setenv("TREADLE_SERVER", "http://127.0.0.1:9")
    away = far.run("executions", "--json")

    assert (missing.code, missing.refusal) == (4, "execution_not_found")
    assert (unknown.code, unknown.refusal) == (4, "key_invalid")
    assert "TREADLE_API_KEY" in json.loads(unknown.err)["error_details"]["solution"]
    assert (away.code, away.refusal) == (3, "gateway_unreachable")
