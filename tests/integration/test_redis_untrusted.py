"""Redis is not trusted: whatever somebody writes there, work goes on and the ledger stays right."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import redis

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, running
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.core.redis import connect
from treadle.core.settings import Settings
from treadle.dag.specs import Lane
from treadle.ledger.engine.leases import Ref
from treadle.transport.messages import MOST_ROWS, carried_by, message_of, read
from treadle.transport.redis_keys import (
    DEADLINES_KEY,
    ENTRIES_KEY,
    EPOCH_KEY,
    FACTS_KEY,
    MEASUREMENTS_KEY,
    OUTBOX_KEY,
    PROCESSES_KEY,
    SCHEDULER_KEY,
    SERVED_KEY,
    TIMERS_KEY,
    WHOLE_KEY,
    delete_wrong_types,
    list_key,
)

QUEUE = "core"
URGENT = list_key(QUEUE, 0)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """Return a client of this worker's key space."""
    with connect(redis_url) as made:
        yield made


def run_one(cluster: InProcess, wait_until: WaitUntil) -> UUID:
    """Run an execution to its end."""
    execution = cluster.submit(chain(node("a"), node("b")))
    wait_until(lambda: cluster.has_ended(execution), 30)
    assert cluster.shown(execution)["status"] == "SUCCESS"
    return execution


def garbage() -> list[bytes]:
    """Return messages that are none of ours."""
    some = new_id()
    ours = message_of(QUEUE, 0, "inline", [Ref(some, "", "a")])
    return [
        b"",
        b"\xff\x00\xfe",
        b"[1]",
        b"{}",
        b'{"actor_name": "run_nodes"}',
        *(
            ours.copy(args=args).encode()
            for args in (
                ("inline", [["no-id", [["", "a"]]]]),
                ("no-lane", [[str(some), [["", "a"]]]]),
                ("inline", []),
                ("inline", [[str(some), []]]),
                ("inline", [[str(some), [["", "a\0"]]]]),
                ("inline", [[str(some), [["", "\ud800"]]]]),
                ("inline", [[str(some), [["", "a"]]]] * (MOST_ROWS + 1)),
                ("inline", [[str(some), [["", "a", "b"]]]]),
                ("no-id", "inline", [["", "a"]]),
                (str(some), "inline", [["", "a\0"]]),
                (str(some), "inline", [["", "a"]], "more"),
            )
        ),
        ours.copy(actor_name="others").encode(),
        ours.copy(message_timestamp=10**30).encode(),
    ]


def test_what_is_no_message_of_ours_is_not_read() -> None:
    """And what is one is read as it was sent."""
    one, other = new_id(), new_id()
    rows = [Ref(one, "each:1", "a"), Ref(one, "", "b"), Ref(other, "", "a")]

    assert [read(each) for each in garbage()] == [None] * len(garbage())
    for some in (rows, rows[:2]):
        ours = read(message_of(QUEUE, 3, "inline", some).encode())
        assert ours is not None
        assert carried_by(ours.args) == (Lane.INLINE, some)


def test_a_message_of_one_execution_is_as_the_release_before_reads_it() -> None:
    """So that both releases' workers take it while an upgrade goes on."""
    row = Ref(new_id(), "each:1", "a")
    args = message_of(QUEUE, 3, "inline", [row]).args
    assert args == (str(row.execution_id), "inline", [["each:1", "a"]])


@pytest.mark.slow
def test_messages_that_are_none_cost_nothing(
    settings: Settings, client: redis.Redis, wait_until: WaitUntil
) -> None:
    """However many: each is dropped, and the consumer lives."""
    client.rpush(URGENT, *garbage() * 20)

    with running(settings) as cluster:
        run_one(cluster, wait_until)

    assert client.llen(URGENT) == 0


#: Measurements that would divide by zero.
ZERO = b'{"threads": 1, "queues": ["core"], "occupied": {"core": 0}}'


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [b"\xff\xfe", b"", b"other\0"])
def test_an_epoch_and_queues_that_are_none_are_replaced(
    settings: Settings, client: redis.Redis, wait_until: WaitUntil, epoch: bytes
) -> None:
    """By what the next look writes."""
    with running(settings) as cluster:
        client.set(EPOCH_KEY, epoch)
        client.zadd(SERVED_KEY, {b"\xff\xfe": time.time() * 2, b"nul\0": time.time() * 2})
        client.hset(MEASUREMENTS_KEY, mapping={b"\xff": b"\xff", b"none": b"{}", b"zero": ZERO})

        run_one(cluster, wait_until)

        wait_until(lambda: client.get(EPOCH_KEY) != epoch, 10)
        wait_until(lambda: not {b"\xff\xfe", b"nul\0"} & set(client.zrange(SERVED_KEY, 0, -1)), 10)
        wait_until(
            lambda: not {b"\xff", b"none", b"zero"} & set(client.hkeys(MEASUREMENTS_KEY)), 10
        )


@pytest.mark.slow
def test_keys_of_a_wrong_type_are_put_right(
    settings: Settings, client: redis.Redis, wait_until: WaitUntil
) -> None:
    """Each stops no more than a moment's work."""
    keys = (
        EPOCH_KEY, SERVED_KEY, PROCESSES_KEY, MEASUREMENTS_KEY, TIMERS_KEY, OUTBOX_KEY, FACTS_KEY,
        SCHEDULER_KEY, DEADLINES_KEY, ENTRIES_KEY, WHOLE_KEY,
        *(list_key(QUEUE, priority) for priority in range(10)),
    )  # fmt: skip
    with running(settings) as cluster:
        run_one(cluster, wait_until)
        # In one transaction: the running cluster writes these keys again at any moment.
        with client.pipeline(transaction=True) as written:
            written.delete(*keys)
            for key in keys:
                written.xadd(key, {"field": 1})
            written.execute()

        run_one(cluster, wait_until)

        wait_until(lambda: not any(client.type(key) == b"stream" for key in keys), 10)


def test_the_pause_table_is_whole_no_more_when_a_part_of_it_was_deleted(
    client: redis.Redis,
) -> None:
    """So that it is rebuilt from the ledger."""
    client.set(WHOLE_KEY, "1")
    client.set(ENTRIES_KEY, "no hash")

    assert delete_wrong_types(client) == [ENTRIES_KEY]
    assert client.exists(WHOLE_KEY) == 0


@pytest.mark.slow
def test_entries_that_cannot_be_read_are_dropped(
    settings: Settings, client: redis.Redis, wait_until: WaitUntil
) -> None:
    """Those of the pause table, of the metrics relay, and the scheduler's heartbeat."""
    client.zadd(DEADLINES_KEY, {b"no-id": 1, b"\xff": 1})
    client.rpush(FACTS_KEY, b"{", b"[]", b'["no_fact",[],1]', b'["node_settled",["x"],1]')
    client.set(SCHEDULER_KEY, b"\xff")

    with running(settings) as cluster:
        run_one(cluster, wait_until)
        bad: list[Any] = [b"no-id", b"\xff"]
        wait_until(lambda: client.zmscore(DEADLINES_KEY, bad) == [None, None], 10)


def rows_of(cluster: InProcess, execution: UUID) -> Any:
    """Return all that the ledger has of an execution."""
    shown = cluster.shown(execution)
    return shown, shown["last_seq"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "forge",
    [
        lambda execution: (execution, [["", "a"], ["", "b"], ["", "start"]]),
        lambda execution: (execution, [["", "nobody"], ["each:7", "a"]]),
        lambda _: (new_id(), [["", "a"]]),
    ],
    ids=["settled rows", "rows that do not exist", "an execution that does not exist"],
)
def test_a_forged_message_changes_nothing(
    settings: Settings,
    client: redis.Redis,
    wait_until: WaitUntil,
    forge: Callable[[UUID], tuple[UUID, list[list[str]]]],
) -> None:
    """A message is a hint; what is claimed is the ledger's to say."""
    with running(settings) as cluster:
        execution = run_one(cluster, wait_until)
        before = rows_of(cluster, execution)
        target, refs = forge(execution)
        rows = [Ref(target, *each) for each in refs]
        for lane in Lane:
            client.rpush(URGENT, message_of(QUEUE, 0, lane.value, rows).encode())
        run_one(cluster, wait_until)
        wait_until(lambda: client.llen(URGENT) == 0, 10)

        assert rows_of(cluster, execution) == before
