"""Joins, dead paths, poison and endings: what one settle comes to, on real rows."""

from __future__ import annotations

import pytest

from tests.support.ledger_driver import BROKEN, Hand, check, places
from tests.support.workflows import Document, chain, node, start, when, workflow
from treadle.dag.outcomes import Completed, Failed
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.settle_rows import settlement_of

DIAMOND = workflow(
    start(),
    node("left"),
    node("right"),
    node("join"),
    connect="start -> left, start -> right, left -> join, right -> join",
)


def going_on(document: Document) -> Document:
    """Return the workflow with `continue_on_failure`."""
    return {**document, "metadata": {**document["metadata"], "continue_on_failure": True}}


def merge(node_id: str, wait_for: str = "any") -> Document:
    return node(node_id, "FLOW.MERGE", configurations={"wait_for": wait_for})


def test_a_submission_makes_rows_for_roots_alone(hand: Hand) -> None:
    """Rows are lazy: what nothing has reached has none."""
    execution = hand.submit(chain(node("a"), node("b"), node("c")))

    assert hand.states(execution) == {"start": "completed", "a": "ready"}
    assert check(hand.session, execution) == []


def test_a_chain_runs_to_its_end(hand: Hand) -> None:
    """The settle that brings the root to 0 ends the execution, with its event last."""
    execution = hand.submit(chain(node("a"), node("b")))

    hand.complete(execution, "a", {"v": 1})
    assert hand.states(execution) == {"start": "completed", "a": "completed", "b": "ready"}
    hand.complete(execution, "b", {"v": 2})

    assert hand.execution(execution).status == "SUCCESS"
    assert hand.status(execution) == "SUCCESS"
    assert hand.events(execution) == [
        ("execution_started", None),
        ("node_completed", "start"),
        ("node_started", "a"),
        ("node_completed", "a"),
        ("node_started", "b"),
        ("node_completed", "b"),
        ("execution_completed", None),
    ]
    assert check(hand.session, execution) == []


def test_a_join_waits_for_its_last_source(hand: Hand) -> None:
    """A diamond's join is pending after one arrival, and ready after both."""
    execution = hand.submit(DIAMOND)

    hand.complete(execution, "left")
    assert hand.states(execution)["join"] == "pending"
    assert check(hand.session, execution) == []
    hand.complete(execution, "right")

    assert hand.states(execution)["join"] == "ready"
    assert hand.row(execution, "join").arrived == 2
    assert check(hand.session, execution) == []


def test_a_join_whose_sources_settle_together_is_ready_at_once(hand: Hand) -> None:
    """Both arrivals of one transaction are summed into one upsert."""
    execution = hand.submit(DIAMOND)
    left, right = hand.claims(execution, "left", "right")

    answer = hand.settle((left, Completed(1)), (right, Completed(2)), room=8)

    assert places(answer.handed_over) == ["join"]
    assert hand.states(execution)["join"] == "running"
    assert check(hand.session, execution) == []


def test_a_dead_path_is_followed_to_its_end(hand: Hand) -> None:
    """What no taken connection reaches is skipped, and that propagates."""
    document = workflow(
        start(), when("if"), node("yes"), node("no"), node("after"),
        connect="start -> if, if:true -> yes, if:false -> no, no -> after",
    )  # fmt: skip
    execution = hand.submit(document)

    hand.complete(execution, "if", key="true")

    states = hand.states(execution)
    assert (states["no"], states["after"], states["yes"]) == ("skipped", "skipped", "ready")
    assert ("node_skipped", "after") in hand.events(execution)
    assert check(hand.session, execution) == []


def test_a_join_runs_when_one_of_its_sources_was_taken(hand: Hand) -> None:
    """Every connection resolved and one taken makes a node ready."""
    document = workflow(
        start(), when("if"), node("yes"), node("no"), node("join"),
        connect="start -> if, if:true -> yes, if:false -> no, yes -> join, no -> join",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.complete(execution, "if", key="true")
    assert hand.states(execution)["join"] == "pending"

    hand.complete(execution, "yes")

    assert hand.states(execution)["join"] == "ready"
    assert hand.row(execution, "join").taken == 1


def test_triggers_that_did_not_fire_are_dead_paths(hand: Hand) -> None:
    """The submission settles every other trigger as skipped and propagates that."""
    document = workflow(
        start(), node("other", "TRIGGER.MANUAL"), node("a"), node("b"), node("join"),
        connect="start -> a, other -> b, a -> join, b -> join", triggers=("start", "other"),
    )  # fmt: skip

    execution = hand.submit(document, trigger="other")

    states = hand.states(execution)
    assert (states["start"], states["a"]) == ("skipped", "skipped")
    assert (states["b"], states["join"]) == ("ready", "pending")
    assert check(hand.session, execution) == []


def test_a_workflow_of_triggers_alone_ends_as_it_is_submitted(hand: Hand) -> None:
    """A submission of which nothing is open is final when it is acknowledged."""
    submitted = hand.submitted(workflow(start()), {"n": 1})

    row = hand.execution(submitted.execution_id)
    assert row.status == "SUCCESS"
    assert row.finished_at is not None
    assert check(hand.session, submitted.execution_id) == []


def test_merge_any_goes_on_with_its_first_taken_arrival(hand: Hand) -> None:
    """Later arrivals count and change nothing; the chosen connection is kept."""
    document = workflow(
        start(), node("a"), node("b"), merge("any"),
        connect="start -> a, start -> b, a -> any, b -> any",
    )  # fmt: skip
    execution = hand.submit(document)

    hand.complete(execution, "b")
    assert hand.row(execution, "any").chosen == 3
    hand.complete(execution, "any")
    hand.complete(execution, "a")

    row = hand.row(execution, "any")
    assert (row.state, row.chosen, row.arrived) == ("completed", 3, 2)
    assert hand.status(execution) == "SUCCESS"
    assert check(hand.session, execution) == []


def test_merge_any_takes_the_first_in_connection_order_of_one_transaction(hand: Hand) -> None:
    """Of several arrivals at once, the order of connections decides, not that of outcomes."""
    document = workflow(
        start(), node("a"), node("b"), merge("any"),
        connect="start -> a, start -> b, a -> any, b -> any",
    )  # fmt: skip
    execution = hand.submit(document)
    a, b = hand.claims(execution, "a", "b")

    hand.settle((b, Completed(2)), (a, Completed(1)))

    assert hand.row(execution, "any").chosen == 2


def test_a_failure_ends_the_execution_and_cancels_what_is_open(hand: Hand) -> None:
    """Fail-fast: the other rows are canceled in the same transaction, `pending` ones too."""
    execution = hand.submit(DIAMOND)
    left, right = hand.claims(execution, "left", "right")
    hand.settle((left, Completed(1)))

    hand.settle((right, Failed(BROKEN)))

    assert hand.execution(execution).status == "ERROR"
    assert hand.states(execution)["join"] == "canceled"
    assert hand.error_code(execution) == "broken"
    assert hand.events(execution)[-2:] == [("node_failed", "right"), ("execution_failed", None)]
    assert check(hand.session, execution) == []


def test_a_failed_node_leaves_by_error_where_that_is_connected(hand: Hand) -> None:
    """`{error, input}` goes by `error`; the other keys are dead paths; the execution goes on."""
    document = workflow(
        start(), node("a"), node("well"), node("mend"),
        connect="start -> a, a -> well, a:error -> mend",
    )  # fmt: skip
    execution = hand.submit(document)

    hand.fail(execution, "a")

    row = hand.row(execution, "a")
    assert (row.state, row.output_key) == ("failed", "error")
    assert (hand.states(execution)["well"], hand.states(execution)["mend"]) == ("skipped", "ready")
    hand.complete(execution, "mend")
    assert hand.status(execution) == "SUCCESS"
    assert check(hand.session, execution) == []


def test_a_failure_poisons_what_it_reaches_when_the_workflow_goes_on(hand: Hand) -> None:
    """Joins are skipped with it, MERGE any is not; independent branches run; the end is ERROR."""
    document = going_on(
        workflow(
            start(),
            node("bad"),
            node("good"),
            node("join"),
            merge("any"),
            node("after"),
            connect="start -> bad, start -> good, bad -> join, good -> join,"
            " bad -> any, good -> any, join -> after",
        )
    )
    execution = hand.submit(document)

    hand.fail(execution, "bad")
    assert hand.status(execution) == "RUNNING"
    hand.complete(execution, "good")

    states = hand.states(execution)
    assert (states["join"], states["after"], states["any"]) == ("skipped", "skipped", "ready")
    assert check(hand.session, execution) == []
    hand.complete(execution, "any")
    assert hand.status(execution) == "ERROR"
    assert hand.error_code(execution) == "broken"
    assert check(hand.session, execution) == []


def test_outcomes_beside_the_one_that_ends_the_execution_are_told(hand: Hand) -> None:
    """A row that settled in the ending transaction has its event, before the end (invariant 2)."""
    execution = hand.submit(DIAMOND)
    left, right = hand.claims(execution, "left", "right")

    hand.settle((right, Failed(BROKEN)), (left, Completed(1)))

    assert hand.states(execution)["left"] == "completed"
    assert hand.events(execution)[-3:] == [
        ("node_failed", "right"),
        ("node_completed", "left"),
        ("execution_failed", None),
    ]
    assert check(hand.session, execution) == []


def test_a_stale_lease_cannot_settle(hand: Hand, other: Hand) -> None:
    """An outcome under a lease that was replaced changes nothing, events included."""
    execution = hand.submit(chain(node("a")))
    claim = hand.claim(execution, "a")
    zombie = Claim(claim.ref, other.worker_id, claim.graph)
    before = hand.events(execution)

    answer = other.settle((zombie, Completed("stale")))

    assert answer.settled == frozenset()
    assert hand.row(execution, "a").state == "running"
    assert hand.events(execution) == before


@pytest.mark.parametrize("outcome", [Completed(2), Failed(BROKEN)])
def test_a_replayed_settle_changes_nothing(hand: Hand, outcome: Completed | Failed) -> None:
    """A lease counts once: arrivals, counts and events come from the first time alone."""
    execution = hand.submit(DIAMOND)
    claim = hand.claim(execution, "left")
    hand.settle((claim, Completed(1)))
    before = (hand.events(execution), hand.row(execution, "join").arrived)

    answer = hand.settle((claim, outcome))

    assert answer.settled == frozenset()
    assert (hand.events(execution), hand.row(execution, "join").arrived) == before
    assert check(hand.session, execution) == []


def test_only_one_of_two_claims_gets_the_lease(hand: Hand, other: Hand) -> None:
    """Two messages for one row are one claim and nothing."""
    execution = hand.submit(chain(node("a")))

    assert len(hand.claims(execution, "a")) == 1
    assert other.claims(execution, "a") == []
    assert hand.row(execution, "a").attempt == 1


def test_a_hand_off_takes_no_more_than_the_caller_has_room_for(hand: Hand) -> None:
    """What is beyond the room, or of a queue the caller does not serve, goes to the queue."""
    document = workflow(
        start(), node("a"), *(node(each) for each in "bcd"),
        connect="start -> a, a -> b, a -> c, a -> d",
    )  # fmt: skip
    execution = hand.submit(document)

    answer = hand.settle((hand.claim(execution, "a"), Completed(1)), room=2)

    assert places(answer.handed_over) == ["b", "c"]
    assert [queued.ref.node for queued in hand.published.to_send] == ["d"]
    assert hand.row(execution, "d").epoch == "today"
    assert check(hand.session, execution) == []


def test_an_execution_that_another_session_holds_is_left_out(hand: Hand, other: Hand) -> None:
    """A batch skips a busy execution and serves the rest; the busy one comes again."""
    one, two = hand.submit(chain(node("a"))), hand.submit(chain(node("a")))
    with other.session.transaction():
        other.session.execute("select from executions where id = %s for update", (one,))
        first, second = hand.commit(hand.wish(one, "a"), hand.wish(two, "a"))
    (again,) = hand.commit(hand.wish(one, "a"))

    assert first is None
    assert second is not None
    assert places(second.claims) == ["a"]
    assert again is not None
    assert places(again.claims) == ["a"]


def test_a_request_for_an_execution_that_is_gone_is_answered(hand: Hand) -> None:
    """A message older than retention is no reason to wait for ever."""
    execution = hand.submit(chain(node("a")))
    wish = hand.wish(execution, "a")
    hand.session.execute("delete from executions where id = %s", (execution,))

    (answer,) = hand.commit(wish, wait=True)

    assert answer is not None
    assert answer.claims == []


def test_an_answer_tells_of_its_own_request_alone(hand: Hand) -> None:
    """Requests of one batch share a transaction, and nothing else."""
    executions = [hand.submit(chain(node("a"))) for _ in range(2)]
    claims = [hand.claim(each, "a") for each in executions]
    requests = [
        Request(claim.ref.execution_id, hand.budget(), [settlement_of(claim, Completed(1))])
        for claim in claims
    ]

    answers = hand.commit(*requests)

    assert [answer and set(answer.settled) for answer in answers] == [
        {claim.lease_id} for claim in claims
    ]
