"""The heartbeat of a real process: forgotten, it comes back under a new id and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import psycopg
import pytest

from tests.conftest import WaitUntil
from tests.support.ledger_driver import Hand
from tests.support.workflows import chain, node, valid
from treadle.core.settings import Settings
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.views import executions, processes
from treadle.transport.connections import Connections
from treadle.workers.process import WorkerProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def quick(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings of a cluster of its own that beats ten times a second."""
    return Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path / ".treadle",
        heartbeat_seconds=0.1,
        lease_seconds=1,
        worker_threads=2,
        drain_grace_seconds=5,
    )


@pytest.fixture
def process(quick: Settings) -> Iterator[WorkerProcess]:
    """Return a worker process that runs in a thread of this one."""
    made, stop = WorkerProcess(quick), Event()
    thread = Thread(target=made.run_until, args=(stop,))
    thread.start()
    yield made
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def own(quick: Settings) -> Iterator[Hand]:
    """Return a hand on the same cluster's ledger."""
    made = Hand(quick.database_url)
    yield made
    made.close()


def test_a_forgotten_process_comes_back_under_a_new_id(
    process: WorkerProcess, quick: Settings, own: Hand, wait_until: WaitUntil
) -> None:
    """Its row was deleted, so it was taken for dead: the old id is never used again."""
    old = wait_until(lambda: registered(own))

    processes.unregister(own.session, old)
    new = wait_until(lambda: registered(own))

    assert new != old
    wait_until(lambda: process.runner.worker_id == new)
    assert ran(quick, own, wait_until) == "SUCCESS"


def test_a_process_that_cannot_register_again_at_once_goes_on_trying(
    process: WorkerProcess, quick: Settings, own: Hand, wait_until: WaitUntil
) -> None:
    """Until it has a new id it claims nothing, and its heartbeat goes on (rule 10)."""
    old = wait_until(lambda: registered(own))
    own.session.execute(
        "create function refuse() returns trigger language plpgsql as"
        " $$ begin raise exception 'not now' using errcode = 'query_canceled'; end $$"
    )
    own.session.execute(
        "create trigger refuse before insert on workers for each row execute function refuse()"
    )
    processes.unregister(own.session, old)
    wait_until(lambda: process.runner.worker_id is None)

    # Several beats later it still tries: only then is there anything to see.
    own.session.execute("drop trigger refuse on workers")

    new = wait_until(lambda: registered(own))
    assert new != old
    assert ran(quick, own, wait_until) == "SUCCESS"


def test_a_lease_that_nobody_here_runs_is_given_back_uncharged(
    process: WorkerProcess, own: Hand, wait_until: WaitUntil
) -> None:
    """The ledger has this process run it, and two beats find nobody who does (rule 7)."""
    own.worker_id = wait_until(lambda: registered(own))
    own.queue.epoch = None
    execution = own.submit(chain(node("a")))
    claim: Claim = own.claim(execution, "a")

    wait_until(lambda: own.row(execution, "a").state == "ready")

    row = own.row(execution, "a")
    assert (row.lost_count, row.retry_count, row.settled_by) == (0, 0, claim.lease_id)


def registered(own: Hand) -> UUID | None:
    """Return the id of the one process on the list."""
    rows = processes.workers(own.session)
    return rows[0].id if rows else None


def ran(quick: Settings, own: Hand, wait_until: WaitUntil) -> str:
    """Submit a chain and return the status it ends with."""
    connections = Connections.to(quick)
    connections.queue.refresh(force=True)
    validation = valid(chain(node("a"), node("b")))
    assert validation.workflow is not None
    assert validation.graph is not None
    session: psycopg.Connection = own.session
    submitted = submit(
        connections.engine,
        session,
        Submission(validation.workflow, validation.graph),
    )
    wait_until(lambda: own.execution(submitted.execution_id).finished_at)
    return str(executions.status(session, submitted.execution_id))
