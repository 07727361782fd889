"""Rules 8 to 13 of docs/architecture.md, each held by a test that fails when the rule is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import ClassVar
from uuid import UUID

import pytest

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, in_threads
from tests.support.ledger_driver import Hand, check, ref_of
from tests.support.workflows import Document, chain, node, start, workflow
from treadle import task
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed
from treadle.dag.specs import Lane
from treadle.ledger.engine import control, schedule, turns
from treadle.ledger.engine.leases import SUSPECT_AFTER
from treadle.ledger.engine.recovery import LOST_LIMIT
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.views import processes
from treadle.scheduler.failure_detector import FailureDetector
from treadle.workers.process import WorkerProcess

pytestmark = pytest.mark.slow

#: Seconds of the lease that the tests of silence wait for.
LEASE = 0.2


class Waiting:
    """What the coroutine of `waits` tells the test."""

    began = Event()
    ended = Event()


@task
async def waits() -> None:
    Waiting.began.set()
    try:
        await asyncio.sleep(60)
    finally:
        Waiting.ended.set()


class Holding:
    """What `holds_a_thread` tells the test, and the other way round."""

    began = Event()
    released = Event()
    threads: ClassVar[list[Thread]] = []

    @classmethod
    def release(cls) -> None:
        """Let go the threads that were left behind, and see them end: none is in the next test."""
        cls.released.set()
        for thread in cls.threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in cls.threads)


@task
def holds_a_thread() -> None:
    Holding.threads.append(current_thread())
    Holding.began.set()
    Holding.released.wait(10)


@pytest.fixture
def released() -> Iterator[None]:
    """End what `holds_a_thread` holds, however the test ends."""
    yield
    Holding.release()


@pytest.fixture
def own(fresh_postgres_url: str) -> Iterator[Hand]:
    """Return a hand on a ledger that nobody else writes to."""
    made = Hand(fresh_postgres_url)
    yield made
    made.close()


@pytest.fixture
def quick(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings of a process of its own that beats ten times a second.

    It drains for longer than a pop blocks, so that no consumer takes the next test's messages.
    """
    Waiting.began.clear()
    Waiting.ended.clear()
    return Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path,
        heartbeat_seconds=0.1,
        lease_seconds=1,
        worker_threads=2,
        drain_grace_seconds=0.5,
    )


def calling(*tasks: str) -> Document:
    """Return a workflow of nodes side by side that call tasks."""
    nodes = [
        node(f"n{number}", "ACTION.PYTHON_TASK", configurations={"task": name})
        for number, name in enumerate(tasks)
    ]
    return workflow(start(), *nodes, connect=", ".join(f"start -> {n['id']}" for n in nodes))


def side_by_side(*ids: str) -> Document:
    connections = ", ".join(f"start -> {each}" for each in ids)
    return workflow(start(), *map(node, ids), connect=connections)


def test_a_loss_is_charged_to_what_was_started_and_to_nothing_else(own: Hand) -> None:
    """Rule 8, *three numbers*.

    Taken out (one counter of attempts), a node that waited in a chunk behind a killer pays for it,
    and losses spend the retries of a node that never failed.
    """
    execution = own.submit(side_by_side("killer", "behind"))
    own.claims(execution, "killer", "behind", start_all=False)

    own.reclaim(execution, own)

    killer, behind = own.row(execution, "killer"), own.row(execution, "behind")
    assert (killer.attempt, killer.retry_count, killer.lost_count) == (1, 0, 1)
    assert (behind.attempt, behind.retry_count, behind.lost_count) == (1, 0, 0)


def test_a_member_that_was_started_by_a_settle_is_charged(own: Hand) -> None:
    """Rule 8, *started by the settle of the one before it for a member of a chunk*.

    Taken out, whatever kills its process as the second of a chunk is never found.
    """
    execution = own.submit(side_by_side("first", "killer"))
    first, killer = own.claims(execution, "first", "killer", start_all=False)
    own.settle_all([settlement_of(first, Completed(1))], starts=[killer])

    own.reclaim(execution, own)

    assert own.row(execution, "killer").lost_count == 1


def test_losses_never_fail_a_node_that_did_not_die_alone(own: Hand) -> None:
    """Rule 8, *from its second loss on only the death of its own child counts*.

    Taken out, a machine that is killed often enough fails whatever happened to run on it.
    """
    execution = own.submit(chain(node("innocent")))

    for _ in range(LOST_LIMIT + 2):
        own.claim(execution, "innocent")
        own.reclaim(execution, own)

    assert own.row(execution, "innocent").lost_count == SUSPECT_AFTER
    assert own.status(execution) == "RUNNING"


def test_a_sent_row_is_sent_again_only_when_its_message_is_lost(own: Hand) -> None:
    """Rule 9, *a noted row is enqueued again only if …*.

    Taken out, the dispatcher sends everything that waits again with every pass, or never finds
    what Redis lost.
    """
    execution = own.submit(chain(node("a")))
    moment, sent = timedelta(seconds=30), own.row(execution, "a").enqueued_at

    def found(
        *,
        epoch: str = "today",
        oldest: Mapping[str, datetime] | None = None,
        queues: Sequence[str] = ("core",),
        grace_seconds: float = 0.0,
    ) -> list[str]:
        with own.session.transaction(force_rollback=True):
            rows = turns.take_back_lost(
                own.session,
                epoch=epoch,
                oldest=oldest or {},
                queues=queues,
                grace_seconds=grace_seconds,
            )
        return [ref.node for ref, _ in rows]

    assert found(oldest={"core": sent - moment}) == []
    assert found(grace_seconds=30.0) == []
    assert found(oldest={"core": sent + moment}) == ["a"]
    assert found(oldest={}) == ["a"]
    assert found(oldest={"core": sent - moment}, epoch="tomorrow") == ["a"]
    own.session.execute("update node_executions set enqueued_at = enqueued_at - interval '61 s'")
    assert found(oldest={"core": sent - 3 * moment}) == ["a"]


def test_only_what_redis_lost_counts_as_lost(own: Hand) -> None:
    """A message that was fetched and not claimed yet says nothing of Redis: floods do that too.

    Taken out, each drain and each flood is reported as a Redis that loses data.
    """
    own.submit(chain(node("a")))

    def kinds(epoch: str) -> list[str | None]:
        with own.session.transaction(force_rollback=True):
            found = turns.take_back_lost(
                own.session, epoch=epoch, oldest={}, queues=["core"], grace_seconds=0
            )
        return [kind for _, kind in found]

    assert kinds("today") == ["message_unclaimed"]
    assert kinds("tomorrow") == ["message_lost"]


def test_a_process_is_dead_only_after_a_lease_of_silence_as_seen_from_here(
    own: Hand, wait_until: WaitUntil
) -> None:
    """Rule 10, *read the same beat for one lease time, without a failed read in between*.

    Taken out (the row's own time decides), an outage of the database kills every lease at its end.
    """
    own.register()
    execution = own.submit(chain(node("a")))
    own.claim(execution, "a")
    watch = FailureDetector(lease_seconds=LEASE)

    assert list(watch.find(own.session)) == []
    found = wait_until(lambda: list(watch.find(own.session)))
    assert found == [(own.worker_id, 0, {execution})]

    watch.forget()
    assert list(watch.find(own.session)) == []
    wait_until(lambda: list(watch.find(own.session)))
    processes.beat(own.session, own.worker_id, draining=False)
    assert list(watch.find(own.session)) == []


def test_a_process_that_beats_again_keeps_what_it_runs(own: Hand, wait_until: WaitUntil) -> None:
    """Rule 10, *reads the beat again under the lock, and stops if it moved*.

    Taken out, a process that was only slow loses its nodes between two looks at its beat.
    """
    own.register()
    execution = own.submit(chain(node("a")))
    claim = own.claim(execution, "a")
    watch = FailureDetector(lease_seconds=LEASE)
    ((worker, beat, executions),) = wait_until(lambda: list(watch.find(own.session)))

    processes.beat(own.session, own.worker_id, draining=False)
    own.reclaim(execution, own, beat=beat)

    assert (worker, executions) == (own.worker_id, {execution})
    assert own.settle((claim, Completed(1))).settled == {claim.lease_id}


def test_only_a_dead_process_that_runs_nothing_is_taken_off_the_list(
    own: Hand, wait_until: WaitUntil
) -> None:
    """Rule 10, *taking back is a query that goes on; only then is the process's row deleted*.

    Taken out (deleted when it is found dead), a scheduler that dies between the two leaves rows
    that run for ever by a process nobody looks for.
    """
    own.register()
    execution = own.submit(chain(node("a")))
    own.claim(execution, "a")
    watch = FailureDetector(lease_seconds=LEASE)
    wait_until(lambda: list(watch.find(own.session)))

    assert [row.id for row in processes.workers(own.session)] == [own.worker_id]
    own.reclaim(execution, own, beat=0)
    list(watch.find(own.session))

    assert processes.workers(own.session) == []


def test_a_drain_cancels_what_is_on_the_loop_and_gives_it_back(
    quick: Settings, own: Hand, wait_until: WaitUntil
) -> None:
    """Rule 11, *drain cancels the rest and gives them back uncharged*.

    Taken out, a coroutine's node stays running until its lease is reclaimed, and is charged for a
    death that was none.
    """
    client = InProcess(quick)
    with in_threads(WorkerProcess(quick).run_until):
        wait_until(client.is_served)
        execution = client.submit(calling("waits"))
        wait_until(Waiting.began.is_set)
    client.close()

    row = own.row(execution, "n0")
    assert Waiting.ended.is_set()
    assert (row.state, row.lost_count, row.retry_count) == ("ready", 0, 0)
    assert check(own.session, execution) == []


@pytest.mark.usefixtures("released")
def test_a_drain_gives_back_what_a_thread_still_runs(
    quick: Settings, own: Hand, wait_until: WaitUntil
) -> None:
    """Rule 11, *drain gives the rest back uncharged*, for a thread that outlasts the grace time.

    Taken out, two restarts of its worker make a long task a suspect.
    """
    client = InProcess(quick)
    with in_threads(WorkerProcess(quick).run_until):
        wait_until(client.is_served)
        execution = client.submit(calling("holds_a_thread"))
        wait_until(Holding.began.is_set)
    client.close()

    row = own.row(execution, "n0")
    assert (row.state, row.lost_count, row.retry_count) == ("ready", 0, 0)
    assert check(own.session, execution) == []


def test_losing_the_lease_cancels_the_coroutine(
    quick: Settings, own: Hand, wait_until: WaitUntil
) -> None:
    """Rule 11, *losing the lease cancels the coroutine*.

    Taken out, what was canceled or reclaimed goes on calling others until its own limit.
    """
    client = InProcess(quick)
    with in_threads(WorkerProcess(quick).run_until):
        wait_until(client.is_served)
        execution = client.submit(calling("waits"))
        wait_until(Waiting.began.is_set)

        control.cancel(own.engine, own.session, execution)

        wait_until(Waiting.ended.is_set)
    client.close()
    assert own.status(execution) == "CANCELED"


def test_a_successor_that_a_worker_cannot_run_is_not_handed_to_it(own: Hand) -> None:
    """Rule 12, *queues are by capability*.

    Taken out, a settle hands a task to a process that does not have it.
    """
    document = workflow(
        start(), node("a"), node("b", "ACTION.PYTHON_TASK", configurations={"task": "elsewhere"}),
        connect="start -> a, a -> b",
    )  # fmt: skip
    execution = own.submit(document)

    answer = own.settle((own.claim(execution, "a"), Completed(1)), room=8)

    assert answer.handed_over == []
    assert [queued.queue for queued in own.published.to_send] == ["task.elsewhere"]


def test_a_task_that_a_process_does_not_have_is_given_back(
    quick: Settings, own: Hand, wait_until: WaitUntil
) -> None:
    """Rule 12, *a node it does not know is released uncharged, never failed*.

    Taken out, a release that is rolled out fails the nodes that only the new one can run.
    """
    execution = own.submit(calling("elsewhere"))
    process = WorkerProcess(quick)
    with in_threads(process.run_until):
        wait_until(lambda: process.runner.worker_id is not None)

        process.runner.run_message(Lane.THREAD, [ref_of(execution, "n0")])

        row = own.row(execution, "n0")
        assert (row.state, row.attempt) == ("ready", 1)
        assert (row.retry_count, row.lost_count) == (0, 0)


def test_every_row_of_an_execution_lies_in_one_partition(own: Hand) -> None:
    """Rule 13, *partitioned by execution id, so that every row lies in one partition*.

    Taken out (partitioned by time of writing), a week cannot be dropped while an execution that
    began in it goes on, and unique keys hold only within a week.
    """
    old = planted(own, weeks=8)
    own.session.execute(
        "insert into node_executions (execution_id, scope, node, state, arrived, taken, poisoned,"
        " queue, priority) values (%s, '', 'now', 'ready', 1, 1, 0, 'core', 5)",
        (old,),
    )

    parts = own.session.execute(
        "select count(distinct tableoid) from node_executions where execution_id = %s", (old,)
    ).fetchone()

    assert parts == (1,)


def test_a_partition_is_dropped_only_when_nothing_in_it_is_unfinished(own: Hand) -> None:
    """Rule 13, *dropped when past retention and without an unfinished execution*.

    Taken out, an execution that waits for a person for two months loses its past, or nothing is
    ever dropped. A submission's key lives as long as its execution.
    """
    recent = own.submit(chain(node("a")), idempotency_key="kept")
    old = planted(own, weeks=8)

    assert schedule.retain(own.session, days=30) == []
    own.session.execute(
        "update executions set status = 'SUCCESS', finished_at = now() where id < %s", (recent,)
    )
    dropped = schedule.retain(own.session, days=30)

    assert {name.rpartition("_")[0] for name in dropped} == {
        "node_executions", "scopes", "events", "node_logs",
    }  # fmt: skip
    assert own.session.execute("select from executions where id = %s", (old,)).fetchall() == []
    again = own.submitted(chain(node("a")), idempotency_key="kept")
    assert (again.execution_id, again.repeated) == (recent, True)


def test_an_old_key_goes_with_its_execution(own: Hand) -> None:
    """Rule 13: a key past retention stands for nothing any more, and may be used anew."""
    forgotten = own.submit(chain(node("a")), idempotency_key="old")
    own.session.execute("update dedup_keys set created_at = now() - interval '8 weeks'")
    own.session.execute("delete from executions where id = %s", (forgotten,))

    schedule.retain(own.session, days=30)

    again = own.submitted(chain(node("a")), idempotency_key="old")
    assert (again.execution_id != forgotten, again.repeated) == (True, False)


def planted(hand: Hand, *, weeks: int) -> UUID:
    """Return an unfinished execution that began weeks ago, with a row in its own partition."""
    model = hand.submit(chain(node("a")))
    hand.session.execute(
        "select ensure_partitions(now() - %(age)s, now() - %(age)s)",
        {"age": timedelta(weeks=weeks)},
    )
    floor = hand.session.execute(
        "select uuid_floor(now() - %s)", (timedelta(weeks=weeks),)
    ).fetchone()
    assert floor is not None
    old = UUID(str(floor[0])[:13] + str(new_id())[13:])
    for table in ("executions", "node_executions"):
        key = "id" if table == "executions" else "execution_id"
        hand.session.execute(
            f"create temp table t as select * from {table} where {key} = '{model}'"
        )
        hand.session.execute(f"update t set {key} = '{old}'")
        hand.session.execute(f"insert into {table} select * from t")
        hand.session.execute("drop table t")
    control.cancel(hand.engine, hand.session, model)
    return old
