"""The state tables: they hold together, and what is derived from them says the same."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from tests.support.state_machines import sources_of
from treadle import ledger
from treadle.core.field_docs import lines_below
from treadle.dag import states
from treadle.dag.state_docs import markdown
from treadle.dag.states import ExecutionStatus, NodeState, ScopeState

MACHINES = [
    (NodeState, states.NODE_TRANSITIONS),
    (ScopeState, states.SCOPE_TRANSITIONS),
    (ExecutionStatus, states.EXECUTION_TRANSITIONS),
]
ENUMS = [NodeState, ScopeState, ExecutionStatus, states.WaitKind, states.LoopPhase]


@pytest.mark.parametrize(("kind", "table"), MACHINES)
def test_every_state_can_be_reached(
    kind: type[StrEnum], table: tuple[states.Transition[Any], ...]
) -> None:
    """From birth, every state of a machine is reached by some rows."""
    reached: set[Any] = {None}
    for _ in kind:
        reached |= {row.enters for row in table if row.leaves in reached}

    assert reached == {None, *kind}


@pytest.mark.parametrize(("kind", "table"), MACHINES)
def test_no_change_stands_twice(
    kind: type[StrEnum], table: tuple[states.Transition[Any], ...]
) -> None:
    """One row a change, so that who fires it is said in one place."""
    changes = [(row.leaves, row.enters) for row in table]

    assert len(changes) == len(set(changes))


def test_final_states_are_the_ones_the_design_names() -> None:
    """Nothing leaves them."""
    assert {str(each) for each in states.FINAL_NODE_STATES} == {
        "completed", "failed", "skipped", "canceled",
    }  # fmt: skip
    assert {str(each) for each in states.final_states(states.SCOPE_TRANSITIONS)} == {
        "ended",
        "failed",
        "canceled",
    }
    assert {str(each) for each in states.FINAL_EXECUTION_STATUSES} == {
        "SUCCESS", "ERROR", "CANCELED", "TIMEOUT",
    }  # fmt: skip


def test_every_unfinished_execution_may_end_in_every_way() -> None:
    """Any unfinished status may become any final one."""
    finals = states.FINAL_EXECUTION_STATUSES
    for final in finals:
        sources = sources_of(states.EXECUTION_TRANSITIONS, final)

        assert sources == set(ExecutionStatus) - finals


def test_whatever_is_not_final_can_be_canceled() -> None:
    """An execution or scope that ends early leaves no row behind."""
    assert (
        sources_of(states.NODE_TRANSITIONS, NodeState.CANCELED)
        == set(NodeState) - states.FINAL_NODE_STATES
    )


def test_only_a_running_node_is_retried_and_only_a_ready_one_runs() -> None:
    """The guards of a claim and of a failed attempt."""
    table = states.NODE_TRANSITIONS

    assert sources_of(table, NodeState.RUNNING) == {NodeState.READY}
    assert sources_of(table, NodeState.RETRYING) == {NodeState.RUNNING}


def test_the_wire_shows_no_ledger_detail() -> None:
    """A waiting node shows as running, one without a worker yet as pending."""
    assert set(states.WIRE_NODE_STATUS) == set(NodeState)
    assert set(states.WIRE_NODE_STATUS.values()) == {
        "pending", "running", "waiting_input", "retrying",
        "completed", "failed", "skipped", "canceled",
    }  # fmt: skip
    assert states.WIRE_NODE_STATUS[NodeState.WAITING] == "running"
    assert states.WIRE_NODE_STATUS[NodeState.READY] == "pending"


@pytest.mark.parametrize(("kind", "table"), MACHINES)
def test_every_change_is_fired_by_calls_of_the_ledger(
    kind: type[StrEnum], table: tuple[states.Transition[Any], ...]
) -> None:
    """By the names that `ledger` gives them, or by what the page explains."""
    told = re.findall(r"^    [a-z]+\.([a-z_]+(?:, [a-z_]+)*)  ", ledger.__doc__ or "", re.MULTILINE)
    calls = {name.replace("_", " ") for names in told for name in names.split(", ")}
    parts_of_commit = {"settle", "claim", "release"}
    known = calls | parts_of_commit | {states.ANY_SETTLE, states.LATER}

    for row in table:
        assert set(row.fired_by.split(", ")) <= known, f"{kind.__name__}: {row}"


@pytest.mark.parametrize("kind", ENUMS)
def test_every_state_says_what_it_means_to_a_person(kind: type[StrEnum]) -> None:
    """A line stands below each member."""
    said = dict(lines_below(kind))

    assert set(said) == {member.name for member in kind}
    assert all(said.values())


def test_the_states_page_is_written_from_the_tables() -> None:
    """docs/states.md is what `dag.state_docs` writes."""
    page = Path(__file__).parents[2] / "docs" / "states.md"

    assert page.read_text("utf-8") == markdown()
