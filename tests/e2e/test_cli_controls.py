"""`treadle cancel`, `pause`, `resume`, `retry` on executions that run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.command_line import Folder
from tests.support.workflows import Document, chain, node

WaitUntil = Callable[..., Any]


#: Goes on until somebody ends it.
REST = chain(node("rest", "FLOW.DELAY", configurations={"duration_seconds": 3600}))


def call(task: str, *after: str, **params: Any) -> Document:
    """Return a workflow that calls a task of the user's between other nodes."""
    config = {"task": task}
    step = node("call", "ACTION.PYTHON_TASK", configurations=config, input_params=params)
    return chain(node("before"), step, *map(node, after))


def submitted(folder: Folder, document: Document) -> str:
    """Submit a workflow and return the execution's id."""
    return folder.run("submit", folder.write("workflow.json", document)).out.strip()


def statuses(folder: Folder, execution_id: str) -> dict[str, str]:
    """Return the status of each node that has a record."""
    shown = folder.run("show", execution_id, "--json").document
    return {record["node_id"]: record["status"] for record in shown["node_executions"]}


def test_a_canceled_execution_ends(folder: Folder) -> None:
    """With what it waited for; a second cancel is refused, for final is final."""
    execution_id = submitted(folder, REST)

    canceled = folder.run("cancel", execution_id)
    again = folder.run("cancel", execution_id, "--json")
    watched = folder.run("watch", execution_id, "--json")

    assert canceled.code == 0
    assert canceled.out == f"{execution_id} is CANCELED\n"
    assert again.code == 4
    assert again.refusal == "execution_is_final"
    assert watched.code == 1
    assert watched.document["status"] == "CANCELED"
    assert statuses(folder, execution_id)["rest"] == "canceled"


def test_a_paused_execution_begins_nothing_until_it_is_resumed(
    folder: Folder, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """What runs when the pause comes ends and is kept, and what comes after it waits."""
    gate = tmp_path / "gate"
    execution_id = submitted(folder, call("wait_for", "after", file=str(gate)))
    wait_until(lambda: statuses(folder, execution_id).get("call") == "running")

    paused = folder.run("pause", execution_id, "--json")
    gate.touch()
    wait_until(lambda: statuses(folder, execution_id)["call"] == "completed")
    held = statuses(folder, execution_id)
    resumed = folder.run("resume", execution_id, "--json")
    watched = folder.run("watch", execution_id, "--json")

    assert paused.document == {"id": execution_id, "status": "PAUSED"}
    assert held["after"] == "pending"
    assert resumed.code == 0
    assert watched.document["status"] == "SUCCESS"


def test_a_retry_keeps_what_stands_and_is_a_new_execution(folder: Folder, tmp_path: Path) -> None:
    """What failed runs again; what completed does not."""
    gate = tmp_path / "gate"
    execution_id = submitted(folder, call("open_gate", file=str(gate)))
    failed = folder.run("watch", execution_id, "--json").document

    gate.touch()
    retried = folder.run("retry", execution_id, "--watch", "--json")

    execution = retried.document
    assert failed["status"] == "ERROR"
    assert retried.code == 0
    assert execution["id"] != execution_id
    assert execution["retry_of"] == execution_id
    before = {r["node_id"]: r["start_time"] for r in failed["node_executions"]}
    after = {r["node_id"]: r["start_time"] for r in execution["node_executions"]}
    assert after["before"] == before["before"]
    assert after["call"] > before["call"]
    assert folder.run("show", execution_id, "--json").document["retried_as"] == [execution["id"]]


def test_a_retry_under_a_key_is_made_once(folder: Folder, server: str, tmp_path: Path) -> None:
    """In the folder and through the gateway, however often it is asked for."""
    execution_id = submitted(folder, call("open_gate", file=str(tmp_path / "gate")))
    folder.run("watch", execution_id)
    key = folder.run("keys", "create", "--json").document["key"]

    made = [folder.run("retry", execution_id, "--key", "k1").out for _ in range(2)]
    there = {"TREADLE_SERVER": server, "TREADLE_API_KEY": key}
    again = folder.run("retry", execution_id, "--key", "k1", **there)
    other = folder.run("retry", execution_id, "--key", "k2")

    assert {*made, again.out} == {made[0]}
    assert made[0] not in {execution_id, other.out}


def test_a_successful_execution_has_nothing_to_retry(folder: Folder) -> None:
    """It is refused, and so is one that still runs."""
    done = folder.run("submit", folder.write("w.json", chain(node("n"))), "--watch", "--json")
    running = submitted(folder, REST)

    nothing = folder.run("retry", done.document["id"], "--json")
    too_early = folder.run("retry", running, "--json")

    assert (nothing.code, nothing.refusal) == (4, "nothing_to_retry")
    assert (too_early.code, too_early.refusal) == (4, "execution_not_final")
    folder.run("cancel", running)


def test_retries_of_a_node_are_counted_and_shown(folder: Folder, tmp_path: Path) -> None:
    """A task that fails once and then succeeds has one retry."""
    document = call("fail_once", file=str(tmp_path / "once"))
    document["nodes"][2]["configurations"].update(retry_min_ms=1, retry_max_ms=10)

    done = folder.run("submit", folder.write("w.json", document), "--watch")

    assert done.code == 0
    assert "call  retrying: Task fail_once raised OSError: not yet" in done.out
    assert "1 retry" in done.out
