"""Rules 1 to 7 of docs/architecture.md, each held by a test that fails when the rule is taken out.

Each docstring names the rule and says what taking it out means. Rules 8 to 13, which are about
processes, stand in `test_rules_of_processes.py`.
"""

from __future__ import annotations

from hashlib import sha256
from threading import Thread
from uuid import UUID

import psycopg
import pytest

from tests.conftest import WaitUntil
from tests.support.broken_workflows import Breaking
from tests.support.ledger_driver import Hand, check, places
from tests.support.workflows import Document, chain, for_each, node, start, workflow
from treadle.core.postgres import connect
from treadle.dag.outcomes import Completed, Released
from treadle.ledger.engine import claims, control
from treadle.ledger.engine.batches import Request, commit
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.workers.committer import Committer


def side_by_side(*ids: str, to: str = "") -> Document:
    """Return a workflow of nodes side by side, joined by `to` if given."""
    wires = [f"start -> {each}" for each in ids] + [f"{each} -> {to}" for each in ids if to]
    return workflow(start(), *map(node, (*ids, *([to] if to else ()))), connect=", ".join(wires))


def test_a_cancel_beside_a_settle_misses_nothing(
    hand: Hand, other: Hand, wait_until: WaitUntil
) -> None:
    """Rule 1, *execution row first*.

    Taken out (no lock, or a lock after the first change), a cancel does not see the row that a
    settle has inserted and not committed yet: it stays ready in a canceled execution.
    """
    execution = hand.submit(chain(node("a"), node("b")))
    claim = hand.claim(execution, "a")
    parts = (other.engine, other.session, execution)
    canceled = Thread(target=control.cancel, args=parts)

    with hand.settling((claim, Completed(1))):
        canceled.start()
        wait_until(lambda: waits_for_a_lock(hand.url, other))
    canceled.join(10)

    assert hand.states(execution)["b"] == "canceled"
    assert check(hand.session, execution) == []


def test_batches_that_meet_in_opposite_order_do_not_deadlock(hand: Hand, other: Hand) -> None:
    """Rule 1, *ascending, with SKIP LOCKED*.

    Taken out (rows locked as they come, waiting), two batches of the same executions in opposite
    order wait for each other until PostgreSQL kills one.
    """
    one, two = hand.submit(chain(node("a"))), hand.submit(chain(node("a")))
    mine = [(hand.claim(each, "a"), Completed(1)) for each in (one, two)]

    with hand.settling(*mine):
        assert other.commit(other.wish(two, "a"), other.wish(one, "a")) == [None, None]

    assert hand.status(one) == hand.status(two) == "SUCCESS"


def test_a_join_stores_no_data(hand: Hand) -> None:
    """Rule 2, *a join counts in its own row and stores no data*.

    Taken out (inputs merged into the join's row), each arrival writes the row and all it holds
    again; the row of a join of 20 sources of 1 KiB would be 20 KiB.
    """
    ids = [f"n{number}" for number in range(20)]
    execution = hand.submit(side_by_side(*ids, to="join"))
    for each in ids[:-1]:
        hand.complete(execution, each, sha256(each.encode()).hexdigest() * 16)

    size = hand.session.execute(
        "select pg_column_size(n.*) from node_executions n"
        " where execution_id = %s and node = 'join'",
        (execution,),
    ).fetchone()

    assert size is not None
    assert size[0] < 400
    assert hand.row(execution, "join").arrived == 19


def test_arrivals_come_only_from_what_the_guarded_settle_returned(hand: Hand) -> None:
    """Rule 2, *arrivals come only from rows the guarded settle returned*.

    Taken out (arrivals of what was sent), a replayed outcome arrives a second time, and a join of
    two is ready after one source.
    """
    execution = hand.submit(side_by_side("a", "b", to="join"))
    claim = hand.claim(execution, "a")

    for _ in range(3):
        hand.settle((claim, Completed(1)))

    row = hand.row(execution, "join")
    assert (row.state, row.arrived) == ("pending", 1)


def test_an_early_end_leaves_nothing_of_an_execution_alive(hand: Hand) -> None:
    """Rule 3, *whatever ends an execution early cancels all its rows, scopes and inner scopes*.

    Taken out (only open rows, or only the root's), a pending join or an inner iteration outlives
    its execution, and somebody claims it.
    """
    document = workflow(
        start(), for_each("each"), for_each("inner"), node("work"), node("other"), node("join"),
        connect="start -> each, each:body -> inner, inner:body -> work, start -> other,"
        " each:done -> join, other -> join",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.open_loop(execution, "each", 2)
    hand.open_loop(execution, "each:0 inner", 2)
    hand.complete(execution, "other")
    assert hand.states(execution)["join"] == "pending"

    control.cancel(hand.engine, hand.session, execution)

    assert set(hand.scopes(execution).values()) == {"canceled"}
    assert check(hand.session, execution) == []


def test_an_execution_that_would_wait_for_ever_ends_as_inconsistent(hand: Hand) -> None:
    """Rule 3, *if the root reaches 0 while a row is pending, the execution ends ERROR*.

    Taken out, a defect in the counting would show as an execution that succeeds without having
    run all of it, or that never ends.
    """
    execution = hand.submit(side_by_side("a", "b", to="join"))
    hand.complete(execution, "a")
    hand.session.execute(
        "update node_executions set arrived = 0 where execution_id = %s and node = 'join'",
        (execution,),
    )

    hand.complete(execution, "b")

    assert hand.status(execution) == "ERROR"
    assert hand.error_code(execution) == "ledger_inconsistent"


def test_the_condition_of_a_loop_is_never_evaluated_by_a_settle(hand: Hand) -> None:
    """Rule 3, *for `while` the settle makes the loop ready for a turn, a claim of its own*.

    Taken out (the next turn opened by whoever ends one), the condition would have to be evaluated
    where no worker is: in the gateway, or by a timer.
    """
    turns = {"loop_type": "while", "loop_condition": "false"}
    document = workflow(
        start(), node("turns", "FLOW.LOOP", configurations=turns), node("work"),
        connect="start -> turns, turns:body -> work",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.open_turn(execution, "turns")

    hand.complete(execution, "turns:0 work")

    row = hand.row(execution, "turns")
    assert (row.state, row.phase) == ("ready", "turn")
    assert hand.scopes(execution) == {"turns:0": "ended"}


def test_a_submission_writes_roots_and_not_nodes(hand: Hand) -> None:
    """Rule 4, *lazy rows*.

    Taken out, a workflow of thousands of nodes writes thousands of rows before anything runs.
    """
    execution = hand.submit(chain(*(node(f"n{number}") for number in range(500))))

    assert hand.states(execution) == {"start": "completed", "n0": "ready"}


def test_whatever_waits_goes_in_one_transaction(hand: Hand) -> None:
    """Rule 5, *group commit*.

    Taken out, each thread pays a commit of its own; here that would be thirty rows of events, one
    a transaction, where there is one.
    """
    ids = [f"n{number}" for number in range(30)]
    execution = hand.submit(side_by_side(*ids))
    requests = [done(hand, execution, each) for each in ids]
    before = transactions(hand, execution)
    committer = Committer(lambda: connect(hand.url, autocommit=True), hand.engine)
    futures = [committer.commit([request])[0] for request in requests]

    committer.start()
    committer.stop()

    assert all(future.result(0).settled for future in futures)
    assert transactions(hand, execution) == before + 1
    assert hand.status(execution) == "SUCCESS"


@pytest.mark.parametrize("output", ["\ud800", b"bytes", "x" * (11 * 2**20), {1: "key"}])
def test_nothing_in_one_outcome_can_fail_anothers(hand: Hand, output: object) -> None:
    """Rule 5, *nothing in one outcome can fail another's*.

    Taken out (outcomes encoded within the batch), what one node puts out fails the transaction of
    everybody who settles beside it.
    """
    execution = hand.submit(side_by_side("good", "bad"))
    good, bad = hand.claims(execution, "good", "bad")

    answer = hand.settle((good, Completed(1)), (bad, Completed(output)))

    assert answer.settled == {good.lease_id, bad.lease_id}
    assert hand.states(execution)["good"] == "completed"
    assert hand.error_code(execution) == "output_not_storable"


def test_a_settle_claims_what_it_makes_ready(hand: Hand) -> None:
    """Rule 6, *settle and claim in one commit, and hand-off*.

    Taken out, every step of a chain is a message, a claim and a second commit.
    """
    execution = hand.submit(chain(node("a"), node("b")))
    claim = hand.claim(execution, "a")

    answer = hand.settle((claim, Completed(1)), room=1)

    assert places(answer.handed_over) == ["b"]
    assert hand.published.to_send == []
    row = hand.row(execution, "b")
    assert (row.state, row.worker_id, row.epoch) == ("running", hand.worker_id, None)
    assert row.lease_id == answer.handed_over[0].lease_id


def test_after_a_cut_line_the_ledger_tells_what_became_of_a_lease(hand: Hand) -> None:
    """Rule 7, *unknown outcome of a commit*.

    Taken out (no `settled_by`, or it is set by whatever ends a lease), a process cannot tell its
    own commit from a loss: it settles twice, or believes an outcome that never counted.
    """
    execution = hand.submit(side_by_side("a", "b"))
    request = done(hand, execution, "a")
    lost = hand.claim(execution, "b")
    session = Breaking.connect(hand.url, autocommit=True)
    session.breaks = "after"

    with pytest.raises(psycopg.OperationalError):
        commit(hand.engine, session, [request])
    hand.reclaim(execution, hand)

    wanted = [request.settlements[0].claim.lease_id, lost.lease_id]
    running, settled = claims.leases(hand.session, [execution], wanted)
    assert not running
    assert settled == {wanted[0]}


def test_a_lease_fits_one_attempt_alone(hand: Hand) -> None:
    """Rule 7, *lease ids are made for a claim, and a row holds one exactly while it runs*.

    Taken out (a lease a node, or a process), an attempt that was released settles the next one.
    """
    execution = hand.submit(chain(node("a")))
    old = hand.claim(execution, "a")
    hand.settle((old, Released()))
    assert hand.row(execution, "a").lease_id is None
    new = hand.claim(execution, "a")

    assert hand.settle((old, Completed("old"))).settled == frozenset()
    assert hand.settle((new, Completed("new"))).settled == {new.lease_id}


def done(hand: Hand, execution: UUID, place: str = "a") -> Request:
    """Claim a node and return the request that completes it."""
    outcome = settlement_of(hand.claim(execution, place), Completed(1))
    return Request(execution, hand.budget(), [outcome])


def transactions(hand: Hand, execution: UUID) -> int:
    """Return how many transactions added events to an execution."""
    query = "select count(*) from events where execution_id = %s"
    row = hand.session.execute(query, (execution,)).fetchone()
    assert row is not None
    return int(row[0])


def waits_for_a_lock(url: str, waiting: Hand) -> bool:
    """Return whether a session waits for a row that another holds."""
    with connect(url, autocommit=True) as session:
        row = session.execute(
            "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s",
            (waiting.session.info.backend_pid,),
        ).fetchone()
    return bool(row and row[0])
