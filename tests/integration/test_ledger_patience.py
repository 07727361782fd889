"""The scheduler's calls get their turn at an execution that is never at rest (rule 1)."""

from __future__ import annotations

from threading import Event, Thread
from uuid import UUID

import psycopg

from tests.support.ledger_driver import OpenQueue
from tests.support.workflows import chain, node
from treadle.core.postgres import connect
from treadle.dag.validation import validate
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.locking import lock_available, lock_briefly
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.engine.versions import Graphs

RELENTLESS = 3
"""Sessions that take the execution's row in turn, as committers under load do."""


def test_a_busy_execution_is_held_after_a_moment(postgres_url: str) -> None:
    """Committers that leave no gap cannot keep a timer, a retry or a deadline waiting."""
    graphs = Graphs()
    with connect(postgres_url, autocommit=True) as session:
        execution_id = _submitted(session, graphs)
        stop = Event()
        committers = [
            Thread(target=_commit_without_end, args=(postgres_url, execution_id, stop))
            for _ in range(RELENTLESS)
        ]
        for each in committers:
            each.start()
        try:
            with session.transaction():
                assert lock_briefly(session, graphs, execution_id) is not None
        finally:
            stop.set()
            for each in committers:
                each.join()


def test_an_execution_that_stays_held_is_left_for_later(postgres_url: str) -> None:
    """The wait is bounded, and the transaction around it goes on."""
    graphs = Graphs()
    with connect(postgres_url, autocommit=True) as session, connect(postgres_url) as other:
        execution_id = _submitted(session, graphs)
        assert len(lock_available(other, graphs, [execution_id])) == 1
        with session.transaction():
            assert lock_briefly(session, graphs, execution_id) is None
            assert session.execute("select 1").fetchone() == (1,)


def _submitted(session: psycopg.Connection, graphs: Graphs) -> UUID:
    validated = validate(chain(node("a")))
    assert validated.workflow is not None
    assert validated.graph is not None
    submission = Submission(validated.workflow, validated.graph)
    return submit(Engine(graphs, OpenQueue()), session, submission).execution_id


def _commit_without_end(url: str, execution_id: UUID, stop: Event) -> None:
    graphs = Graphs()
    with connect(url, autocommit=True) as session:
        while not stop.is_set():
            with session.transaction():
                lock_available(session, graphs, [execution_id])
                session.execute("select pg_sleep(0.01)")
