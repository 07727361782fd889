"""The committer on a real database that refuses, is busy, breaks and comes back (rules 1, 5, 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import WaitUntil
from tests.support.broken_workflows import Breaking
from tests.support.ledger_driver import Hand, check
from tests.support.workflows import Document, chain, node, start, workflow
from treadle.core.postgres import SessionLimits, connect
from treadle.dag.outcomes import Completed
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.workers.committer import Committer

#: Seconds that nothing here takes unless something is wrong.
PATIENCE = 10
APPLICATION = "committer-under-test"
#: An output key that PostgreSQL's text cannot hold: what no check before the batch looks for.
UNSTORABLE_KEY = "a\0b"

Make = Callable[..., Committer]


@pytest.fixture
def committer(hand: Hand) -> Iterator[Make]:
    """Return a maker of started committers, by default over plain sessions."""
    made: list[Committer] = []

    def make(open_session: Callable[[], psycopg.Connection] | None = None) -> Committer:
        opened = open_session or (lambda: session_of(hand))
        one = Committer(opened, hand.engine)
        one.start()
        made.append(one)
        return one

    yield make
    for each in made:
        each.stop()


def session_of(hand: Hand) -> psycopg.Connection:
    return connect(hand.url, autocommit=True, application_name=APPLICATION)


def done(hand: Hand, execution: UUID, place: str, key: str = "result", **more: Any) -> Request:
    """Claim a node and return the request that completes it."""
    outcome = settlement_of(hand.claim(execution, place), Completed({"v": 1}, key))
    return Request(execution, hand.budget(), [outcome], **more)


def side_by_side(*ids: str) -> Document:
    connections = ", ".join(f"start -> {each}" for each in ids)
    return workflow(start(), *map(node, ids), connect=connections)


def test_what_is_handed_over_is_committed_before_the_committer_stops(hand: Hand) -> None:
    """`stop` loses nothing that somebody waits for."""
    execution = hand.submit(side_by_side("a", "b", "c"))
    requests = [done(hand, execution, each) for each in "abc"]
    one = Committer(lambda: session_of(hand), hand.engine)
    futures = [one.commit([request])[0] for request in requests]

    one.start()
    one.stop()

    assert all(future.result(0).settled for future in futures)
    assert hand.status(execution) == "SUCCESS"


def test_an_outcome_that_the_ledger_refuses_fails_alone(hand: Hand, committer: Make) -> None:
    """The others of its batch go through; it ends as `output_not_storable` (rule 5)."""
    good, bad = hand.submit(side_by_side("a", "b")), hand.submit(side_by_side("a", "b"))
    requests = [
        done(hand, good, "a"), done(hand, bad, "a", UNSTORABLE_KEY), done(hand, good, "b"),
    ]  # fmt: skip
    with held(hand, good), held(hand, bad):
        one = committer()
        futures = [one.commit([request])[0] for request in requests]

    settled = [bool(future.result(PATIENCE).settled) for future in futures]

    assert settled == [True, False, True]
    assert hand.status(good) == "SUCCESS"
    assert hand.error_code(bad) == "output_not_storable"
    assert check(hand.session, bad) == []


def test_an_outcome_that_is_refused_fails_none_of_its_own_request(
    hand: Hand, committer: Make
) -> None:
    """Inline nodes that ran together are settled together; one's outcome is not another's."""
    document = workflow(
        start(), node("a"), node("b"), node("mend"),
        connect="start -> a, start -> b, b:error -> mend",
    )  # fmt: skip
    execution = hand.submit(document)
    a, b = hand.claims(execution, "a", "b")
    outcomes = [
        settlement_of(a, Completed(1)), settlement_of(b, Completed(2, UNSTORABLE_KEY)),
    ]  # fmt: skip

    answer = committer().commit([Request(execution, hand.budget(), outcomes)])[0].result(PATIENCE)

    assert answer.settled == {a.lease_id}
    assert hand.states(execution)["a"] == "completed"
    assert hand.row(execution, "b").output_key == "error"
    assert hand.states(execution)["mend"] == "ready"
    assert check(hand.session, execution) == []


def test_an_execution_that_is_held_keeps_no_other_waiting(hand: Hand, committer: Make) -> None:
    """A busy execution waits for its turn beside the batches (rule 1)."""
    busy, free = hand.submit(chain(node("a"))), hand.submit(chain(node("a"), node("b")))
    waiting, first = done(hand, busy, "a"), done(hand, free, "a")
    one = committer()

    with held(hand, busy):
        blocked = one.commit([waiting])[0]
        one.commit([first])[0].result(3)
        one.commit([done(hand, free, "b")])[0].result(3)
        assert not blocked.done()

    assert blocked.result(PATIENCE).settled
    assert hand.status(busy) == hand.status(free) == "SUCCESS"


def test_who_waits_for_a_busy_execution_opens_a_session_once(
    hand: Hand, committer: Make, wait_until: WaitUntil
) -> None:
    """However often one is busy: opening a session costs as much as dozens of nodes."""
    opened: list[psycopg.Connection] = []

    def open_session() -> psycopg.Connection:
        opened.append(session_of(hand))
        return opened[-1]

    one = committer(open_session)
    for _ in range(3):
        execution = hand.submit(chain(node("a")))
        request = done(hand, execution, "a")
        with held(hand, execution):
            blocked = one.commit([request])[0]
            wait_until(lambda: len(opened) > 1 and is_waiting(hand, opened[1]))
        assert blocked.result(PATIENCE).settled

    one.stop()
    assert len(opened) == 2  # its own, and the one that waited
    assert all(each.closed for each in opened)


def test_a_commit_whose_answer_was_lost_counts_once(hand: Hand, committer: Make) -> None:
    """The ledger is asked: settled under the lease is done, and is not done again (rule 7)."""
    execution = hand.submit(chain(node("a"), node("b")))
    request = done(hand, execution, "a")
    one = committer(AnswerLost(hand).open)

    answer = one.commit([request])[0].result(PATIENCE)

    assert answer.settled == {request.settlements[0].claim.lease_id}
    assert [kind for kind, name in hand.events(execution) if name == "a"] == [
        "node_started", "node_completed",
    ]  # fmt: skip
    assert hand.row(execution, "b").arrived == 1
    assert check(hand.session, execution) == []


def test_a_commit_that_did_not_happen_is_made_again(
    hand: Hand, committer: Make, wait_until: WaitUntil
) -> None:
    """A session that was cut before its commit has done nothing: the outcome is settled anew."""
    execution = hand.submit(chain(node("a")))
    request = done(hand, execution, "a")
    one = committer()

    with held(hand, execution):
        future = one.commit([request])[0]
        cut(hand, wait_until)

    assert future.result(PATIENCE).settled
    assert hand.status(execution) == "SUCCESS"
    assert check(hand.session, execution) == []


def test_a_transaction_that_took_too_long_is_made_again(
    hand: Hand, committer: Make, wait_until: WaitUntil
) -> None:
    """The server ends such a session; that is no fault of the outcome."""
    opened = []

    def open_session() -> psycopg.Connection:
        limits = SessionLimits(transaction_seconds=0.1)
        opened.append(connect(hand.url, autocommit=True, limits=limits))
        return opened[-1]

    execution = hand.submit(chain(node("a")))
    request = done(hand, execution, "a")
    one = committer(open_session)

    with held(hand, execution):
        future = one.commit([request])[0]
        wait_until(lambda: len(opened) > 3)

    assert future.result(PATIENCE).settled
    assert hand.status(execution) == "SUCCESS"


def test_a_lease_lost_meanwhile_settles_nothing(
    hand: Hand, other: Hand, committer: Make, wait_until: WaitUntil
) -> None:
    """What was reclaimed while the session was cut is somebody else's now (rule 7)."""
    execution = hand.submit(chain(node("a")))
    request = done(hand, execution, "a")
    one = committer()

    with other.session.transaction():
        other.reclaim(execution, hand)
        future = one.commit([request])[0]
        cut(hand, wait_until)

    assert future.result(PATIENCE).settled == frozenset()
    assert hand.row(execution, "a").state == "ready"


def test_claims_of_a_cut_session_are_made_again(
    hand: Hand, committer: Make, wait_until: WaitUntil
) -> None:
    """A claim that did not happen is no reason to forget the message."""
    execution = hand.submit(chain(node("a")))
    one = committer()

    with held(hand, execution):
        future = one.commit([hand.wish(execution, "a")])[0]
        cut(hand, wait_until)

    assert [claim.ref.node for claim in future.result(PATIENCE).claims] == ["a"]


def test_a_database_that_cannot_be_reached_is_waited_for(hand: Hand, committer: Make) -> None:
    """Nobody's outcome fails because of an outage."""
    refusals = iter([psycopg.OperationalError("down")] * 2)

    def open_session() -> psycopg.Connection:
        for refusal in refusals:
            raise refusal
        return session_of(hand)

    execution = hand.submit(chain(node("a")))

    assert committer(open_session).commit([done(hand, execution, "a")])[0].result(PATIENCE).settled


@contextmanager
def held(hand: Hand, execution: UUID) -> Iterator[None]:
    """Hold an execution's row in a session of its own."""
    with connect(hand.url) as session:
        session.execute("select from executions where id = %s for update", (execution,))
        yield


def is_waiting(hand: Hand, session: psycopg.Connection) -> bool:
    """Return whether a session waits for a lock."""
    found = hand.session.execute(
        "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock'",
        (session.info.backend_pid,),
    )
    return found.fetchone() is not None


def cut(hand: Hand, wait_until: WaitUntil) -> None:
    """End the committer's session on the server while it waits for a row."""

    def terminated() -> bool:
        rows = hand.session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = %s and wait_event_type = 'Lock'"
            " and datname = current_database()",
            (APPLICATION,),
        ).fetchall()
        return bool(rows)

    wait_until(terminated)


class AnswerLost:
    """Opens sessions of which the first breaks after its first commit, before anybody hears."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._armed = True

    def open(self) -> psycopg.Connection:
        session = Breaking.connect(self._hand.url, autocommit=True)
        session.breaks = "after" if self._armed else None
        self._armed = False
        return session
