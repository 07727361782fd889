"""Where SQL stands: queries in `*/sql/*.sql`, and in Python only what cannot stand there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(each.name for each in (ROOT / "treadle").iterdir() if each.is_symlink())
#: How a statement begins, and what each of that kind has in it.
STATEMENT = re.compile(
    r"\s*(?:select\s.*|(?:insert\s+into|delete\s+from|merge\s+into)\s.*|update\s+\w+\s.*set\s.*"
    r"|with\s+\w+\s+as\s.*|(?:create|alter|drop|truncate)\s+(?:table|index|database|type|view)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
#: Statements that name no table of the ledger's, or that cannot be prepared as a query is.
ALLOWED = {
    ("core/embedded/postgres.py", "SELECT 1 FROM pg_database WHERE datname = %s"),
    ("core/embedded/postgres.py", "CREATE DATABASE "),
    ("ledger/engine/schedule.py", "drop table {}"),
    ("ledger/migrations/__init__.py", "create table if not exists migrations "
     "(name text primary key, applied_at timestamptz not null default clock_timestamp())"),
    ("monitoring/health.py", "select 1"),
}  # fmt: skip


def statements() -> Iterator[tuple[str, str]]:
    """Yield the texts in code that are statements of SQL, each with its file."""
    files = [
        path
        for package in (*PACKAGES, "treadle/cli")
        for path in sorted((ROOT / package).rglob("*.py"))
    ]
    for path in files:
        tree = ast.parse(path.read_text())
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                # A sentence begins with a capital; the statements of others may too.
                is_sentence = node.value[:1].isupper() and not node.value[:4].isupper()
                if id(node) not in docs and not is_sentence and STATEMENT.fullmatch(node.value):
                    yield str(path.relative_to(ROOT)), node.value


def test_queries_stand_in_files_of_sql() -> None:
    """Where each of them is prepared against the schema by a test."""
    assert set(statements()) == ALLOWED
