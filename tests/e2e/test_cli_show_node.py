"""`treadle show ID NODE`: one node, with all that is known of it."""

from __future__ import annotations

from tests.support.command_line import Folder
from tests.support.workflows import chain, node

#: A task that fails for good while its file is not there.
GATE = "open_gate"


def failed(folder: Folder) -> str:
    """Run a workflow whose second node fails; return its id."""
    first = node("first", configurations={"operation": "custom", "expression": "{'a': 1}"})
    gate = node(
        "gate", "ACTION.PYTHON_TASK", configurations={"task": GATE}, input_params={"file": "none"}
    )
    file = folder.write("w.json", chain(first, gate))
    done = folder.run("submit", file, "--watch", "--json")
    assert done.code == 1
    return str(done.document["id"])


def test_a_node_shows_its_input_error_and_attempts(folder: Folder) -> None:
    """What arrived, what it failed with, how often it was tried, and when."""
    execution = failed(folder)

    done = folder.run("show", execution, "gate")

    assert done.code == 1
    assert done.out.startswith("gate  ACTION.PYTHON_TASK  ")
    assert "  status: failed\n  began 20" in done.out
    assert '  input from first: {"a": 1}' in done.out.replace('{"a":1}', '{"a": 1}')
    assert "  error: " in done.out
    assert "none is not there" in done.out
    assert "    solution: " in done.out


def test_a_node_that_is_well_shows_its_output(folder: Folder) -> None:
    """And the command ends well, though the execution did not."""
    done = folder.run("show", failed(folder), "first")

    assert done.code == 0
    assert "  status: completed" in done.out
    assert "  output (result): " in done.out


def test_json_holds_the_records_of_the_node_alone(folder: Folder) -> None:
    """As the execution's document has them."""
    execution = failed(folder)
    records = folder.run("show", execution, "--json").document["node_executions"]

    found = folder.run("show", execution, "gate", "--json").document

    assert found == [each for each in records if each["node_id"] == "gate"]


def test_a_node_that_is_none_is_refused_with_the_one_that_may_be_meant(folder: Folder) -> None:
    """Or with what lists them; a scope it is not in, too."""
    execution = failed(folder)

    unknown = folder.run("show", execution, "gaet")
    elsewhere = folder.run("show", execution, "gate", "--scope", "each:1")

    assert (unknown.code, elsewhere.code) == (4, 4)
    assert "has no node 'gaet'. Did you mean 'gate'?" in unknown.err.replace('"', "'")
    assert "has not begun in the scope" in elsewhere.err
    assert folder.run("show", execution, "--scope", "each:1").code == 2
