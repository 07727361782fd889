"""Control: cancel, pause and resume, deadlines, and what the dispatcher refills."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.ledger_driver import BROKEN, Hand, check, places
from tests.support.workflows import Document, chain, node, start, workflow
from treadle.core.ids import new_id
from treadle.dag.outcomes import Completed, Failed, Retrying, Sleeping
from treadle.ledger.engine import control, schedule
from treadle.ledger.engine.control import ExecutionIsFinal
from treadle.ledger.engine.execution_rows import NoSuchExecution
from treadle.ledger.engine.settle_rows import settlement_of


def fan(count: int) -> Document:
    """Return a workflow of nodes side by side."""
    ids = [f"n{number}" for number in range(count)]
    connect = ", ".join(f"start -> {each}" for each in ids)
    return workflow(start(), *map(node, ids), connect=connect)


def test_cancel_ends_an_execution_with_all_that_is_open(hand: Hand) -> None:
    """Running, ready, retrying and waiting rows are canceled in the transaction of the cancel."""
    execution = hand.submit(fan(4))
    running, retrying, sleeping = hand.claims(execution, "n0", "n1", "n2")
    hand.settle(
        (retrying, Retrying(BROKEN, timedelta(hours=1))), (sleeping, Sleeping(timedelta(1), 1))
    )

    control.cancel(hand.engine, hand.session, execution)

    assert hand.execution(execution).status == "CANCELED"
    states = hand.states(execution)
    assert {states[f"n{number}"] for number in range(4)} == {"canceled"}
    assert hand.settle((running, Completed(1))).settled == frozenset()
    assert hand.events(execution)[-1] == ("execution_canceled", None)
    assert check(hand.session, execution) == []


def test_a_final_status_is_final(hand: Hand) -> None:
    """Nothing that a person or a clock does changes an execution that has ended."""
    execution = hand.submit(workflow(start()))
    events = hand.events(execution)
    parts = (hand.engine, hand.session, execution)

    for call in (control.cancel, control.pause, control.resume):
        with pytest.raises(ExecutionIsFinal):
            call(*parts)
    control.end_by_deadline(*parts)
    hand.wake(execution)
    hand.reclaim(execution, hand)

    assert hand.status(execution) == "SUCCESS"
    assert hand.events(execution) == events


def test_what_is_not_there_cannot_be_canceled(hand: Hand) -> None:
    """An unknown id is told as one, with a reason."""
    with pytest.raises(NoSuchExecution) as caught:
        control.cancel(hand.engine, hand.session, new_id())

    assert caught.value.to_wire()["error_code"] == "execution_not_found"


def test_behind_a_closed_gate_nothing_is_claimed_or_handed_over(hand: Hand) -> None:
    """Running attempts settle; what follows stays ready, without a note."""
    document = workflow(
        start(), node("n0"), node("n1"), node("next"),
        connect="start -> n0, start -> n1, n0 -> next",
    )  # fmt: skip
    execution = hand.submit(document)
    running = hand.claim(execution, "n0")

    control.pause(hand.engine, hand.session, execution)
    assert hand.claims(execution, "n1") == []
    answer = hand.settle((running, Completed(1)), room=8)

    assert answer.settled == {running.lease_id}
    assert places(answer.handed_over) == []
    assert hand.published.to_send == []
    assert hand.states(execution)["next"] == "ready"
    assert hand.status(execution) == "PAUSED"
    assert check(hand.session, execution) == []


def test_a_claim_refused_by_the_gate_takes_its_note_back(hand: Hand) -> None:
    """The message is gone, so the row must count as unsent when the gate opens (rule 9)."""
    execution = hand.submit(fan(1))
    assert hand.row(execution, "n0").epoch == "today"

    control.pause(hand.engine, hand.session, execution)
    assert hand.claims(execution, "n0") == []

    row = hand.row(execution, "n0")
    assert (row.state, row.epoch, row.enqueued_at) == ("ready", None, None)


def test_resume_sends_what_is_ready(hand: Hand) -> None:
    """The gate opens, and every ready row is noted and left to send."""
    execution = hand.submit(fan(3))
    hand.claim(execution, "n2")
    control.pause(hand.engine, hand.session, execution)

    control.resume(hand.engine, hand.session, execution)

    assert sorted(queued.ref.node for queued in hand.published.to_send) == ["n0", "n1"]
    assert hand.status(execution) == "RUNNING"
    assert hand.events(execution)[-2:] == [("execution_paused", None), ("execution_resumed", None)]
    assert len(hand.claims(execution, "n0")) == 1
    assert check(hand.session, execution) == []


def test_a_resume_without_room_takes_the_notes_back(hand: Hand) -> None:
    """What the queue has no room for counts as unsent, whatever was sent before the pause."""
    execution = hand.submit(fan(1))
    control.pause(hand.engine, hand.session, execution)
    hand.queue.epoch = None

    control.resume(hand.engine, hand.session, execution)

    assert hand.row(execution, "n0").epoch is None


def test_a_second_pause_or_resume_changes_nothing(hand: Hand) -> None:
    """Both are states, not counters, and tell themselves once."""
    execution = hand.submit(fan(1))
    parts = (hand.engine, hand.session, execution)

    control.pause(*parts)
    control.pause(*parts)
    control.resume(*parts)
    control.resume(*parts)

    kinds = [kind for kind, _ in hand.events(execution)]
    assert kinds.count("execution_paused") == 1
    assert kinds.count("execution_resumed") == 1


def test_a_paused_execution_ends_by_its_last_running_attempt(hand: Hand) -> None:
    """A pause holds what is to come, not what is done."""
    execution = hand.submit(fan(1))
    running = hand.claim(execution, "n0")
    control.pause(hand.engine, hand.session, execution)

    hand.settle((running, Completed(1)))

    assert hand.status(execution) == "SUCCESS"
    assert check(hand.session, execution) == []


def test_a_pause_starts_no_further_member_of_a_chunk(hand: Hand) -> None:
    """What was claimed and not started has not begun: the gate holds it, and its worker gives it
    back.
    """
    execution = hand.submit(fan(2))
    first, second = hand.claims(execution, "n0", "n1", start_all=False)
    control.pause(hand.engine, hand.session, execution)

    answer = hand.settle_all([settlement_of(first, Completed(1))], starts=[second])

    assert answer.settled == {first.lease_id}
    assert answer.started == frozenset()
    assert hand.row(execution, "n1").started_at is None
    assert check(hand.session, execution) == []


def test_a_failure_under_pause_ends_the_execution(hand: Hand) -> None:
    """PAUSED is no shelter from a failure of what ran."""
    execution = hand.submit(fan(2))
    running = hand.claim(execution, "n0")
    control.pause(hand.engine, hand.session, execution)

    hand.settle((running, Failed(BROKEN)))

    assert hand.status(execution) == "ERROR"
    assert check(hand.session, execution) == []


def test_timers_run_under_pause(hand: Hand) -> None:
    """A due timer completes; its successor waits at the gate."""
    document = chain(node("nap", "FLOW.DELAY", configurations={}), node("next"))
    execution = hand.submit(document)
    hand.settle((hand.claim(execution, "nap"), Sleeping(timedelta(hours=1), {})))
    control.pause(hand.engine, hand.session, execution)
    hand.elapse(execution, "nap")

    hand.wake(execution)

    assert hand.states(execution) == {"start": "completed", "nap": "completed", "next": "ready"}
    assert hand.row(execution, "next").epoch is None
    assert hand.status(execution) == "PAUSED"


def test_the_deadline_ends_an_execution(hand: Hand) -> None:
    """It is found when it is due and not before, and ends as TIMEOUT with a reason."""
    late = hand.submit(fan(1), deadline=timedelta(microseconds=1))
    early = hand.submit(fan(1), deadline=timedelta(hours=1))

    due = schedule.due(hand.session, grace_seconds=5)
    assert ("deadline", late) in due
    assert ("deadline", early) not in due
    control.end_by_deadline(hand.engine, hand.session, late)

    assert hand.status(late) == "TIMEOUT"
    assert hand.error_code(late) == "execution_deadline_exceeded"
    assert hand.states(late)["n0"] == "canceled"
    assert ("deadline", late) not in schedule.due(hand.session, grace_seconds=5)
    assert check(hand.session, late) == []


def test_deadlines_run_under_pause(hand: Hand) -> None:
    """A pause does not stop the clock."""
    execution = hand.submit(fan(1), deadline=timedelta(microseconds=1))

    control.pause(hand.engine, hand.session, execution)

    assert ("deadline", execution) in schedule.due(hand.session, grace_seconds=5)


def test_the_scheduler_leaves_an_execution_that_is_held_alone(hand: Hand, other: Hand) -> None:
    """Its calls say so of a busy execution; it comes back (rule 1)."""
    execution = hand.submit(fan(1))
    parts = (hand.engine, hand.session, execution)

    with other.session.transaction():
        other.session.execute("select from executions where id = %s for update", (execution,))
        answers = [
            control.end_by_deadline(*parts),
            hand.reclaim(execution, other),
        ]

    assert answers == [False, False]
    assert hand.status(execution) == "RUNNING"
