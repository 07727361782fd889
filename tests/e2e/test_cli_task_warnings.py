"""A task that no worker has, an input that none reads: whatever shows the workflow says so."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import TREADLE, Folder
from tests.support.workflows import chain, node
from treadle.core.settings import child_environment

FLOW = chain(
    node("call", "ACTION.PYTHON_TASK", configurations={"task": "hol"}),
    node(
        "wait",
        "ACTION.PYTHON_TASK",
        configurations={"task": "wait_for"},
        input_params={"fiel": "x"},
    ),
)
MEANT = 'No worker has the task "hol". Did you mean "hold"?'
MEANT_INPUT = 'The task "wait_for" has no parameter "fiel". Did you mean "file"?'
#: Where, and why.
PLACES = {
    "nodes[1].configurations.task": "no_capable_worker",
    "nodes[2].input_params.fiel": "unknown_input",
}


@pytest.fixture(params=["folder", "gateway"])
def variables(request: pytest.FixtureRequest, folder: Folder, server: str) -> dict[str, str]:
    """Return how commands reach the cluster: in its folder, or through its gateway."""
    if request.param == "folder":
        return {}
    made = folder.run("keys", "create", "--owner", "local", "--json").document
    return {"TREADLE_SERVER": server, "TREADLE_API_KEY": made["key"]}


@pytest.fixture
def flow(folder: Folder) -> str:
    """Return a workflow with a slip in the name of a task, and one in that of a parameter."""
    return folder.write("flow.json", FLOW)


@pytest.fixture
def execution(folder: Folder, flow: str) -> Iterator[str]:
    """Return its execution, which stands still; it ends with the test."""
    made = folder.run("submit", flow).out.strip()
    yield made
    folder.run("cancel", made)


def test_validate_warns(folder: Folder, flow: str, variables: dict[str, str]) -> None:
    """With its place, and what was meant; the workflow is valid all the same."""
    text = folder.run("validate", flow, **variables)
    document = folder.run("validate", flow, "--json", **variables).document

    assert text.code == 0
    assert MEANT in text.out
    assert MEANT_INPUT in text.out
    assert document["valid"] is True
    assert {each["path"]: each["reason"] for each in document["warnings"]} == PLACES


def test_submit_warns(folder: Folder, flow: str, variables: dict[str, str]) -> None:
    """Beside the id, where a person reads standard error."""
    terminal, end = pty.openpty()
    done = subprocess.run(
        [TREADLE, "submit", flow],
        cwd=folder.path,
        env=child_environment(**variables),
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
        check=True,
    )
    os.close(end)
    with os.fdopen(terminal, "rb", 0) as reader:
        said = " ".join(reader.read(4_096).decode().split())
    folder.run("cancel", done.stdout.strip())

    assert MEANT in said
    assert MEANT_INPUT in said


def test_show_warns(folder: Folder, execution: str, variables: dict[str, str]) -> None:
    """With the node that waits, and the one that has the input."""
    done = folder.run("show", execution, **variables)
    document = folder.run("show", execution, "--json", **variables).document

    assert f"warning: call waits: {MEANT}" in done.out
    assert f"warning: wait: {MEANT_INPUT}" in done.out
    warnings = {each["node_id"]: each["reason"] for each in document["warnings"]}
    assert warnings == {"call": "no_capable_worker", "wait": "unknown_input"}


def test_watch_warns(
    folder: Folder,
    execution: str,
    variables: dict[str, str],
    wait_until: Callable[..., Any],
) -> None:
    """While it waits, and once."""
    running = folder.start("watch", execution, **variables)
    try:
        wait_until(lambda: MEANT in running.said and MEANT_INPUT in running.said)
        folder.run("cancel", execution)
        assert running.end() is not None
    finally:
        running.close()
    assert running.said.count(MEANT) == running.said.count(MEANT_INPUT) == 1


def test_validate_without_a_cluster_says_what_it_does_not_know(tmp_path: Path) -> None:
    """A definition is checked all the same; one without tasks has nothing to ask for."""
    here = Folder(tmp_path)
    flow = here.write("flow.json", FLOW)
    done = here.run("validate", flow)

    assert done.code == 0
    assert "valid" in done.out
    assert "is not known: No server address is set" in done.out
