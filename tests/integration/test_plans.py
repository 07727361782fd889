"""Plans: a session keeps those that it made while the tables were empty, and they hold for more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.statements import numbered
from treadle.core.postgres import connect
from treadle.ledger.queries import queries

#: The tables that grow.
LARGE = ("executions", "node_executions", "scopes", "events", "interactions")
#: What looks for what is due or waits, by an index of just that.
LOOKING = {"due_questions", "pending_questions", "unwarned_questions", "interactions"}
STATEMENTS = [
    (file, name)
    for file in ("work", "people", "retrying")
    for name in queries(file)
    if name not in LOOKING
]


@pytest.fixture
def session(fresh_postgres_url: str) -> Iterator[psycopg.Connection]:
    with connect(fresh_postgres_url, autocommit=True) as made:
        yield made


@pytest.mark.parametrize(("file", "name"), STATEMENTS)
def test_a_statement_finds_its_rows_by_their_key(
    session: psycopg.Connection, file: str, name: str
) -> None:
    """Whatever else it asks of them: an index of states leads to those of everybody else too."""
    assert [each for each in scans(plan(session, queries(file)[name])) if not by_key(each)] == []


def plan(session: psycopg.Connection, query: str) -> dict[str, Any]:
    """Return the plan that serves whatever the parameters are."""
    text = f"explain (generic_plan, format json) {numbered(query)}"
    row: Any = session.execute(text.encode()).fetchone()
    found: dict[str, Any] = row[0][0]["Plan"]
    return found


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parts of a plan that read rows of tables that grow."""
    table = re.sub(r"_\d{8}$", "", node.get("Relation Name", ""))
    if table in LARGE and node["Node Type"] not in {"ModifyTable", "Bitmap Heap Scan"}:
        yield node
    for part in node.get("Plans", ()):
        yield from scans(part)


def by_key(scan: dict[str, Any]) -> bool:
    """Return whether a scan enters by the id of an execution or a question, or one row's place."""
    entered = scan.get("Index Cond") or scan.get("TID Cond") or ""
    return re.search(r"\b(id|execution_id|ctid|retry_of|interaction_id)\b", entered) is not None
