"""What the release before left in its ledger is opened by this one, and goes on.

`stored/ledger.sql` was written by that release, killed with all of its processes; `stored/write.py`
says how, and what is in there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from tests.conftest import WaitUntil
from tests.integration.stored.write import (
    DOCUMENTS,
    DUMP,
    INPUTS,
    KEY,
    PROMPT,
    WANTED,
    executions,
    is_reached,
)
from tests.support.command_line import Folder
from tests.support.in_process_cluster import InProcess, in_threads, running
from tests.support.ledger_driver import check
from tests.support.model_servers import draft, providing, step
from tests.support.wire import written
from treadle import task
from treadle.core.postgres import connect
from treadle.core.settings import Settings
from treadle.ledger.engine.retrying import retry
from treadle.ledger.migrations import migrate, missing
from treadle.ledger.views import executions as views
from treadle.planner import requests
from treadle.planner.process import planner_process

pytestmark = pytest.mark.slow


@task
def stored_double(value: int) -> int:
    return value * 2


@task
def stored_flaky() -> str:
    return "at last"


@task
def stored_broken() -> str:
    return "whole"


@task
def stored_later() -> str:
    return "here"


@pytest.fixture
def stored(bare_postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings of a ledger of the release before that this one has migrated."""
    with psycopg.connect(bare_postgres_url, autocommit=True) as session:
        session.execute(DUMP.read_bytes())
    migrate(bare_postgres_url)
    return Settings(
        configured_database_url=bare_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path,
        worker_threads=4,
        lease_seconds=3,
        heartbeat_seconds=0.5,
    )


@pytest.fixture
def client(stored: Settings) -> Iterator[InProcess]:
    """Return a cluster on that ledger, as if the release before had run until now."""
    let_time_pass(stored.database_url)
    with running(stored) as made:
        yield made


def let_time_pass(url: str) -> None:
    """Let the question be of this hour, and what waits for a time come due."""
    with connect(url, autocommit=True) as session:
        session.execute(
            "update interactions set timeout_at = clock_timestamp() + interval '1 hour',"
            " warn_at = clock_timestamp() + interval '45 minutes'"
        )
        session.execute(
            "update node_executions set due_at = clock_timestamp() where due_at is not null"
        )


def of(client: InProcess, name: str) -> UUID:
    """Return the execution of a workflow."""
    query = "select id from executions where workflow_id = %s and retry_of is null"
    ((found,),) = client.session.execute(query, (name,)).fetchall()
    assert isinstance(found, UUID)
    return found


def doubled(*numbers: int) -> dict[str, Any]:
    """Return what a node puts out that has the results of a loop over these numbers."""
    return {"data": [{"data": 2 * each} for each in numbers]}


def ended(client: InProcess, wait_until: WaitUntil, execution: UUID) -> dict[str, Any]:
    """Return an execution at its end, of which no invariant is broken."""
    wait_until(lambda: client.has_ended(execution), 30)
    assert check(client.session, execution) == []
    return client.shown(execution)


def test_what_was_stored_is_what_is_wanted_and_of_this_schema(stored: Settings) -> None:
    """Each execution is in its state, and nothing is left to migrate."""
    with connect(stored.database_url, autocommit=True) as session:
        assert is_reached(executions(session)), executions(session)
        assert missing(session) == []
        assert {name for name in WANTED if name in DOCUMENTS} == DOCUMENTS.keys()


def test_what_had_ended_is_read_and_is_known_by_its_key(client: InProcess) -> None:
    """Its output is there, and the same request under the same key is not run again."""
    execution = of(client, "done")
    shown = client.shown(execution)

    again = client.submit(DOCUMENTS["done"], INPUTS["done"], idempotency_key=KEY)

    assert shown["output"] == {"after": doubled(1, 3)}
    assert again == execution
    assert check(client.session, execution) == []


@pytest.mark.parametrize(
    ("name", "kept", "again", "output"),
    [
        ("for_each", "each:0 double", "each:1 double", {"after": doubled(1, 2, 3)}),
        ("while", "turns:1 double", "turns:2 double", {"after": doubled(0, 1, 2, 3)}),
        (
            "waiting",
            "start",
            "retry",
            {"ready": {"data": "here"}, "retry": {"data": "at last"}, "timer": {}},
        ),
    ],
)
def test_what_ran_or_waited_goes_on_to_its_end(
    client: InProcess,
    wait_until: WaitUntil,
    name: str,
    kept: str,
    again: str,
    output: dict[str, Any],
) -> None:
    """A loop half way with a node that a dead worker ran; ready rows, a due retry, a due timer.

    What had completed is kept, and what had not has a further attempt.
    """
    shown = ended(client, wait_until, of(client, name))

    attempts = {
        f"{each['scope']} {each['node_id']}".strip(): each["attempt"]
        for each in shown["node_executions"]
    }
    assert (shown["status"], shown["output"]) == ("SUCCESS", output)
    assert attempts[kept] <= 1 < attempts[again]


def test_what_was_asked_is_decided_by_its_answer(
    client: InProcess,
    stored: Settings,
    wait_until: WaitUntil,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The question stands in the inbox, and the node after it runs."""
    monkeypatch.setenv("TREADLE_DATABASE_URL", stored.database_url)
    monkeypatch.setenv("TREADLE_REDIS_URL", stored.redis_url)
    folder, execution = Folder(tmp_path), of(client, "question")
    ((question,),) = client.session.execute("select id from interactions").fetchall()

    assert "Go on?" in folder.run("inbox").out
    answered = folder.run("answer", str(question), "--decision", "confirmed", "--json")

    assert answered.code == 0, answered.err
    shown = ended(client, wait_until, execution)
    assert (shown["status"], shown["output"]) == ("SUCCESS", {"after": {"data": "confirmed"}})


def test_what_had_failed_is_retried(client: InProcess, wait_until: WaitUntil) -> None:
    """A new execution, which retains what had completed."""
    failed = of(client, "failed")

    again = retry(client.connections.engine, client.session, failed)

    shown = ended(client, wait_until, again)
    assert client.shown(failed)["status"] == "ERROR"
    assert (shown["status"], shown["output"]) == ("SUCCESS", {"broken": {"data": "whole"}})


def test_a_plan_that_was_asked_for_is_made(
    client: InProcess, stored: Settings, wait_until: WaitUntil
) -> None:
    """By the planner of this release."""
    execution = of(client, "treadle.plan")
    with planning(stored):
        ended(client, wait_until, execution)

    found = views.execution(client.session, client.connections.engine.graphs, execution)
    plan = written(requests.plan_of(found))
    assert (plan["status"], plan["prompt"]) == ("ready", PROMPT)
    assert [each["id"] for each in plan["plan"]["workflow"]["nodes"]] == ["start", "think"]


@contextmanager
def planning(settings: Settings) -> Iterator[None]:
    """Run a planner whose model answers with a plan of one step."""
    with providing() as provider:
        provider.answers(draft(step("think")))
        told = provider.settings(settings, openai_api_key=SecretStr("sk-loopback"))
        with in_threads(planner_process(told).run_until):
            yield
