"""Writes `ledger.sql`: what a release leaves in its ledger when all of its processes are killed.

Run it at a release, with the `treadle` that was released and that has an environment of its own:

    git worktree add ../released v0.1.0 && make -C ../released install
    .venv/bin/python -m tests.integration.stored.write ../released/.venv/bin/treadle "0.1.0"

It starts servers, and on them the release's scheduler and worker; submits `DOCUMENTS` with the
release's commands; waits until each execution is where it is wanted; kills the processes; and dumps
the database. `tests/integration/test_stored.py` opens that with the code at hand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from tests.support.workflows import Document, chain, for_each, node, start, workflow
from treadle.core.embedded import EmbeddedServers
from treadle.core.embedded.binaries import postgres_program

DUMP = Path(__file__).with_name("ledger.sql")
#: Under which `done` was submitted.
KEY = "asked for once"
PROMPT = "What is six times seven?"
A_DAY_MS = 86_400_000
TASKS = '''
"""Tasks that do not come to their end while this is written."""

from threading import Event

from treadle import NonRetryable, task


@task
def stored_double(value: int) -> int:
    if value == 2:
        Event().wait()
    return value * 2


@task
def stored_flaky() -> str:
    raise OSError("not yet")


@task
def stored_broken() -> str:
    raise NonRetryable("broken")
'''


def called(node_id: str, task: str, value: str | None = None, **config: Any) -> Document:
    """Return a node that calls a task."""
    params = {"value": f"{{{{ {value} }}}}"} if value else {}
    config = {"task": task, **config}
    return node(node_id, "ACTION.PYTHON_TASK", configurations=config, input_params=params)


def looping(loop: Document, value: str) -> Document:
    """Return a workflow of a loop whose body doubles a number, and a node after it."""
    double = called("double", "stored_double", value)
    after = {"operation": "custom", "expression": "input.results"}
    return workflow(
        start(), loop, double, node("after", configurations=after),
        connect=f"start -> {loop['id']}, {loop['id']}:body -> double, {loop['id']}:done -> after",
    )  # fmt: skip


def documents() -> dict[str, Document]:
    """Return a workflow for each state, by its id."""
    while_ = {"loop_type": "while", "loop_condition": "index < 4"}
    said = {"operation": "custom", "expression": "input.decision"}
    made = {
        "done": looping(for_each("each"), "item"),
        "for_each": looping(for_each("each", max_parallel=1), "item"),
        "while": looping(node("turns", "FLOW.LOOP", configurations=while_), "index"),
        "question": workflow(
            start(),
            node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations={"title": "Go on?"}),
            node("after", configurations=said),
            connect="start -> ask, ask:confirmed -> after",
        ),
        "waiting": workflow(
            start(),
            called("ready", "stored_later"),
            called("retry", "stored_flaky", retry_min_ms=A_DAY_MS, retry_max_ms=A_DAY_MS),
            node("timer", "FLOW.DELAY", configurations={"duration_seconds": A_DAY_MS / 1000}),
            connect="start -> ready, start -> retry, start -> timer",
        ),
        "failed": chain(node("before"), called("broken", "stored_broken")),
    }
    return {name: {**each, "metadata": {"id": name, "name": name}} for name, each in made.items()}


DOCUMENTS = documents()
INPUTS = {"done": {"items": [1, 3]}, "for_each": {"items": [1, 2, 3]}}
#: Where each execution is to be: its status, and the states of some of its node executions.
WANTED: Mapping[str, tuple[str, dict[str, str]]] = {
    "done": ("SUCCESS", {}),
    "for_each": ("RUNNING", {"each:0 double": "completed", "each:1 double": "running"}),
    "while": ("RUNNING", {"turns:1 double": "completed", "turns:2 double": "running"}),
    "question": ("WAITING_FOR_HUMAN", {"ask": "waiting_input"}),
    "waiting": ("RUNNING", {"ready": "ready", "retry": "retrying", "timer": "waiting"}),
    "failed": ("ERROR", {}),
    "treadle.plan": ("RUNNING", {"plan": "ready"}),
}


def executions(session: psycopg.Connection) -> dict[str, tuple[str, dict[str, str]]]:
    """Return what there is, as `WANTED` has it."""
    rows = session.execute(
        "select e.workflow_id, e.status, n.scope, n.node, n.state from executions e"
        " join node_executions n on n.execution_id = e.id"
    ).fetchall()
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for name, status, scope, node_id, state in rows:
        found.setdefault(name, (status, {}))[1][f"{scope} {node_id}".strip()] = state
    return found


def is_reached(found: Mapping[str, tuple[str, dict[str, str]]]) -> bool:
    """Return whether every execution is where it is wanted."""
    return found.keys() == WANTED.keys() and all(
        found[name][0] == status and states.items() <= found[name][1].items()
        for name, (status, states) in WANTED.items()
    )


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > limit:
            raise TimeoutError
        time.sleep(0.1)


def write(treadle: Path, folder: Path, database_url: str, environment: Mapping[str, str]) -> None:
    """Let a release come to what is wanted in an empty database, and kill it there."""

    def run(*arguments: str) -> None:
        subprocess.run([treadle, *arguments], cwd=folder, env=environment, check=True)

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([treadle, *arguments], cwd=folder, env=environment)

    (folder / "stored_tasks.py").write_text(TASKS)
    run("migrate")
    running = [begin("scheduler"), begin("worker", "--tasks", "stored_tasks")]
    try:
        for name, document in DOCUMENTS.items():
            (folder / f"{name}.json").write_text(json.dumps(document))
            key = ("--key", KEY) if name == "done" else ()
            run("submit", f"{name}.json", "--input-json", json.dumps(INPUTS.get(name, {})), *key)
        running.append(begin("plan", PROMPT))
        with psycopg.connect(database_url, autocommit=True) as session:
            wait_until(lambda: is_reached(executions(session)))
    finally:
        for process in running:
            process.kill()
            process.wait()


def dump(database_url: str) -> str:
    """Return a database as statements that any client can run."""
    options = ("--inserts", "--rows-per-insert=50", "--no-owner", "--no-comments")
    command = [str(postgres_program("pg_dump")), *options, database_url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return "\n".join(line for line in lines if line and not line.startswith(("--", "\\"))) + "\n"


def main(treadle: Path, release: str) -> None:
    with tempfile.TemporaryDirectory() as name, EmbeddedServers(Path(name) / "servers") as servers:
        addresses = {
            "TREADLE_DATABASE_URL": servers.database_url,
            "TREADLE_REDIS_URL": servers.redis_url,
        }
        environment = {"PATH": os.environ["PATH"], **addresses}
        write(treadle, Path(name), servers.database_url, environment)
        header = f"-- What Treadle {release} left in its ledger; `write.py` beside this wrote it.\n"
        DUMP.write_text(header + dump(servers.database_url), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2])
