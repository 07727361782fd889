"""The pause table and its sweepers, on a real Redis and a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import UUID

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from structlog.testing import capture_logs

from tests.conftest import WaitUntil
from tests.support.ledger_driver import Hand, ParkingQueue, check
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.core.redis import connect
from treadle.hil.sweeper import Sweeper
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.post_commit import Parked
from treadle.ledger.people import interactions
from treadle.transport.pause_table import PauseTable
from treadle.transport.redis_keys import DEADLINES_KEY, ENTRIES_KEY

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """Return a client of this worker's key space."""
    with connect(redis_url) as made:
        yield made


@pytest.fixture
def table(client: redis.Redis) -> PauseTable:
    """Return an empty pause table."""
    return PauseTable(client)


def parked(*, warn: float = 100.0, timeout: float = 200.0) -> Parked:
    """Return a question that is to be warned of and ended in so many seconds."""
    now = datetime.now(UTC)
    ends = [now + timedelta(seconds=each) for each in (warn, timeout)]
    return Parked(new_id(), new_id(), ends[0], ends[1])


class Replica:
    """A sweeper and what it left to do."""

    def __init__(self, hand: Hand, table: PauseTable) -> None:
        self.queue = ParkingQueue(table)
        engine = Engine(hand.graphs, self.queue)
        self.sweeper = Sweeper(lambda: Hand(hand.url).session, table, engine)

    def sweep(self) -> float:
        """Pass once, with nothing in the ledger but what the table tells of."""
        seconds = self.sweeper.run_pass()
        self.sweeper.close()
        return seconds


@pytest.fixture
def replica(hand: Hand, table: PauseTable) -> Replica:
    """Return a sweeper over a table that is whole."""
    table.rebuild([])
    return Replica(hand, table)


def ask(hand: Hand, **asked: object) -> UUID:
    """Let a node of a new execution ask."""
    execution = hand.submit(chain(node("ask", APPROVAL, configurations={"title": "?"})))
    return hand.ask(execution, "ask", **asked)


def execution_of(hand: Hand, question: UUID) -> UUID:
    """Return the execution that asked."""
    return interactions.interaction(hand.session, question).execution_id


def let_pass(hand: Hand, *questions: UUID) -> None:
    """Let the time of questions be over."""
    hand.session.execute(
        "update interactions set timeout_at = now() - interval '1 s', warn_at = now() - interval"
        " '2 s' where id = any(%s)",
        (list(questions),),
    )


def at(hand: Hand, *questions: UUID) -> list[Parked]:
    """Return questions as they are to be parked."""
    found = {each.interaction_id: each for each in interactions.pending(hand.session, limit=10_000)}
    return [found[each] for each in questions]


def test_what_is_due_is_taken_once_and_in_time(table: PauseTable) -> None:
    """By the server's clock; what is held comes again when its hold is over."""
    due, later = parked(warn=-2, timeout=-1), parked()
    table.park([due, later])

    taken = table.take(limit=10, hold_seconds=30)

    assert taken.due == [(due.interaction_id, "time_out")]
    assert taken.next_seconds == pytest.approx(30, abs=2)
    assert table.take(limit=10, hold_seconds=0).due == []
    table.unpark([due.interaction_id])
    assert table.take(limit=10, hold_seconds=0).next_seconds == pytest.approx(100, abs=2)


def test_a_warning_comes_first_and_the_end_after_it(table: PauseTable) -> None:
    """A question that was warned of is next due at its end."""
    question = parked(warn=-1, timeout=50)
    table.park([question])

    taken = table.take(limit=10, hold_seconds=1)

    assert taken.due == [(question.interaction_id, "warn")]
    assert taken.next_seconds == pytest.approx(50, abs=2)


def test_what_a_dead_sweeper_held_comes_again(table: PauseTable) -> None:
    """Taking is no more than a hold."""
    question = parked(warn=-2, timeout=-1)
    table.park([question])

    table.take(limit=10, hold_seconds=0)

    assert table.take(limit=10, hold_seconds=0).due == [(question.interaction_id, "time_out")]


def test_a_table_that_is_lost_while_it_is_rebuilt_is_not_taken_for_whole(
    table: PauseTable, client: redis.Redis
) -> None:
    """The mark of rebuilding goes with it."""

    def pages() -> Iterator[list[Parked]]:
        yield [parked()]
        client.flushdb()
        yield [parked()]

    assert table.rebuild(pages()) is False
    assert table.take(limit=1, hold_seconds=0).whole is False
    assert table.rebuild([[parked()]]) is True
    assert table.take(limit=1, hold_seconds=0).whole is True


def test_a_thousand_parked_questions_survive_a_flush(
    hand: Hand, table: PauseTable, replica: Replica, client: redis.Redis
) -> None:
    """The sweeper finds the table gone and puts every pending question back, and nothing else."""
    execution = hand.submit(
        chain(node("ask", APPROVAL, configurations={"title": "?"})),
    )
    hand.ask(execution, "ask")
    hand.session.execute(
        "insert into interactions (id, execution_id, scope, node, owner, interaction_type,"
        " channel_type, assignees, question, input, warn_at, timeout_at, delivered_at, status,"
        " decided_at)"
        " select gen_random_uuid(), execution_id, 'x:' || n, node, owner, interaction_type,"
        "  channel_type, assignees, question, input, warn_at, timeout_at, delivered_at,"
        "  case when n <= 999 then 'pending' else 'canceled' end,"
        "  case when n > 999 then now() end"
        " from interactions, generate_series(1, 1100) n where execution_id = %s",
        (execution,),
    )
    pending = {each.interaction_id for each in interactions.pending(hand.session, limit=10_000)}
    assert len(pending) >= 1_000
    client.flushdb()

    replica.sweep()

    kept = {UUID(each.decode()) for each in client.zrange(DEADLINES_KEY, 0, -1)}  # type: ignore[union-attr]
    assert kept == pending
    assert client.hlen(ENTRIES_KEY) == len(pending)
    assert table.take(limit=1, hold_seconds=0).whole
    hand.session.execute("delete from interactions where execution_id = %s", (execution,))


def test_the_sweeper_ends_what_is_due_and_leaves_the_rest(
    hand: Hand, table: PauseTable, replica: Replica
) -> None:
    """And tells when it is next needed."""
    late, soon = ask(hand), ask(hand)
    let_pass(hand, late)
    table.park(at(hand, late, soon))

    replica.sweep()

    assert interactions.interaction(hand.session, late).status == "timeout"
    assert interactions.interaction(hand.session, soon).pending
    assert table.parked() == 1
    assert check(hand.session, execution_of(hand, late)) == []


def test_lines_about_a_question_name_its_execution(
    hand: Hand, table: PauseTable, replica: Replica
) -> None:
    """Whoever follows an execution in the logs finds its questions."""
    question = ask(hand)
    execution = execution_of(hand, question)
    let_pass(hand, question)
    table.park(at(hand, question))

    with capture_logs() as lines:
        replica.sweep()

    (line,) = [each for each in lines if each["event"] == "question.timed_out"]
    assert line["execution_id"] == str(execution)
    assert (line["interaction_id"], line["node_id"], line["scope"]) == (str(question), "ask", "")


def test_the_sweeper_warns_once_before_the_end(
    hand: Hand, table: PauseTable, replica: Replica
) -> None:
    """An event says so, and the question is next due at its end."""
    question = ask(hand)
    hand.session.execute(
        "update interactions set warn_at = now() - interval '1 s' where id = %s", (question,)
    )
    table.park(at(hand, question))

    replica.sweep()
    table.park(at(hand, question))
    replica.sweep()

    kinds = [kind for kind, _ in hand.events(execution_of(hand, question))]
    assert kinds.count("user_input_due_soon") == 1
    assert interactions.interaction(hand.session, question).warned_at is not None
    assert check(hand.session, execution_of(hand, question)) == []


def test_what_was_never_parked_is_found_in_the_ledger(hand: Hand, replica: Replica) -> None:
    """The process that asked died before it could park the question."""
    question = ask(hand)
    let_pass(hand, question)

    replica.sweep()

    assert interactions.interaction(hand.session, question).status == "timeout"


def test_what_is_parked_and_was_decided_leaves_the_table(
    hand: Hand, table: PauseTable, replica: Replica
) -> None:
    """The process that decided it died before it could say so here."""
    question = ask(hand)
    table.park(at(hand, question))
    hand.answer(question)
    gone = parked(warn=-2, timeout=-1)
    table.park([Parked(question, gone.execution_id, gone.warn_at, gone.timeout_at), gone])

    replica.sweep()

    assert table.parked() == 0


def test_a_clock_that_is_ahead_ends_nothing_early(
    hand: Hand, table: PauseTable, replica: Replica
) -> None:
    """The ledger's clock decides; the question comes again."""
    question = ask(hand)
    early = parked(warn=-2, timeout=-1)
    table.park([Parked(question, early.execution_id, early.warn_at, early.timeout_at)])

    replica.sweep()

    assert interactions.interaction(hand.session, question).pending
    assert table.parked() == 1


def test_the_ledger_is_swept_while_redis_is_away(hand: Hand) -> None:
    """Nobody waits longer because of it."""
    question = ask(hand)
    let_pass(hand, question)
    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    sweeper = Sweeper(lambda: Hand(hand.url).session, PauseTable(nowhere), hand.engine)

    sweeper.run_pass()
    sweeper.close()

    assert interactions.interaction(hand.session, question).status == "timeout"


def test_two_replicas_end_each_question_once(
    hand: Hand, table: PauseTable, wait_until: WaitUntil
) -> None:
    """Whoever comes second finds it decided."""
    table.rebuild([])
    questions = [ask(hand, timeout_action="continue") for _ in range(40)]
    let_pass(hand, *questions)
    table.park(at(hand, *questions))
    replicas = [Replica(hand, table), Replica(hand, table)]
    stop = Event()
    threads = [Thread(target=each.sweeper.run_until, args=(stop,)) for each in replicas]
    for thread in threads:
        thread.start()

    wait_until(lambda: table.parked() == 0)
    stop.set()
    for thread in threads:
        thread.join()

    ended = [
        each for replica in replicas for work in replica.queue.published for each in work.touched
    ]
    assert sorted(ended) == sorted(execution_of(hand, each) for each in questions)
    for question in questions:
        assert check(hand.session, execution_of(hand, question)) == []
