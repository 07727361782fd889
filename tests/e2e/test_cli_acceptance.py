"""The acceptance cases, from a file to a result, by the commands that the issue fixes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import acceptance
from tests.support.command_line import Folder


@pytest.mark.parametrize("name", acceptance.names("run"))
def test_a_workflow_ends_as_it_should(folder: Folder, name: str) -> None:
    """`submit --watch --json` prints the execution that the case expects."""
    case = acceptance.case("run", name)
    expect = case["expect"]

    done = folder.run(
        "submit",
        folder.write("workflow.json", case["workflow"]),
        "--input",
        folder.write("input.json", case["input"]),
        "--watch",
        "--json",
    )

    execution = done.document
    assert execution["status"] == expect["status"], execution["error"]
    assert done.code == (0 if expect["status"] == "SUCCESS" else 1)
    if "output" in expect:
        assert execution["output"] == expect["output"]
    if "completed" in expect:
        assert execution["counts"]["completed"] == expect["completed"]
    records = {(r["scope"], r["node_id"]): r for r in execution["node_executions"]}
    for node_id, wanted in expect.get("nodes", {}).items():
        assert_contained(wanted, records["", node_id])


@pytest.mark.parametrize("name", acceptance.names("invalid"))
def test_a_workflow_is_refused_with_all_its_problems(folder: Folder, name: str) -> None:
    """`validate --json` prints every problem that the case lists, each with what mends it."""
    case = acceptance.case("invalid", name)

    done = folder.run("validate", folder.write("workflow.json", case["workflow"]), "--json")

    document = done.document
    found = {(problem["path"], problem["reason"]) for problem in document["problems"]}
    assert done.code == 1
    assert document["valid"] is False
    assert found >= {(problem["path"], problem["reason"]) for problem in case["problems"]}
    assert all(problem["message"] and problem["solution"] for problem in document["problems"])


def assert_contained(wanted: dict[str, Any], record: dict[str, Any]) -> None:
    """Compare what is wanted of a record; of its error only what is named."""
    for key, value in wanted.items():
        if key == "error":
            assert record["error"].items() >= value.items()
        else:
            assert record[key] == value
