"""docs/states.md from the tables of `dag.states`: `python -m treadle.dag.state_docs FILE`.

A test compares the file with what this writes, so the page cannot differ from the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from treadle.core.field_docs import lines_below
from treadle.dag import states

_MACHINES: Sequence[tuple[str, type[StrEnum], Sequence[states.Transition[Any]]]] = (
    ("Node executions", states.NodeState, states.NODE_TRANSITIONS),
    ("Scopes", states.ScopeState, states.SCOPE_TRANSITIONS),
    ("Executions", states.ExecutionStatus, states.EXECUTION_TRANSITIONS),
)
_WORDS: Sequence[tuple[str, type[StrEnum]]] = (
    ("What a waiting node waits for", states.WaitKind),
    ("Why a loop is ready", states.LoopPhase),
)

_FIRING = (
    "Changes are fired by the calls of the protocol that `ledger/__init__.py` lists; `settle`,",
    "`claim` and `release` are what its `commit` does. *Any settle* is whatever settles nodes,",
    "for what follows from it: settle, wake, answer, time out, end overdue, and submit and retry,",
    "which settle what an execution begins with. Changes fired by *nothing yet* belong to limits",
    "and sub-workflows, which are not built. A node that is handed off goes through `ready` within",
    "one statement.",
)


def markdown() -> str:
    """Return the page."""
    lines = [
        "# States",
        "",
        "Written by `python -m treadle.dag.state_docs docs/states.md` from `dag/states.py`;"
        " edit that.",
        "",
        *_FIRING,
    ]
    for title, kind, table in _MACHINES:
        lines += ["", f"## {title}", "", *_diagram(table), "", *_meanings(kind), "", *_rows(table)]
    for title, kind in _WORDS:
        lines += ["", f"## {title}", "", *_meanings(kind)]
    lines += ["", "## On the wire", "", "States that have another name in the API:"]
    lines += ["", "| ledger | API |", "|---|---|"]
    lines += [
        f"| `{state}` | `{word}` |"
        for state, word in states.WIRE_NODE_STATUS.items()
        if word != state.value
    ]
    return "\n".join(lines) + "\n"


def _diagram(table: Sequence[states.Transition[Any]]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    drawn = dict.fromkeys((row.leaves or "[*]", row.enters) for row in table)
    for leaves, enters in drawn:
        yield f"    {leaves} --> {enters}"
    yield "```"


def _rows(table: Sequence[states.Transition[Any]]) -> Iterator[str]:
    yield "| from | to | when | fired by |"
    yield "|---|---|---|---|"
    for row in table:
        leaves = f"`{row.leaves}`" if row.leaves else "(new)"
        yield f"| {leaves} | `{row.enters}` | {row.when} | {row.fired_by} |"


def _meanings(kind: type[StrEnum]) -> Iterator[str]:
    yield "| state | meaning |"
    yield "|---|---|"
    for name, meaning in lines_below(kind):
        yield f"| `{kind[name].value}` | {meaning} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
