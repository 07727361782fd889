"""Recovery: timers, retries, lost processes and attempts past their limit (rules 7, 8, 10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.ledger_driver import BROKEN, Hand, check, ref_of
from tests.support.workflows import Document, chain, for_each, node, start, workflow
from treadle.dag.outcomes import Completed, Outcome, Released, Retrying, Sleeping
from treadle.dag.specs import CORE_QUEUE
from treadle.ledger.engine import control, schedule
from treadle.ledger.engine.claims import leases
from treadle.ledger.engine.leases import SUSPECT_AFTER
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.views import executions, processes

#: A node that is not tried again.
ONCE = {"operation": "custom", "expression": "1", "max_retries": 0}


def side_by_side(*ids: str) -> Document:
    connect = ", ".join(f"start -> {each}" for each in ids)
    return workflow(start(), *map(node, ids), connect=connect)


def naps() -> Document:
    return chain(node("nap", "FLOW.DELAY", configurations={}), node("next"))


def test_a_timer_holds_no_worker_and_completes_when_it_is_due(hand: Hand) -> None:
    """It waits without lease and limit; when due it completes with what it was given."""
    execution = hand.submit(naps())
    hand.settle((hand.claim(execution, "nap"), Sleeping(timedelta(hours=1), {"kept": 1})))
    row = hand.row(execution, "nap")
    assert (row.state, row.wait_kind, row.lease_id) == ("waiting", "timer", None)
    assert check(hand.session, execution) == []

    hand.wake(execution)
    assert hand.states(execution)["nap"] == "waiting"
    hand.elapse(execution, "nap")
    assert ("wake", execution) in schedule.due(hand.session, grace_seconds=5)
    hand.wake(execution)

    assert hand.states(execution) == {"start": "completed", "nap": "completed", "next": "ready"}
    (settled,) = executions.outputs(hand.session, [ref_of(execution, "nap")]).values()
    assert settled.output == {"kept": 1}
    assert check(hand.session, execution) == []


def test_a_timer_in_a_body_ends_its_scope(hand: Hand) -> None:
    """A wake settles as a worker does: the scope ends, and its loop goes on."""
    document = workflow(
        start(), for_each("each"), node("nap", "FLOW.DELAY", configurations={}),
        connect="start -> each, each:body -> nap",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.open_loop(execution, "each", 1)
    hand.settle((hand.claim(execution, "each:0 nap"), Sleeping(timedelta(hours=1), 1)))
    hand.elapse(execution, "each:0 nap")

    hand.wake(execution)

    assert hand.scopes(execution) == {"each:0": "ended"}
    assert hand.row(execution, "each").phase == "gather"
    assert check(hand.session, execution) == []


def test_a_failed_attempt_is_tried_again_when_its_retry_is_due(hand: Hand) -> None:
    """`retry_count` rises by its own failures, `attempt` by claims; the error is kept meanwhile."""
    execution = hand.submit(chain(node("a")))
    hand.settle((hand.claim(execution, "a"), Retrying(BROKEN, timedelta(hours=1))))
    row = hand.row(execution, "a")
    assert (row.state, row.retry_count, row.error is not None) == ("retrying", 1, True)
    assert check(hand.session, execution) == []

    hand.wake(execution)
    assert hand.claims(execution, "a") == []
    hand.elapse(execution, "a")
    hand.wake(execution)
    claim = hand.claim(execution, "a")

    assert (claim.attempt, claim.retry_count, claim.lost_count) == (2, 1, 0)
    hand.settle((claim, Completed(1)))
    assert hand.status(execution) == "SUCCESS"
    assert hand.row(execution, "a").error is None


def test_what_is_given_back_is_charged_nothing(hand: Hand) -> None:
    """A drain or an orphan's give-back spends neither a retry nor a loss; the attempt counts."""
    execution = hand.submit(chain(node("a")))

    hand.settle((hand.claim(execution, "a"), Released()))

    row = hand.row(execution, "a")
    assert (row.state, row.attempt, row.retry_count, row.lost_count) == ("ready", 1, 0, 0)
    assert (row.started_at, row.epoch) == (None, None)
    assert hand.claim(execution, "a").attempt == 2
    assert check(hand.session, execution) == []


@pytest.mark.parametrize("first", [Completed(1), Released(lost=True), Released()])
def test_an_outcome_stands_against_its_own_give_back(hand: Hand, first: Outcome) -> None:
    """A drain releases what ends in the same moment: in one batch the real outcome counts."""
    execution = hand.submit(chain(node("a")))
    claim = hand.claim(execution, "a")
    second = Completed(1) if first == Released() else Released()

    hand.settle((claim, first), (claim, second))

    row = hand.row(execution, "a")
    is_lost = first == Released(lost=True)
    assert (row.state, row.lost_count) == (("ready", 1) if is_lost else ("completed", 0))
    assert check(hand.session, execution) == []


def test_a_childs_death_told_by_its_parent_is_charged(hand: Hand) -> None:
    """The living parent of a suspect's own child reports the loss (rule 8)."""
    execution = hand.submit(chain(node("a")))

    hand.settle((hand.claim(execution, "a"), Released(lost=True)))

    assert hand.row(execution, "a").lost_count == 1


def test_what_a_dead_process_ran_is_taken_back(hand: Hand, other: Hand) -> None:
    """Its rows are ready again and sent; the old lease is worth nothing."""
    execution = hand.submit(side_by_side("a", "b"))
    other.register()
    lost = other.claim(execution, "a")
    mine = hand.claim(execution, "b")

    post_commit = hand.reclaim(execution, other, beat=0)

    assert post_commit is not None
    assert [queued.ref.node for queued in hand.published.to_send] == ["a"]
    row = hand.row(execution, "a")
    assert (row.state, row.lost_count, row.retry_count) == ("ready", 1, 0)
    assert hand.states(execution)["b"] == "running"
    assert other.settle((lost, Completed("late"))).settled == frozenset()
    assert hand.settle((mine, Completed(1))).settled == {mine.lease_id}
    assert check(hand.session, execution) == []


def test_a_late_outcome_that_was_not_taken_back_is_accepted(hand: Hand) -> None:
    """A settle is refused only by its lease, never by the clock (rule 10)."""
    execution = hand.submit(chain(node("a")))
    claim = hand.claim(execution, "a")
    hand.elapse(execution, "a", timedelta(days=1))

    assert hand.settle((claim, Completed(1))).settled == {claim.lease_id}


def test_taking_back_stops_when_the_beat_has_moved(hand: Hand, other: Hand) -> None:
    """The beat is read again under the execution's lock: slow is not dead (rule 10)."""
    execution = hand.submit(chain(node("a")))
    other.register()
    claim = other.claim(execution, "a")
    assert processes.beat(other.session, other.worker_id, draining=False) is not None

    hand.reclaim(execution, other, beat=0)

    assert hand.row(execution, "a").state == "running"
    assert hand.row(execution, "a").lease_id == claim.lease_id


def test_a_process_without_a_row_is_dead(hand: Hand, other: Hand) -> None:
    """Running rows of a process that nobody knows are reclaimed."""
    execution = hand.submit(chain(node("a")))
    other.claim(execution, "a")

    hand.reclaim(execution, other, beat=None)

    assert hand.row(execution, "a").state == "ready"


def test_only_what_was_started_is_charged_a_loss(hand: Hand, other: Hand) -> None:
    """A chunk's members that wait for their turn did not kill the process."""
    execution = hand.submit(side_by_side("a", "b"))
    other.claims(execution, "a", "b", start_all=False)

    hand.reclaim(execution, other)

    assert hand.row(execution, "a").lost_count == 1
    assert hand.row(execution, "b").lost_count == 0


def test_losses_in_company_stop_counting_at_suspicion(hand: Hand, other: Hand) -> None:
    """From then on only the death of its own child counts."""
    execution = hand.submit(chain(node("a")))
    for _ in range(SUSPECT_AFTER + 2):
        other.claim(execution, "a")
        hand.reclaim(execution, other)

    row = hand.row(execution, "a")
    assert (row.lost_count, row.attempt) == (SUSPECT_AFTER, SUSPECT_AFTER + 2)


def test_the_settle_of_one_member_starts_the_next(hand: Hand) -> None:
    """Only then its limit runs, and its start is told."""
    execution = hand.submit(side_by_side("a", "b"))
    a, b = hand.claims(execution, "a", "b", start_all=False)
    assert hand.row(execution, "b").limit_at is None

    answer = hand.settle_all([settlement_of(a, Completed(1))], starts=[b])

    assert answer.started == {b.lease_id}
    row = hand.row(execution, "b")
    assert row.started_at is not None
    assert row.limit_at is not None
    assert hand.events(execution).index(("node_started", "b")) > hand.events(execution).index(
        ("node_completed", "a")
    )


def test_a_settle_whose_lease_is_lost_starts_nothing(hand: Hand, other: Hand) -> None:
    """A zombie cannot start the next member of its chunk."""
    execution = hand.submit(side_by_side("a", "b"))
    a, b = other.claims(execution, "a", "b", start_all=False)
    hand.reclaim(execution, other)

    answer = other.settle_all([settlement_of(a, Completed(1))], starts=[b])

    assert answer.started == frozenset()


def test_an_attempt_past_its_limit_is_settled_for_a_process_that_hangs(hand: Hand) -> None:
    """A hung thread loses its node though its process beats: it failed by its limit (rule 7)."""
    execution = hand.submit(chain(node("a", configurations=ONCE)))
    claim = hand.claim(execution, "a")

    hand.end_overdue(execution)
    assert hand.row(execution, "a").state == "running"
    hand.elapse(execution, "a")
    assert ("overdue", execution) in schedule.due(hand.session, grace_seconds=5)
    hand.end_overdue(execution)

    assert hand.status(execution) == "ERROR"
    assert hand.error_code(execution) == "attempt_timed_out"
    assert hand.settle((claim, Completed("late"))).settled == frozenset()
    assert check(hand.session, execution) == []


def test_an_attempt_past_its_limit_is_tried_again_while_it_may(hand: Hand) -> None:
    """The limit is the attempt's own failure, and the retry policy decides."""
    execution = hand.submit(chain(node("a")))
    hand.claim(execution, "a")
    hand.elapse(execution, "a")

    hand.end_overdue(execution)

    row = hand.row(execution, "a")
    assert (row.state, row.retry_count, row.lost_count) == ("retrying", 1, 0)


def test_the_rest_of_a_hung_chunk_is_given_back(hand: Hand) -> None:
    """Members that wait behind an attempt past its limit are ready again, uncharged (rule 8)."""
    execution = hand.submit(side_by_side("a", "b"))
    hand.claims(execution, "a", "b", start_all=False)
    hand.elapse(execution, "a")

    post_commit = hand.end_overdue(execution)

    row = hand.row(execution, "b")
    assert (row.state, row.lost_count, row.retry_count) == ("ready", 0, 0)
    assert post_commit is not None
    assert [queued.ref.node for queued in hand.published.to_send] == ["b"]
    assert check(hand.session, execution) == []


def test_what_is_given_back_without_room_waits_for_its_owners_turn(hand: Hand) -> None:
    """A row that was sent before has no turn any more, and gets one (rule 9)."""
    execution = hand.submit(side_by_side("a", "b"))
    hand.claims(execution, "a", "b", start_all=False)
    hand.elapse(execution, "a")
    hand.queue.epoch = None

    hand.end_overdue(execution)

    assert hand.row(execution, "b").owner is not None
    assert check(hand.session, execution) == []


@pytest.mark.parametrize("paused", [False, True])
def test_recovered_rows_are_not_sent_through_a_closed_gate(
    hand: Hand, other: Hand, *, paused: bool
) -> None:
    """What becomes ready under pause waits for the resume."""
    execution = hand.submit(side_by_side("a", "b"))
    other.claim(execution, "a")
    retried = hand.claim(execution, "b")
    hand.settle((retried, Retrying(BROKEN, timedelta(hours=1))))
    if paused:
        control.pause(hand.engine, hand.session, execution)
    hand.elapse(execution, "b")

    hand.wake(execution)
    hand.reclaim(execution, other)

    sent = [hand.row(execution, each).epoch is not None for each in "ab"]
    assert sent == [not paused, not paused]


def test_beats_tell_a_process_what_it_is_thought_to_run(hand: Hand) -> None:
    """With each beat come its leases; none comes for a process that is not on the list."""
    assert processes.beat(hand.session, hand.worker_id, draining=False) is None
    hand.register()
    execution = hand.submit(side_by_side("a", "b"))
    a = hand.claim(execution, "a")

    assert processes.beat(hand.session, hand.worker_id, draining=True) == {a.lease_id: a.ref}
    (row,) = [row for row in processes.workers(hand.session) if row.id == hand.worker_id]
    assert (row.beat, row.draining) == (1, True)


def test_a_read_back_tells_settled_leases_from_running_and_lost_ones(
    hand: Hand, other: Hand
) -> None:
    """After a commit of unknown outcome the ledger says what became of each lease (rule 7)."""
    execution = hand.submit(side_by_side("a", "b", "c"))
    done, running = hand.claims(execution, "a", "b")
    taken = other.claim(execution, "c")
    hand.settle((done, Completed(1)))
    hand.reclaim(execution, other)

    wanted = [each.lease_id for each in (done, running, taken)]
    found = leases(other.session, [execution], wanted)

    assert found == (frozenset({running.lease_id}), frozenset({done.lease_id}))


def test_a_read_back_does_not_take_a_canceled_lease_for_a_settled_one(hand: Hand) -> None:
    """What a cancel ended counted for nothing, whoever asks."""
    execution = hand.submit(side_by_side("a"))
    claim = hand.claim(execution, "a")
    control.cancel(hand.engine, hand.session, execution)

    assert leases(hand.session, [execution], [claim.lease_id]) == (
        frozenset(),
        frozenset(),
    )


def test_failures_leave_by_error_for_a_hung_attempt_too(hand: Hand) -> None:
    """The scheduler settles by the same code: what hangs on `error` runs."""
    document = workflow(
        start(), node("a", configurations=ONCE), node("mend"),
        connect="start -> a, a:error -> mend",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.claim(execution, "a")
    hand.elapse(execution, "a")

    hand.end_overdue(execution)

    assert hand.row(execution, "a").output_key == "error"
    assert hand.states(execution)["mend"] == "ready"


def test_a_hung_attempt_is_tried_again_no_more_than_its_process_allows(hand: Hand) -> None:
    """A task's own bound is known to whoever settles for it; the narrower of both counts."""
    hand.register(max_retries={CORE_QUEUE: 0})
    execution = hand.submit(chain(node("a")))
    hand.claim(execution, "a")
    hand.elapse(execution, "a")

    hand.end_overdue(execution)

    assert (hand.status(execution), hand.error_code(execution)) == ("ERROR", "attempt_timed_out")
