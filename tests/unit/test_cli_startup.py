"""A command loads what it uses: the rest would take it longer than its work."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENGINE = ("redis", "dramatiq", "prometheus_client", "treadle.ledger.engine.engine")


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("treadle.cli.app", ("pydantic", "psycopg", "treadle.dag.model", "treadle.ledger.queries")),
        ("treadle.cli.executions", (*ENGINE, "networkx", "httpx", "treadle.planner.requests")),
        ("treadle.cli.keys", (*ENGINE, "httpx")),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_use(module: str, unused: tuple[str, ...]) -> None:
    """Help, what shows executions, and keys."""
    program = f"import sys, {module}; print([m for m in {unused!r} if m in sys.modules])"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "[]"
