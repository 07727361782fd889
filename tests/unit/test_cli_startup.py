"""A process loads what it uses: the rest would take it longer than its work."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENGINE = ("redis", "dramatiq", "prometheus_client", "treadle.ledger.engine.engine")
#: What only the gateway, the planner or an HTTP node uses.
LARGE = ("fastapi", "uvicorn", "openai", "anthropic", "instructor", "httpx", "networkx")
#: What only changes the ledger.
WRITING = ("treadle.ledger.engine.engine", "treadle.ledger.engine.unit_of_work")
#: What one command alone uses of a cluster: answers, retries, plans, following.
ONE_COMMAND = (
    "treadle.hil.answers",
    "treadle.ledger.engine.retrying",
    "treadle.planner.requests",
    "treadle.cli.tail",
)


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("treadle.cli.app", ("pydantic", "psycopg", "treadle.dag.model", "treadle.ledger.queries")),
        ("treadle.cli.validate", (*ENGINE, *LARGE, "psycopg", "structlog", "rich.table")),
        ("treadle.cli.executions", (*ENGINE, *LARGE, "treadle.planner.requests")),
        ("treadle.cli.submit", LARGE),
        ("treadle.cli.keys", (*ENGINE, *LARGE)),
        # Inbox reads the ledger through the second one.
        ("treadle.cli.inbox", (*ENGINE, *LARGE, "treadle.planner.requests")),
        ("treadle.cli.ledger", ("redis", "dramatiq", *LARGE, *WRITING)),
        ("treadle.cli.local", (*LARGE, *ONE_COMMAND)),
        ("treadle.cli.checkup", ("dramatiq", *LARGE, *WRITING)),
        ("treadle.core.settings", ("psycopg", "redis", "httpx")),
        # It starts before the first call of each, and again for each call that it dies of.
        (
            "treadle.workers.lanes.child_process",
            (*ENGINE, *LARGE, "psycopg", "jinja2", "pydantic_settings", "treadle.dag.model"),
        ),
    ],
)
def test_a_process_loads_nothing_that_it_does_not_use(module: str, unused: tuple[str, ...]) -> None:
    """Help, what checks, shows and runs workflows, and a child of tasks."""
    program = f"import sys, {module}; print([m for m in {unused!r} if m in sys.modules])"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["validate", "nosuch.json"]])
def test_a_whole_command_loads_none_of_the_large_libraries(arguments: list[str]) -> None:
    """From its start to its end, whatever is loaded on the way."""
    unused = (*ENGINE, *LARGE, "psycopg")
    program = (
        "import sys\nfrom treadle.cli import main\nsys.argv[0] = 'treadle'\n"
        f"try:\n    main()\nfinally:\n    print([m for m in {unused!r} if m in sys.modules])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )

    assert ran.stdout.splitlines()[-1] == "[]"
