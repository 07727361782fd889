"""Turns: whoever floods a queue keeps nobody else's row out of it (rule 9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import redis

from tests.support.ledger_driver import Hand
from tests.support.workflows import Document, chain, node
from treadle.core.redis import connect
from treadle.core.settings import Settings
from treadle.ledger.engine import control, turns
from treadle.ledger.engine.leases import Ref
from treadle.scheduler import dispatcher
from treadle.scheduler.dispatcher import Dispatcher
from treadle.transport import messages
from treadle.transport.broker import ListBroker
from treadle.transport.connections import Connections
from treadle.transport.duration_estimator import Measurements
from treadle.transport.redis_keys import (
    MEASUREMENTS_KEY,
    PRIORITIES,
    PROCESSES_KEY,
    SERVED_KEY,
    list_key,
)
from treadle.transport.served_queues import LIFETIME_SECONDS, MOST_QUEUES, Announcer

#: Executions of a flood; far more than there is room for.
MANY = 40
#: Threads that take what is queued, and so the rows that a queue has room for whose rows are long.
THREADS = 4


class Desk:
    """A dispatcher, what it may send to, and a hand that makes rows ready and sends none."""

    def __init__(self, settings: Settings, client: redis.Redis) -> None:
        self.client = client
        self.connections = Connections.to(settings)
        self.dispatcher = Dispatcher(self.connections)
        self.hand = Hand(settings.database_url)
        self.hand.queue.epoch = None

    def serve(self, *queues: str, seconds: float = 10.0) -> None:
        """Have threads that take queues whose rows keep each of them for so long."""
        occupied = dict.fromkeys(queues, seconds)
        Announcer(self.client).announce(
            Measurements(threads=THREADS, queues=queues, occupied=occupied)
        )

    def submit(self, owner: str, document: Document | None = None, **more: Any) -> UUID:
        return self.hand.submit(document or chain(node("a")), owner=owner, **more)

    def sent(self, queue: str = "core") -> list[UUID]:
        """Pass once; return the executions whose messages the queue then holds, in order."""
        return [each for message in self.messages(queue) for each in message]

    def messages(self, queue: str = "core") -> list[list[UUID]]:
        """Have nobody claim what was sent, and pass once; return each message's executions."""
        self.client.delete(*(list_key(queue, priority) for priority in PRIORITIES))
        self.dispatcher.refill(self.hand.session)
        return self.held(queue)

    def held(self, queue: str = "core") -> list[list[UUID]]:
        """Return the executions of each message that the queue holds, in order."""
        held = [
            messages.read(each)  # type: ignore[arg-type]
            for priority in PRIORITIES
            for each in self.client.lrange(list_key(queue, priority), 0, -1)
        ]
        return [
            [row.execution_id for row in messages.carried_by(each.args)[1]]
            for each in held
            if each is not None
        ]


@contextmanager
def desk(settings: Settings) -> Iterator[Desk]:
    with connect(settings.redis_url) as client:
        client.flushdb()
        it = Desk(settings, client)
        yield it
        it.hand.close()


@pytest.fixture
def here(fresh_settings: Settings) -> Iterator[Desk]:
    """A desk whose queue `core` has room for a row of each thread."""
    with desk(fresh_settings) as it:
        it.serve("core")
        yield it


def test_rows_that_nobody_claimed_are_sent_again_one_execution_a_message(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker of the release before drops what carries several.

    Taken out, such workers alone drop the same rows again and again, and their nodes never run.
    """
    monkeypatch.setattr(dispatcher, "_CLAIM_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(dispatcher, "_LOST_SECONDS", 0.0)
    here.serve("core", seconds=0.001)
    submitted = [here.submit("owner") for _ in range(3)]

    assert here.messages() == [submitted]
    assert here.messages() == [[each] for each in submitted]


def workflow(name: str) -> Document:
    return {**chain(node("a")), "metadata": {"id": name, "name": name}}


def test_each_owner_has_a_turn_whoever_has_more(here: Desk) -> None:
    """Behind a flood, another's first row goes with the next pass."""
    flood = [here.submit("flood") for _ in range(MANY)]
    other = here.submit("other")

    sent = here.sent()

    assert other in sent
    assert set(sent) - {other} == set(flood[: THREADS // 2])


def test_each_workflow_of_an_owner_has_a_turn(here: Desk) -> None:
    """A flood of one does not keep the owner's others waiting."""
    for _ in range(MANY):
        here.submit("owner", workflow("flood"))
    other = here.submit("owner", workflow("other"))

    assert other in here.sent()


def test_what_is_more_urgent_goes_first(here: Desk) -> None:
    """Turns count among rows of one priority."""
    for _ in range(MANY):
        here.submit("many", priority=5)
    urgent = [here.submit("few", priority=0) for _ in range(THREADS)]

    assert set(here.sent()) == set(urgent)


def test_more_owners_than_room_have_their_turns_one_after_the_other(here: Desk) -> None:
    """However many they are, nobody is passed over for ever."""
    for owner in range(3 * THREADS):
        for _ in range(3):
            here.submit(f"owner {owner:02}")
    first = {here.submit(f"owner {owner:02}") for owner in range(3 * THREADS)}

    owners = [here.hand.execution(each).owner for _ in range(3) for each in here.sent()]

    assert sorted(owners) == [f"owner {owner:02}" for owner in range(3 * THREADS)]
    assert first


def test_an_owner_of_many_workflows_is_gone_through_to_the_end(here: Desk) -> None:
    """No workflow waits because of where its name stands."""
    here.serve("core", seconds=0.01)
    submitted = {here.submit("owner", workflow(f"w{number:03}")) for number in range(100)}

    sent = {each for _ in range(8) for each in here.sent()}

    assert sent == submitted


def test_an_owner_of_more_workflows_than_room_leaves_none_waiting(here: Desk) -> None:
    """A workflow that always has more keeps none behind it, wherever its name stands."""
    names = [f"w{number:03}" for number in range(2 * MANY)]
    floods = [here.submit("owner", workflow(name)) for name in names[:4] for _ in range(MANY)]
    few = {here.submit("owner", workflow(name)) for name in names[4:]}

    sent = {each for _ in range(2 * MANY // THREADS + 2) for each in here.sent()}

    assert few <= sent
    assert sent & set(floods)


def test_more_owners_than_one_look_finds_have_their_turns(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next look goes on after them, and then begins anew, also where all found room."""
    monkeypatch.setattr(turns, "_MOST_OWNERS", 3)
    owners = [f"owner {number:02}" for number in range(3 * THREADS)]
    for owner in owners[:3]:
        for _ in range(MANY):
            here.submit(owner)
    others = {here.submit(owner) for owner in owners[3:]}

    sent = {each for _ in range(2 * len(owners)) for each in here.sent()}

    assert others <= sent


def test_a_look_is_bounded_however_many_owners_have_many_workflows(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand owners of thirty workflows each made a pass last longer than half a second."""
    monkeypatch.setattr(turns, "_MOST_SHARES", 2 * THREADS)
    for owner in range(THREADS):
        for name in range(THREADS):
            here.submit(f"owner {owner}", workflow(f"w{name}"))

    found = turns.waiting(here.hand.session, ["core"], {}, {})

    assert [len(workflows) for workflows in found.values()] == [2] * THREADS


def test_rows_of_a_queue_without_room_hide_no_others(here: Desk) -> None:
    """A queue that is full, or that nobody takes, keeps no other empty, however urgent its rows."""
    nobody = node("t", "ACTION.PYTHON_TASK", configurations={"task": "nobody"})
    for _ in range(MANY):
        here.submit("many", chain(nobody), priority=0)
    other = here.submit("other", priority=9)

    assert here.sent() == [other]


def test_what_is_paused_waits_for_no_turn_and_keeps_nobodys(here: Desk) -> None:
    """Neither what was ready before the pause, nor what became so after it."""
    hand = here.hand
    paused = [here.submit("owner") for _ in range(THREADS)]
    for each in paused:
        control.pause(hand.engine, hand.session, each)
    other = here.submit("owner")

    assert here.sent() == [other]
    for each in paused:
        control.resume(hand.engine, hand.session, each)
    assert set(here.sent()) == set(paused)


def test_a_claim_refused_by_the_gate_takes_its_note_back(here: Desk) -> None:
    """Taken out, a row whose message was fetched under pause waits a minute after the resume."""
    hand = here.hand
    execution = here.submit("owner")
    assert here.sent() == [execution]
    control.pause(hand.engine, hand.session, execution)
    hand.claims(execution, "a")
    assert here.sent() == []

    control.resume(hand.engine, hand.session, execution)

    assert here.sent() == [execution]


def test_a_row_that_somebody_changes_is_passed_over(here: Desk) -> None:
    """The dispatcher waits for no execution, and no execution for it."""
    held, other = here.submit("owner"), here.submit("owner")
    second = Hand(here.hand.url)
    with second.session.transaction():
        second.session.execute(
            "select from node_executions where execution_id = %s for update", (held,)
        )
        assert here.sent() == [other]
    second.close()

    assert here.sent() == [held]


def test_passes_go_on_for_a_while_after_something_waited(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that finds no room just after the dispatcher was woken wakes it no second time."""
    monkeypatch.setattr(dispatcher, "_AWAKE_SECONDS", 60.0)
    here.submit("owner")

    assert here.dispatcher.refill(here.hand.session) is not None
    assert here.dispatcher.refill(here.hand.session) is not None

    monkeypatch.setattr(dispatcher, "_AWAKE_SECONDS", 0.0)
    assert here.dispatcher.refill(here.hand.session) is None


def test_a_row_of_the_release_before_is_given_a_turn(here: Desk) -> None:
    """It knows of no turns, and waits no longer for it."""
    execution = here.submit("owner")
    here.hand.session.execute("update node_executions set owner = null, workflow_id = null")

    assert here.sent() == [execution]


def test_giving_turns_waits_for_nobody(here: Desk) -> None:
    """A row that somebody changes gets its turn the next time."""
    held, other = here.submit("owner"), here.submit("owner")
    here.hand.session.execute("update node_executions set owner = null, workflow_id = null")
    second = Hand(here.hand.url)
    with second.session.transaction():
        second.session.execute(
            "select from node_executions where execution_id = %s for update", (held,)
        )
        here.hand.session.execute("set lock_timeout = '2s'")
        assert here.sent() == [other]
    second.close()

    assert turns.adopt(here.hand.session, 10) == 1


def test_so_many_rows_are_given_a_turn_at_once(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent meanwhile; the next pass goes on where there are more."""
    monkeypatch.setattr(dispatcher, "_ROWS", 2)
    made = {here.submit("owner") for _ in range(3)}
    here.hand.session.execute("update node_executions set owner = null, workflow_id = null")

    first = here.sent()
    turnless = b"select count(*) from node_executions where state = 'ready' and owner is null"
    left = here.hand.session.execute(turnless + b" and enqueued_at is null").fetchone()
    second = here.sent()

    assert (len(first), left, len(second)) == (2, (1,), 1)
    assert {*first, *second} == made


def test_what_waits_behind_long_work_is_not_lost(here: Desk) -> None:
    """However long its message has waited; what is in no message is sent again after a minute."""
    here.serve("core")
    waits, lost = here.submit("ann"), here.submit("ben")  # in messages of their own
    assert here.messages() == [[waits], [lost]]
    key = list_key("core", 5)
    first = messages.read(here.client.lrange(key, 0, 0)[0])  # type: ignore[arg-type]
    assert first is not None
    long_ago = first.copy(message_timestamp=first.message_timestamp - 90_000)
    here.client.delete(key)
    here.client.rpush(key, long_ago.encode())
    here.hand.session.execute(
        "update node_executions set enqueued_at = enqueued_at - interval '61 s'"
    )

    here.dispatcher._looked = float("-inf")
    here.dispatcher.refill(here.hand.session)

    assert here.held() == [[waits], [lost]]


def test_a_note_that_the_release_before_takes_back_under_pause_is_not_made_again(
    here: Desk,
) -> None:
    """It takes back no turn; a paused row that had one would be sent and refused for ever."""
    execution = here.submit("owner")
    assert here.sent() == [execution]
    control.pause(here.hand.engine, here.hand.session, execution)
    here.hand.session.execute("update node_executions set enqueued_at = null, epoch = null")

    assert here.sent() == []


def test_finding_turns_reads_no_more_of_a_flood_than_it_sends(here: Desk) -> None:
    """A pass costs the same whether ten rows wait or ten thousand."""
    here.serve("core", seconds=0.1)
    execution = here.submit("flood")
    here.hand.session.execute(
        "insert into node_executions (execution_id, scope, node, state, arrived, taken, poisoned,"
        " queue, priority, owner, workflow_id, ready_at)"
        " select execution_id, 'x' || number, node, state, arrived, taken, poisoned, queue,"
        " priority, owner, workflow_id, ready_at"
        " from node_executions, generate_series(1, 10000) as number"
        " where execution_id = %s and state = 'ready'",
        (execution,),
    )
    here.hand.session.execute("vacuum analyze node_executions")

    before = rows_read(here.hand)
    found = turns.waiting(here.hand.session, ["core"], {}, {})

    assert list(found) == [("core", 5, "flood")]
    assert rows_read(here.hand) - before < 100


def test_rows_wait_in_redis_for_no_longer_than_the_buffer(fresh_settings: Settings) -> None:
    """By what their processes measured; a queue of long tasks holds one for each thread."""
    with desk(fresh_settings) as it:
        it.serve("slow", seconds=1.0)
        it.serve("fast", seconds=0.001)
        it.connections.queue.refresh(force=True)

        rooms = it.connections.queue.rooms()

    buffer = fresh_settings.queue_buffer_seconds
    assert rooms["slow"] == THREADS
    assert rooms["fast"] == int(buffer * THREADS / 0.001)


def test_what_becomes_ready_fills_a_part_of_the_room_alone(here: Desk) -> None:
    """The rest is the dispatcher's: a flood that goes on cannot keep others' rows out."""
    queue = here.connections.queue
    queue.refresh(force=True)

    admitted = [queue.admit("core") for _ in range(MANY)]

    assert sum(each is not None for each in admitted) == THREADS // 2
    assert queue.rooms()["core"] == THREADS - THREADS // 2


def test_a_process_that_says_nothing_any_more_counts_no_more(here: Desk) -> None:
    """Its threads and what it measured are forgotten with it."""
    here.client.zadd(PROCESSES_KEY, {b"gone": 0})
    here.client.hset(
        MEASUREMENTS_KEY, "gone", Measurements(threads=100, queues=["core"]).model_dump_json()
    )
    assert LIFETIME_SECONDS > 0

    here.serve("core")

    assert here.client.hexists(MEASUREMENTS_KEY, "gone") is False


@pytest.mark.parametrize(
    "said",
    [
        b'{"threads": 4, "queues": ["core"], "occupied": {"core": 1e-320}}',
        b'{"threads": 4, "queues": ["core"], "occupied": {"core": Infinity}}',
        b'{"threads": 4, "queues": ["core"], "durations": {"core": {"inline": 1e999}}}',
        b'{"threads": 1%s, "queues": ["core"], "occupied": {"core": 1}}' % (b"0" * 400),
        b'{"threads": 1000000000, "queues": ["core"], "occupied": {"core": 1}}',
        b'{"threads": 4, "queues": ["core", "%s"]}' % (b"x" * 2_000_000),
    ],
)
def test_what_was_forged_stops_no_look_and_opens_no_room(here: Desk, said: bytes) -> None:
    """Measurements beyond all bounds are those of no process: they are removed."""
    here.client.hset(MEASUREMENTS_KEY, "forged", said)

    here.connections.queue.refresh(force=True)

    assert here.connections.queue.rooms() == {"core": THREADS}
    assert not here.client.hexists(MEASUREMENTS_KEY, "forged")


def test_forged_measurements_within_bounds_fill_no_redis(here: Desk) -> None:
    """A queue is bounded in rows, whatever was said; and what no process renews goes away."""
    many = Measurements(threads=10_000, queues=["core"], occupied={"core": 1e-6})
    here.client.hset(MEASUREMENTS_KEY, mapping={f"f{n}": many.model_dump_json() for n in range(50)})
    here.connections.queue.refresh(force=True)
    assert here.connections.queue.rooms()["core"] <= 100_000

    here.serve("other")

    assert here.client.hlen(MEASUREMENTS_KEY) <= 2


def test_queues_forged_for_all_time_to_come_hide_no_real_one(here: Desk) -> None:
    """Times to come are removed by the next process that says what it serves."""
    here.client.zadd(SERVED_KEY, {f"forged {n}": 1e15 for n in range(MOST_QUEUES)})
    here.client.zadd(PROCESSES_KEY, {"forged": 1e15})

    here.serve("core")
    here.connections.queue.refresh(force=True)

    assert here.connections.queue.served() == ["core"]
    assert here.client.zscore(PROCESSES_KEY, "forged") is None


def test_a_flood_of_one_queue_starves_no_other_of_the_same_worker(redis_url: str) -> None:
    """Redis pops from the first list that holds something: each queue is first in its turn."""
    with connect(redis_url) as client:
        for queue in ("busy", "calm"):
            rows = [Ref(UUID(int=1), "", "a")]
            sent = [messages.message_of(queue, 5, "thread", rows)] * 5
            ListBroker(client).push(sent)
        consumer = ListBroker(client, queues=("busy", "calm"), threads=9).consume("nodes")

        popped = [next(consumer) for _ in range(4)]

    taken = [each.options["list"] for each in popped if each is not None]
    assert sorted(taken) == 2 * [list_key("busy", 5)] + 2 * [list_key("calm", 5)]


def rows_read(hand: Hand) -> int:
    """Return the rows of node executions that this database has read so far."""
    hand.session.execute("select pg_stat_force_next_flush()")
    hand.session.execute("select pg_stat_clear_snapshot()")
    row: Any = hand.session.execute(
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables"
        " where relname like 'node_executions%'"
    ).fetchone()
    return int(row[0] or 0)


def test_a_queue_of_the_release_before_has_room_for_its_threads(fresh_settings: Settings) -> None:
    """Its workers say what they serve by their heartbeats alone, and nothing of themselves."""
    with desk(fresh_settings) as it:
        Announcer(it.client).announce_for_others(["core"])
        it.connections.queue.refresh(force=True)

        assert it.connections.queue.rooms()["core"] > THREADS
