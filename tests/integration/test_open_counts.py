"""Open counts: kept by those who change what is open, and never taken by a look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import in_threads
from tests.support.ledger_driver import Hand, miscounted
from tests.support.workflows import chain, node
from treadle.core.postgres import connect
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Released
from treadle.ledger.engine import control, open_counts
from treadle.ledger.engine.claims import Wanted, claim
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.open_counts import Count
from treadle.ledger.views import statistics
from treadle.scheduler.cluster_stats import ClusterStats
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections

pytestmark = pytest.mark.slow

#: Ready rows of one execution, as a fan has them.
_MANY = """
insert into node_executions (execution_id, scope, node, state, arrived, taken, poisoned, queue,
                             priority, owner, workflow_id, ready_at)
select %(id)s, '', 'more-' || n, 'ready', 1, 1, 0, 'core', 5, 'local', 'w', clock_timestamp()
from generate_series(1, %(rows)s) n
"""
_READ = """
select coalesce(sum(idx_tup_fetch + seq_tup_read), 0) from pg_stat_xact_user_tables
where relname like 'node_executions%' or relname = 'executions'
"""


@pytest.fixture
def own(fresh_postgres_url: str) -> Iterator[Hand]:
    """Return a hand on a ledger that nobody else writes to."""
    made = Hand(fresh_postgres_url)
    yield made
    made.close()


@pytest.fixture
def other(own: Hand) -> Iterator[Hand]:
    """Return another hand on it."""
    made = Hand(own.url)
    yield made
    made.close()


@pytest.fixture
def connections(own: Hand, redis_url: str, tmp_path: Path) -> Connections:
    """Return a scheduler's connections to that ledger."""
    return Connections.to(
        Settings(configured_database_url=own.url, configured_redis_url=redis_url, data_dir=tmp_path)
    )


def kept(hand: Hand) -> list[tuple[str, str, int, int]]:
    """Return the rows that counts are sums of."""
    query = "select kind, name, priority, change from open_counts order by 1, 2, 3, 4"
    return hand.session.execute(query).fetchall()


def ready(hand: Hand) -> dict[int, tuple[int, float | None]]:
    """Return how many rows of `core` are ready, and the longest wait of what is next."""
    return {
        each.priority: (each.count, each.oldest_seconds)
        for each in statistics.open_counts(hand.session)
        if (each.kind, each.name) == ("ready", "core")
    }


def rows_read(hand: Hand) -> int:
    """Return how many rows of executions and nodes a look reads."""

    def read_so_far() -> int:
        row = hand.session.execute(_READ).fetchone()
        assert row is not None
        return int(row[0])

    with hand.session.transaction():
        before = read_so_far()
        statistics.open_counts(hand.session)
        return read_so_far() - before


@pytest.mark.parametrize("epoch", [None, "today"], ids=["they wait", "one is sent"])
def test_a_look_reads_no_more_of_many_rows_than_of_few(own: Hand, epoch: str | None) -> None:
    """Neither for how many are ready, nor for how long the next one has been."""
    own.queue.epoch = epoch
    execution = own.submit(chain(node("n")))
    own.session.execute(_MANY, {"id": execution, "rows": 10})
    open_counts.recount(own.session)
    few = rows_read(own)
    own.session.execute(_MANY.replace("more", "still"), {"id": execution, "rows": 3_000})
    open_counts.recount(own.session)

    assert ready(own)[5][0] == 3_011
    assert 0 < rows_read(own) <= few


def test_a_transaction_that_fails_has_changed_no_count(own: Hand) -> None:
    """What it claimed and ended is as it was, and so is what is kept of it."""
    execution = own.submit(chain(node("n")))
    before = kept(own)

    def claim_and_fail() -> None:
        with own.engine.available(own.session, [execution]) as unit:
            claim(unit, [Wanted([Ref(execution, "", "n")], own.worker_id, None)])
            unit.save()
            unit.run("pause", id="no id")

    with pytest.raises(psycopg.Error):
        claim_and_fail()

    assert kept(own) == before
    assert ready(own)[5][0] == 1
    assert miscounted(own.session) == []


def test_what_comes_to_nothing_is_not_written(own: Hand) -> None:
    """The step of a chain: one node ends and the next one runs, as many as before."""
    execution = own.submit(chain(node("a"), node("b"), node("c")))
    first = own.claim(execution, "a")
    before = kept(own)
    own.settle((first, Completed(1)), room=1)

    assert own.states(execution)["b"] == "running"
    assert kept(own) == before
    assert miscounted(own.session) == []


def test_rows_that_wait_behind_a_gate_are_not_counted_as_ready(own: Hand) -> None:
    """Whatever happens behind it: given back, ended, and opened again."""
    execution = own.submit(chain(node("n")))
    claimed = own.claim(execution, "n")
    control.pause(own.engine, own.session, execution)
    own.settle((claimed, Released()))

    assert ready(own) == {}
    control.resume(own.engine, own.session, execution)
    assert ready(own)[5][0] == 1
    control.pause(own.engine, own.session, execution)
    control.cancel(own.engine, own.session, execution)
    assert miscounted(own.session) == []
    open_counts.fold(own.session)
    assert kept(own) == []


def test_a_fold_takes_out_what_it_puts_in(own: Hand, other: Hand) -> None:
    """One row for each count, whoever appends meanwhile."""
    for _ in range(3):
        own.complete(own.submit(chain(node("n"))), "n")
        going = own.submit(chain(node("n")))
    with other.engine.available(other.session, [going]) as unit:
        claim(unit, [Wanted([Ref(going, "", "n")], other.worker_id, None)])
        unit.save()
        open_counts.fold(own.session)
        folded = kept(own)
    assert folded == [("executions", "RUNNING", 0, 3), ("ready", "core", 5, 3)]
    assert miscounted(own.session) == []

    open_counts.fold(own.session)
    assert kept(own) == [
        ("executions", "RUNNING", 0, 3),
        ("nodes", "running", 0, 1),
        ("ready", "core", 5, 2),
    ]


def test_who_folds_waits_for_nobody_who_does(own: Hand, other: Hand) -> None:
    """A recount may take its time; the scheduler's pass goes on."""
    own.submit(chain(node("a")))
    own.submit(chain(node("b")))
    before = kept(own)
    with other.session.transaction():
        other.session.execute("lock table open_counts in share update exclusive mode")
        own.session.execute("set lock_timeout = '60s'")
        open_counts.fold(own.session)

    assert kept(own) == before


def test_a_recount_loses_nothing_that_commits_beside_it(own: Hand, other: Hand) -> None:
    """What its snapshot does not have, its sums do not have either."""
    execution = own.submit(chain(node("n")))
    with other.engine.available(other.session, [execution]) as unit:
        claim(unit, [Wanted([Ref(execution, "", "n")], other.worker_id, None)])
        unit.save()
        wrong = open_counts.recount(own.session)

    assert wrong == {}
    assert miscounted(own.session) == []


def test_recounts_at_one_time_come_one_after_the_other(own: Hand, wait_until: WaitUntil) -> None:
    """The second counts what the first has put in, and does not add to it."""
    own.submit(chain(node("n")))
    own.session.execute("delete from open_counts")

    def recount() -> Mapping[Count, int]:
        with connect(own.url, autocommit=True) as session:
            return open_counts.recount(session)

    with ThreadPoolExecutor() as beside:
        with own.session.transaction():
            own.session.execute("lock table open_counts in share update exclusive mode")
            two = [beside.submit(recount) for _ in range(2)]
            waiting = (
                "select from pg_locks where relation = 'open_counts'::regclass and not granted"
            )
            wait_until(lambda: own.session.execute(waiting).rowcount == 2)
        wrong = [each.result() for each in two]

    assert sorted(wrong, key=len) == [
        {},
        {Count("executions", "RUNNING"): 1, Count("ready", "core", 5): 1},
    ]
    assert miscounted(own.session) == []


def test_what_was_changed_by_other_means_is_counted_again(
    own: Hand, connections: Connections, wait_until: WaitUntil
) -> None:
    """As by a process of a release that keeps no counts; the first look says so."""
    own.submit(chain(node("n")))
    own.session.execute("delete from open_counts where kind = 'ready'")
    own.session.execute("insert into open_counts values ('nodes', 'running', 0, -7)")
    labels = {"kind": "counts"}
    before = REGISTRY.get_sample_value("treadle_repairs_total", labels) or 0.0
    stats = ClusterStats(connections)
    with capture_logs() as lines:
        wait_until(lambda: list(stats.collect()))

    assert miscounted(own.session) == []
    (told,) = [line for line in lines if line["event"] == "counts.corrected"]
    assert told["corrected"] == {"ready core 5": 1, "nodes running 0": 7}
    assert REGISTRY.get_sample_value("treadle_repairs_total", labels) == before + 1


def test_the_scheduler_folds(own: Hand, connections: Connections, wait_until: WaitUntil) -> None:
    """So that a look reads few rows, whatever was done before."""
    for _ in range(5):
        own.submit(chain(node("n")))
    with in_threads(Scheduler(connections).run_until):
        wait_until(lambda: [count for *_, count in kept(own)] == [5, 5])

    assert miscounted(own.session) == []


def test_the_longest_wait_is_of_what_is_next(own: Hand) -> None:
    """Of each owner's workflow, and of what is sent; what is paused waits for nobody."""

    def waits(owner: str, seconds: float, epoch: str | None = None) -> UUID:
        own.queue.epoch = epoch
        execution = own.submit(chain(node("n")), owner=owner)
        aged = "update node_executions set ready_at = ready_at - %s where execution_id = %s"
        own.session.execute(aged, (timedelta(seconds=seconds), execution))
        return execution

    def longest() -> float:
        _, seconds = ready(own)[5]
        assert seconds is not None
        return seconds

    waits("ana", 60)
    assert longest() == pytest.approx(60, abs=30)
    waits("ben", 300)
    assert longest() == pytest.approx(300, abs=30)
    waits("ana", 600, epoch="today")
    assert longest() == pytest.approx(600, abs=30)
    for epoch in (None, "today"):
        control.pause(own.engine, own.session, waits("cleo", 3_600, epoch))
    assert longest() == pytest.approx(600, abs=30)
    assert ready(own)[5][0] == 3
