"""Suspects have room of their own: few run at once, and no other node waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, in_threads
from tests.support.ledger_driver import Hand, check
from tests.support.loopback_server import Answer, Seen, serving
from tests.support.workflows import Document, chain, node, start, workflow
from treadle.core.settings import Settings
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.leases import SUSPECT_AFTER, Ref
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.workers.lanes.suspect_lane import SUSPECTS_AT_ONCE
from treadle.workers.process import WorkerProcess

#: Each attempt of a suspect starts a process, a second of work or several.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: More than a worker has threads, and than it runs suspects.
CALLS = 5


@pytest.fixture
def settings(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path,
        worker_threads=2,
        allowed_private_addresses="127.0.0.1",
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[InProcess]:
    made = InProcess(settings)
    yield made
    made.close()


def calls(url: str) -> Document:
    """Return a workflow of calls side by side."""
    ids = [f"call_{n}" for n in range(CALLS)]
    config = {"method": "GET", "url": url}
    nodes = [node(each, "ACTION.HTTP_REQUEST", configurations=config) for each in ids]
    return workflow(start(), *nodes, connect=", ".join(f"start -> {each}" for each in ids))


def suspect(client: InProcess, execution: UUID) -> None:
    """Charge what is ready with the losses that make it suspect."""
    client.session.execute(
        "update node_executions set lost_count = %s where execution_id = %s and state = 'ready'",
        (SUSPECT_AFTER, execution),
    )


def test_suspects_that_hang_take_no_thread_from_other_nodes(
    settings: Settings, client: InProcess, wait_until: WaitUntil
) -> None:
    """Two of them run, the gauge says so, and others come to their end beside them.

    Taken out, a worker's threads all wait for suspects, and nothing else runs on it.
    """
    go = Event()

    def hang(_: Seen) -> Answer:
        go.wait(200)
        return Answer()

    with serving() as server:
        suspected = client.submit(calls(server.on("/hang", hang)))
        suspect(client, suspected)
        try:
            with in_threads(
                WorkerProcess(settings).run_until, Scheduler(Connections.to(settings)).run_until
            ):
                wait_until(lambda: len(server.seen) == SUSPECTS_AT_ONCE, timeout=60)
                others = [client.submit(chain(node(f"n{n}"), node("m"))) for n in range(4)]
                wait_until(lambda: all(map(client.has_ended, others)), timeout=60)
                assert len(server.seen) == SUSPECTS_AT_ONCE
                assert REGISTRY.get_sample_value("treadle_worker_suspects") == SUSPECTS_AT_ONCE
                go.set()
                wait_until(lambda: client.has_ended(suspected), timeout=120)
        finally:
            go.set()

    shown = client.shown(suspected)
    assert shown["status"] == "SUCCESS", shown["error"]
    assert len(server.seen) == CALLS
    assert {each["attempt"] for each in shown["node_executions"][1:]} == {1}
    assert check(client.session, suspected) == []
    assert REGISTRY.get_sample_value("treadle_worker_suspects") == 0


def test_a_loop_that_lost_its_workers_runs_one_turn_alone(
    settings: Settings, client: InProcess, wait_until: WaitUntil
) -> None:
    """Its outcome forgives: the turns after it run as any other's do."""
    config = {"loop_type": "while", "loop_condition": "index < 20"}
    document = workflow(
        start(), node("turns", "FLOW.LOOP", configurations=config), node("body"),
        connect="start -> turns, turns:body -> body",
    )  # fmt: skip
    execution = client.submit(document)
    suspect(client, execution)
    before = REGISTRY.get_sample_value("treadle_suspects_total") or 0

    with in_threads(
        WorkerProcess(settings).run_until, Scheduler(Connections.to(settings)).run_until
    ):
        wait_until(lambda: client.has_ended(execution), timeout=120)

    assert client.shown(execution)["status"] == "SUCCESS"
    assert REGISTRY.get_sample_value("treadle_suspects_total") == before + 1


def test_a_drain_releases_suspects_uncharged(
    settings: Settings, client: InProcess, wait_until: WaitUntil
) -> None:
    """As all else that does not end within the grace time."""
    go = Event()

    def hang(_: Seen) -> Answer:
        go.wait(200)
        return Answer()

    with serving() as server:
        suspected = client.submit(calls(server.on("/hang", hang)))
        suspect(client, suspected)
        soon = settings.model_copy(update={"drain_grace_seconds": 0.2})
        try:
            scheduler = Scheduler(Connections.to(soon))
            with in_threads(WorkerProcess(soon).run_until, scheduler.run_until):
                wait_until(lambda: len(server.seen) == SUSPECTS_AT_ONCE, timeout=60)
        finally:
            go.set()

    rows = client.session.execute(
        "select state, lost_count, retry_count from node_executions"
        " where execution_id = %s and node <> 'start'",
        (suspected,),
    ).fetchall()
    assert rows == [("ready", SUSPECT_AFTER, 0)] * CALLS


def test_a_claim_passes_suspects_over_and_names_them(hand: Hand) -> None:
    """They keep their note; whoever has room asks for them."""
    execution = hand.submit(
        workflow(start(), node("a"), node("b"), connect="start -> a, start -> b")
    )
    hand.session.execute(
        "update node_executions set lost_count = %s where execution_id = %s and node = 'a'",
        (SUSPECT_AFTER, execution),
    )
    refs = [Ref(execution, "", each) for each in ("a", "b")]

    asked = Request(execution, hand.budget(), claims=refs, lost_below=SUSPECT_AFTER)
    (answer,) = hand.commit(asked)

    assert answer is not None
    assert [each.ref.node for each in answer.claims] == ["b"]
    assert answer.passed_over == refs[:1]
    row = hand.row(execution, "a")
    assert (row.state, row.attempt) == ("ready", 0)
    assert row.enqueued_at is not None
    assert hand.claim(execution, "a").lost_count == SUSPECT_AFTER
