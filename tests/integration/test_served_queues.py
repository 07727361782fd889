"""Queues that nobody takes cost those that somebody takes nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, in_threads, running
from tests.support.workflows import chain, configured, node
from treadle.core.ids import new_id
from treadle.core.redis import connect
from treadle.core.settings import Settings
from treadle.dag.specs import Lane
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.post_commit import Queued
from treadle.transport.connections import Connections
from treadle.transport.duration_estimator import Measurements
from treadle.transport.messages import carried_by, read
from treadle.transport.redis_keys import SERVED_KEY, list_key
from treadle.transport.served_queues import LIFETIME_SECONDS, Announcer
from treadle.workers.process import WorkerProcess

NAMES = 300


def strangers(cluster: InProcess) -> list[UUID]:
    """Submit nodes of tasks that no worker has, each of another name."""
    return [
        cluster.submit(configured("ACTION.PYTHON_TASK", task=f"nobody_has_{index}"))
        for index in range(NAMES)
    ]


@pytest.mark.slow
def test_what_no_process_takes_is_not_sent(settings: Settings, wait_until: WaitUntil) -> None:
    """It stays ready in the ledger; Redis and a look at it know nothing of its name."""
    with running(settings) as cluster, connect(settings.redis_url) as client:
        wait_until(cluster.is_served)
        waiting = strangers(cluster)
        execution = cluster.submit(chain(node("a")))
        wait_until(lambda: cluster.has_ended(execution), 30)

        assert client.keys(list_key("task.nobody_has_*", 5)) == []
        assert len(cluster.connections.queue.served()) < NAMES
        assert not any(cluster.has_ended(each) for each in waiting[:3])


@pytest.mark.slow
def test_rows_that_wait_for_a_queue_are_sent_once_somebody_takes_it(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """Submitted before there was a worker, and found by the scheduler that its coming wakes."""
    client = InProcess(settings)
    execution = client.submit(chain(node("a")))
    assert client.connections.queue.served() == []

    with running(settings):
        wait_until(lambda: client.has_ended(execution), 30)
    client.close()


def test_a_queue_that_nobody_serves_any_more_is_forgotten(redis_url: str) -> None:
    """After the lifetime of what was last said of it; nothing is admitted to it then."""
    with connect(redis_url) as client:
        Announcer(client).announce(Measurements(threads=1, queues=["old"]))
        client.zincrby(SERVED_KEY, -LIFETIME_SECONDS - 1, "old")

        Announcer(client).announce(Measurements(threads=1, queues=["core"]))

        assert client.zrange(SERVED_KEY, 0, -1) == [b"core"]


def test_a_message_carries_rows_of_one_owner_whatever_their_execution(settings: Settings) -> None:
    """As many as make a moment's work; what is run together is nobody else's to wait for."""
    connections = Connections.to(settings)
    quick = {"task.quick": {Lane.THREAD: 0.001}}
    rows = [
        Queued("task.quick", 5, Lane.THREAD, owner, Ref(new_id(), "", node))
        for owner in ("ann", "ben")
        for node in ("a", "b", "c")
    ]
    with connect(settings.redis_url) as client:
        said = Measurements(threads=1, queues=["task.quick"], durations=quick)
        Announcer(client).announce(said)
        connections.queue.refresh(force=True)
        connections.queue.send(rows)
        held = client.lrange(list_key("task.quick", 5), 0, -1)

    found = [read(each) for each in held]
    carried = [carried_by(each.args)[1] for each in found if each is not None]
    assert carried == [[row.ref for row in rows if row.owner == who] for who in ("ann", "ben")]


def test_only_what_is_served_is_admitted(settings: Settings) -> None:
    """A queue that is new is looked up within a moment."""
    connections = Connections.to(settings)
    with connect(settings.redis_url) as client:
        Announcer(client).announce(Measurements(threads=1, queues=["core"]))
        connections.queue.refresh(force=True)

        assert connections.queue.admit("core") is not None
        assert connections.queue.admit("task.nobody_has_it") is None


def test_a_worker_says_what_it_takes(settings: Settings, wait_until: WaitUntil) -> None:
    """As soon as it consumes, and to whoever looks."""
    client = InProcess(settings)
    with in_threads(WorkerProcess(settings, ["core", "task.only_here"]).run_until):
        wait_until(client.is_served)
        assert set(client.connections.queue.served()) == {"core", "task.only_here"}
    client.close()
