"""Loops: scopes open, end and fail as rows, and the loop goes on by them (rule 3)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.ledger_driver import BROKEN, Hand, check, places
from tests.support.workflows import Document, for_each, node, start, workflow
from treadle.core.postgres import connect
from treadle.dag.outcomes import Completed, Failed, LoopOpened, Released, Retrying
from treadle.dag.states import LoopPhase
from treadle.dag.values import loads
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.loops import NODE_EXECUTIONS_LIMIT
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.workers.committer import Committer


def looping(**config: Any) -> Document:
    """Return a loop over a list with a body of one node, and a node after it."""
    return workflow(
        start(), for_each("each", **config), node("work"), node("after"), node("mend"),
        connect="start -> each, each:body -> work, each:done -> after, each:error -> mend",
    )  # fmt: skip


def nested() -> Document:
    """Return a loop in a loop, with a node beside the inner loop and one in it."""
    return workflow(
        start(), for_each("outer"), for_each("inner"), node("work"), node("beside"),
        connect="start -> outer, outer:body -> inner, outer:body -> beside, inner:body -> work",
    )  # fmt: skip


def turning(**config: Any) -> Document:
    """Return a `while` loop with a body of one node."""
    given = {"loop_type": "while", "loop_condition": "true", **config}
    return workflow(
        start(), node("turns", "FLOW.LOOP", configurations=given), node("work"),
        connect="start -> turns, turns:body -> work",
    )  # fmt: skip


def test_a_loop_opens_no_more_scopes_than_its_window(hand: Hand) -> None:
    """`max_parallel` scopes are open at once; the end of one opens the next, in order."""
    execution = hand.submit(looping())

    hand.open_loop(execution, "each", 4, parallel=2)
    assert hand.scopes(execution) == {"each:0": "open", "each:1": "open"}
    row = hand.row(execution, "each")
    assert (row.state, row.wait_kind) == ("waiting", "body")
    assert (row.loop_next, row.loop_active, row.loop_total) == (2, 2, 4)
    assert check(hand.session, execution) == []
    hand.complete(execution, "each:1 work", 1)

    assert hand.scopes(execution) == {"each:0": "open", "each:1": "ended", "each:2": "open"}
    assert check(hand.session, execution) == []


def test_several_scopes_that_end_together_open_as_many(hand: Hand) -> None:
    """The window is refilled by count, and never past the last entry."""
    execution = hand.submit(looping())
    hand.open_loop(execution, "each", 3, parallel=2)
    one, two = hand.claims(execution, "each:0 work", "each:1 work")

    hand.settle((one, Completed(0)), (two, Completed(1)))

    assert hand.scopes(execution)["each:2"] == "open"
    row = hand.row(execution, "each")
    assert (row.loop_next, row.loop_active) == (3, 1)
    assert check(hand.session, execution) == []


def test_the_last_scope_makes_the_loop_gather(hand: Hand) -> None:
    """A loop counts one in its scope until it leaves; then what follows `done` runs."""
    execution = hand.submit(looping())
    hand.open_loop(execution, "each", 1)

    hand.complete(execution, "each:0 work", 7)
    row = hand.row(execution, "each")
    assert (row.state, row.phase) == ("ready", "gather")
    assert hand.execution(execution).outstanding == 1
    claim = hand.claim(execution, "each")
    assert claim.phase is LoopPhase.GATHER
    assert claim.error is None
    hand.settle((claim, Completed({"results": [7], "count": 1}, "done")))

    assert hand.row(execution, "each").phase is None
    assert hand.states(execution)["after"] == "ready"
    assert hand.states(execution)["mend"] == "skipped"
    assert check(hand.session, execution) == []


def test_a_skipped_loop_has_no_scopes(hand: Hand) -> None:
    """A body that never opened has no rows, and what follows `done` is skipped."""
    document = workflow(
        start(), node("a"), for_each("each"), node("work"), node("after"),
        connect="start -> a, a:error -> each, each:body -> work, each:done -> after",
    )  # fmt: skip
    execution = hand.submit(document)

    hand.complete(execution, "a")

    assert hand.states(execution) == {
        "start": "completed", "a": "completed", "each": "skipped", "after": "skipped",
    }  # fmt: skip
    assert hand.status(execution) == "SUCCESS"


def test_a_while_loop_takes_a_claim_for_each_turn(hand: Hand) -> None:
    """The end of a turn makes the loop ready to check its condition, with its ordinal."""
    execution = hand.submit(turning())
    hand.settle((hand.claim(execution, "turns"), LoopOpened()))
    assert hand.scopes(execution) == {"turns:0": "open"}

    hand.complete(execution, "turns:0 work")
    claim = hand.claim(execution, "turns")
    assert (claim.phase, claim.turn) == (LoopPhase.TURN, 1)
    hand.settle((claim, LoopOpened()))

    assert hand.scopes(execution) == {"turns:0": "ended", "turns:1": "open"}
    assert check(hand.session, execution) == []


def test_a_range_opens_its_turns_one_after_another(hand: Hand) -> None:
    """`for_range` needs no claim between turns; its bounds are kept in its row."""
    document = workflow(
        start(), node("turns", "FLOW.LOOP", configurations={}), node("work"),
        connect="start -> turns, turns:body -> work",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.settle((hand.claim(execution, "turns"), LoopOpened(indices=range(4, 8, 2))))

    hand.complete(execution, "turns:0 work")
    assert hand.scopes(execution) == {"turns:0": "ended", "turns:1": "open"}
    hand.complete(execution, "turns:1 work")

    assert hand.row(execution, "turns").phase == "gather"
    assert check(hand.session, execution) == []


def test_a_failure_in_a_body_reaches_the_execution_only_through_its_loop(hand: Hand) -> None:
    """The loop gives up: siblings are canceled with their rows, and it gathers for its error."""
    execution = hand.submit(looping())
    hand.open_loop(execution, "each", 5, parallel=3)

    hand.fail(execution, "each:1 work")

    assert hand.scopes(execution) == {
        "each:0": "canceled", "each:1": "failed", "each:2": "canceled",
    }  # fmt: skip
    assert hand.states(execution)["each:0 work"] == "canceled"
    assert hand.status(execution) == "RUNNING"
    assert check(hand.session, execution) == []
    claim = hand.claim(execution, "each")
    assert claim.phase is LoopPhase.GATHER
    assert claim.error is not None
    assert claim.error["error_details"]["scope"] == "each:1"
    hand.settle((claim, Failed(claim.error, output={"error": claim.error})))
    assert hand.states(execution)["mend"] == "ready"
    assert check(hand.session, execution) == []


@pytest.mark.parametrize("on_error", ["continue", "collect"])
def test_a_loop_that_goes_on_opens_the_next_scope_after_a_failed_one(
    hand: Hand, on_error: str
) -> None:
    """The failed scope's open nodes are canceled, and the loop gathers without an error."""
    execution = hand.submit(looping(on_error=on_error))
    hand.open_loop(execution, "each", 2, parallel=1)

    hand.fail(execution, "each:0 work")
    assert hand.scopes(execution) == {"each:0": "failed", "each:1": "open"}
    hand.complete(execution, "each:1 work")

    claim = hand.claim(execution, "each")
    assert (claim.phase, claim.error) == (LoopPhase.GATHER, None)
    assert check(hand.session, execution) == []


@pytest.mark.parametrize("outcome", [Released(), Retrying(BROKEN, timedelta())])
def test_a_loop_that_gives_up_stays_so_when_its_gather_is_repeated(
    hand: Hand, outcome: Released | Retrying
) -> None:
    """Released by a drain, or tried again, it still knows why it gathers."""
    execution = hand.submit(looping())
    hand.open_loop(execution, "each", 1)
    hand.fail(execution, "each:0 work")

    hand.settle((hand.claim(execution, "each"), outcome))
    hand.wake(execution)

    claim = hand.claim(execution, "each")
    assert claim.phase is LoopPhase.GATHER
    assert claim.error is not None
    assert claim.error["error_code"] == "broken"


def test_a_turn_that_is_tried_again_is_not_given_up(hand: Hand) -> None:
    """What a loop gives up for is told to its gather alone, not the last attempt's own error."""
    execution = hand.submit(turning())
    hand.settle((hand.claim(execution, "turns"), Retrying(BROKEN, timedelta())))
    hand.wake(execution)

    claim = hand.claim(execution, "turns")

    assert (claim.phase, claim.error) == (LoopPhase.OPEN, None)


def test_a_scope_canceled_as_it_opens_is_not_left_open(hand: Hand) -> None:
    """A sibling's failure in the same batch cancels what an inner loop has just opened."""
    execution = hand.submit(nested())
    hand.open_loop(execution, "outer", 2)
    inner = hand.claim(execution, "outer:0 inner")
    beside = hand.claim(execution, "outer:1 beside")

    hand.settle((inner, LoopOpened(items=(1, 2))), (beside, Failed(BROKEN)))

    assert hand.scopes(execution)["outer:0/inner:0"] == "canceled"
    assert check(hand.session, execution) == []


def test_a_canceled_loop_opens_no_further_scope(hand: Hand) -> None:
    """A scope that ends in the batch that cancels its loop's own scope opens nothing."""
    execution = hand.submit(nested())
    hand.open_loop(execution, "outer", 2)
    hand.open_loop(execution, "outer:0 inner", 3, parallel=1)
    work = hand.claim(execution, "outer:0/inner:0 work")
    beside = hand.claim(execution, "outer:1 beside")

    answer = hand.settle((work, Completed(1)), (beside, Failed(BROKEN)), room=8)

    assert places(answer.handed_over) == ["outer"]
    assert "outer:0/inner:1" not in hand.scopes(execution)
    assert check(hand.session, execution) == []


def test_an_inner_loop_canceled_with_its_scope_does_not_give_up_too(hand: Hand) -> None:
    """Failures in an inner body and beside the loop, together: only the outer one goes on."""
    execution = hand.submit(nested())
    hand.open_loop(execution, "outer", 2)
    hand.open_loop(execution, "outer:0 inner", 3)
    work = hand.claim(execution, "outer:0/inner:0 work")
    beside = hand.claim(execution, "outer:1 beside")

    answer = hand.settle((work, Failed(BROKEN)), (beside, Failed(BROKEN)), room=8)

    assert places(answer.handed_over) == ["outer"]
    assert hand.states(execution)["outer:0 inner"] == "canceled"
    assert check(hand.session, execution) == []


def test_no_hand_off_is_left_that_the_same_transaction_canceled(hand: Hand) -> None:
    """A lease taken for a successor in a scope that the batch then cancels is not handed over."""
    document = workflow(
        start(), for_each("each"), node("work"), node("next"),
        connect="start -> each, each:body -> work, work -> next",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.open_loop(execution, "each", 2)
    one, two = hand.claims(execution, "each:0 work", "each:1 work")

    answer = hand.settle((one, Completed(1)), (two, Failed(BROKEN)), room=8)

    assert places(answer.handed_over) == ["each"]
    assert hand.states(execution)["each:0 next"] == "canceled"
    assert check(hand.session, execution) == []


def test_a_canceled_member_of_a_chunk_is_not_started(hand: Hand) -> None:
    """The settle that ends an execution starts nothing of it (rules 6 and 8)."""
    document = workflow(start(), node("a"), node("b"), connect="start -> a, start -> b")
    execution = hand.submit(document)
    a, b = hand.claims(execution, "a", "b", start_all=False)

    answer = hand.settle_all([settlement_of(a, Failed(BROKEN))], starts=[b])

    assert answer.settled == {a.lease_id}
    assert answer.started == frozenset()
    assert ("node_started", "b") not in hand.events(execution)


def test_a_loop_takes_its_room_under_the_limit_as_it_opens(hand: Hand) -> None:
    """For all its scopes, before they are there; nodes of the root scope have theirs already."""
    execution = hand.submit(looping())
    assert hand.execution(execution).node_count == 4

    hand.open_loop(execution, "each", 4, parallel=1)

    assert hand.execution(execution).node_count == 8


def test_each_turn_takes_its_room_as_it_opens(hand: Hand) -> None:
    """A `while` loop cannot know how many turns there will be."""
    execution = hand.submit(turning())
    hand.open_turn(execution, "turns")
    hand.complete(execution, "turns:0 work")

    hand.open_turn(execution, "turns")

    assert hand.execution(execution).node_count == 4


def two_loops() -> Document:
    """Return two loops beside each other."""
    return workflow(
        start(), for_each("one"), for_each("two"), node("a"), node("b"),
        connect="start -> one, start -> two, one:body -> a, two:body -> b",
    )  # fmt: skip


#: More than half of what an execution may have.
MOST = LoopOpened(items=tuple(range(NODE_EXECUTIONS_LIMIT * 6 // 10)), parallel=1)


def test_two_committers_do_not_open_more_than_the_limit_together(hand: Hand, other: Hand) -> None:
    """Whoever has the execution second finds the room taken, though nothing of it has run yet."""
    execution = hand.submit(two_loops())
    pairs = []
    for each, loop in ((hand, "one"), (other, "two")):
        request = Request(
            execution, each.budget(), [settlement_of(each.claim(execution, loop), MOST)]
        )
        committer = Committer(partial(connect, each.url, autocommit=True), each.engine)
        pairs.append((committer, committer.commit([request])[0]))

    for committer, _ in pairs:
        committer.start()
    for committer, _ in pairs:
        committer.stop()

    assert all(len(future.result(0).settled) == 1 for _, future in pairs)
    ends = {loop: hand.row(execution, loop) for loop in ("one", "two")}
    assert sorted(row.state for row in ends.values()) == ["canceled", "failed"]
    (failed,) = [row for row in ends.values() if row.state == "failed"]
    assert loads(failed.error)["error_code"] == "too_many_node_executions"
    assert hand.execution(execution).node_count <= NODE_EXECUTIONS_LIMIT


def test_two_loops_do_not_open_more_than_the_limit_in_one_batch(hand: Hand) -> None:
    """The first one opens, and the second finds its room taken."""
    execution = hand.submit(two_loops())
    one, two = hand.claims(execution, "one", "two")

    hand.settle((one, MOST), (two, MOST))

    assert hand.row(execution, "one").state == "canceled"
    assert loads(hand.row(execution, "two").error)["error_code"] == "too_many_node_executions"


def test_an_opening_whose_lease_is_lost_takes_no_room(hand: Hand) -> None:
    """A stale outcome changes nothing (invariant 1), also not what a loop beside it may do."""
    execution = hand.submit(two_loops())
    stale = hand.claim(execution, "one")
    hand.settle((stale, Released()))
    two = hand.claim(execution, "two")

    hand.settle((stale, MOST), (two, MOST))

    assert hand.row(execution, "two").state == "waiting"
    assert check(hand.session, execution) == []


def test_a_loop_that_is_too_large_fails_as_it_opens(hand: Hand) -> None:
    """Nothing of it has run, and it leaves by `error` like any other failure."""
    execution = hand.submit(looping())

    hand.open_loop(execution, "each", NODE_EXECUTIONS_LIMIT)

    row = hand.row(execution, "each")
    assert (row.state, row.output_key) == ("failed", "error")
    assert loads(row.error)["error_code"] == "too_many_node_executions"
    assert hand.scopes(execution) == {}
    assert hand.states(execution)["mend"] == "ready"
    assert check(hand.session, execution) == []


def test_a_loop_that_just_fits_opens(hand: Hand) -> None:
    """Beside the four nodes of the root scope."""
    execution = hand.submit(looping())

    hand.open_loop(execution, "each", NODE_EXECUTIONS_LIMIT - 4, parallel=1)

    assert hand.row(execution, "each").state == "waiting"


def test_two_outcomes_of_one_row_in_one_batch_count_once(hand: Hand) -> None:
    """Beside the lease that counts, an old one of the same row has no part (invariant 3)."""
    execution = hand.submit(looping())
    old = hand.claim(execution, "each")
    hand.settle((old, Released()))
    new = hand.claim(execution, "each")
    opened = LoopOpened(items=(1, 2, 3))

    answer = hand.settle((new, opened), (old, Completed({"results": [], "count": 0}, "done")))

    assert answer.settled == {new.lease_id}
    assert hand.states(execution).get("after") is None
    assert check(hand.session, execution) == []
