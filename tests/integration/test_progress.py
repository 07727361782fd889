"""What attempts say while they run: events in order, under the lease, and never told twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.support.broken_workflows import Breaking
from tests.support.ledger_driver import Hand, check
from tests.support.workflows import chain, node
from treadle.dag.events import EventType
from treadle.dag.outcomes import Completed
from treadle.dag.values import Value
from treadle.ledger.engine import control
from treadle.ledger.engine.batches import CommitResult, Report, Request
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.views import executions
from treadle.workers.committer import Committer

#: Seconds that nothing here takes unless something is wrong.
PATIENCE = 10


def test_a_report_becomes_an_event_while_its_attempt_runs(hand: Hand) -> None:
    """It says which node in which scope, and what it had to say; followers are told to look."""
    execution, claim = running(hand)

    tell(hand, claim, {"text": "a"})

    assert told(hand, execution) == [{"node_id": "a", "scope": "", "data": {"text": "a"}}]
    assert hand.published.touched == {execution: last_seq(hand, execution)}
    assert check(hand.session, execution) == []


def test_a_report_under_a_stale_lease_adds_no_event(hand: Hand, other: Hand) -> None:
    """What was reclaimed has nothing to say any more (invariant 1)."""
    execution, claim = running(hand)
    other.reclaim(execution, hand)
    again = hand.claim(execution, "a")
    before = last_seq(hand, execution)

    tell(hand, claim, 1)

    assert (told(hand, execution), last_seq(hand, execution)) == ([], before)
    assert hand.published.touched == {}
    tell(hand, again, 2)
    assert [each["data"] for each in told(hand, execution)] == [2]


def test_a_report_of_a_canceled_execution_adds_no_event(hand: Hand) -> None:
    """Its last event stays the last."""
    execution, claim = running(hand)
    control.cancel(hand.engine, hand.session, execution)

    tell(hand, claim, 1)

    assert hand.events(execution)[-1][0] == "execution_canceled"


def test_a_report_stands_before_the_outcome_it_came_with(hand: Hand) -> None:
    """Events have no gap and no other order than what happened (invariants 2 and 5)."""
    execution, claim = running(hand)
    tell(hand, claim, 1)

    outcome = settlement_of(claim, Completed({"v": 1}))
    hand.commit(Request(execution, hand.budget(), [outcome], reports=[Report(claim, 2)]))

    events = executions.events(hand.session, execution)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.event_type for event in events][-4:] == [
        "node_output_update", "node_output_update", "node_completed", "execution_completed",
    ]  # fmt: skip
    assert [each["data"] for each in told(hand, execution)] == [1, 2]


def test_reports_of_several_executions_share_a_transaction(hand: Hand) -> None:
    """Each adds to its own events, beside claims and outcomes of others."""
    (one, first), (two, second) = running(hand), running(hand)
    report, outcome = Report(first, 1), settlement_of(second, Completed(None))

    hand.commit(
        Request(one, hand.budget(), reports=[report]),
        Request(two, hand.budget(), [outcome]),
    )

    assert [each["data"] for each in told(hand, one)] == [1]
    assert hand.status(two) == "SUCCESS"


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_a_report_whose_commit_went_wrong_is_told_once(hand: Hand, breaks: str) -> None:
    """It is told again if nothing happened, and not if that is not known (rule 7)."""
    execution, claim = running(hand)

    with committing(hand, breaks) as one:
        report = Request(execution, hand.budget(), reports=[Report(claim, 1)])
        one.commit([report])[0].result(PATIENCE)

    assert [each["data"] for each in told(hand, execution)] == [1]


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_a_report_that_came_with_an_outcome_is_told_once_with_it(hand: Hand, breaks: str) -> None:
    """What became of the outcome says what became of the report."""
    execution, claim = running(hand)
    outcome = settlement_of(claim, Completed(None))
    request = Request(execution, hand.budget(), [outcome], reports=[Report(claim, 1)])

    with committing(hand, breaks) as one:
        assert one.commit([request])[0].result(PATIENCE).settled

    assert [kind for kind, name in hand.events(execution) if name == "a"] == [
        "node_started", "node_output_update", "node_completed",
    ]  # fmt: skip


def running(hand: Hand) -> tuple[UUID, Claim]:
    """Return an execution whose one node runs, and its claim."""
    execution = hand.submit(chain(node("a")))
    return execution, hand.claim(execution, "a")


def tell(hand: Hand, claim: Claim, data: Value) -> CommitResult:
    request = Request(claim.ref.execution_id, hand.budget(), reports=[Report(claim, data)])
    (answer,) = hand.commit(request)
    assert answer is not None
    return answer


def told(hand: Hand, execution: UUID) -> list[Any]:
    """Return what was reported, in order."""
    return [
        event.data
        for event in executions.events(hand.session, execution)
        if event.event_type == EventType.NODE_OUTPUT_UPDATE
    ]


def last_seq(hand: Hand, execution: UUID) -> int:
    return int(hand.execution(execution).next_seq) - 1


@contextmanager
def committing(hand: Hand, breaks: str) -> Iterator[Committer]:
    """Run a committer whose first transaction breaks."""
    armed = iter([breaks])

    def open_session() -> psycopg.Connection[Any]:
        session = Breaking.connect(hand.url, autocommit=True)
        session.breaks = next(armed, None)
        return session

    one = Committer(open_session, hand.engine)
    one.start()
    yield one
    one.stop()
