"""Submission: what a client is told is committed, and repeated only as the same request."""

from __future__ import annotations

from threading import Thread
from typing import Any

import psycopg
import pytest

from tests.conftest import WaitUntil
from tests.support.ledger_driver import Hand, ref_of
from tests.support.workflows import Document, chain, node, start, valid, workflow
from treadle.core.postgres import connect
from treadle.dag.values import PAYLOAD_LIMIT_BYTES, NotAValue, Value
from treadle.ledger.engine.idempotency import IdempotencyConflict
from treadle.ledger.engine.submission import NoSuchTrigger, Submission, Submitted, submit_all
from treadle.ledger.views import executions


def named(document: Document, workflow_id: str) -> Document:
    return {**document, "metadata": {"id": workflow_id, "name": workflow_id}}


def test_a_submission_is_there_when_it_is_acknowledged(hand: Hand, other: Hand) -> None:
    """Another session sees it at once: nothing acknowledged can be lost (invariant 9)."""
    execution = hand.submit(chain(node("a")), {"n": 1})

    told = executions.execution(other.session, other.graphs, execution)

    assert told.status == "RUNNING"
    assert told.trigger_info.trigger_data == {"n": 1}


def test_the_same_key_and_request_is_the_same_execution(hand: Hand, other: Hand) -> None:
    """A repeated submission returns the first one's id and makes nothing."""
    first = hand.submitted(chain(node("a")), {"n": 1}, idempotency_key="same")

    again = other.submitted(chain(node("a")), {"n": 1}, idempotency_key="same")

    assert again == Submitted(first.execution_id, repeated=True)
    assert not first.repeated


@pytest.mark.parametrize(
    ("document", "value"),
    [(chain(node("a")), {"n": 2}), (chain(node("b")), {"n": 1})],
    ids=["another input", "another workflow"],
)
def test_a_key_that_comes_with_another_request_is_a_conflict(
    hand: Hand, document: Document, value: dict[str, int]
) -> None:
    """It is told which execution holds the key; nothing is made."""
    key = f"conflict {document['nodes'][1]['id']}"
    first = hand.submit(chain(node("a")), {"n": 1}, idempotency_key=key)

    with pytest.raises(IdempotencyConflict) as caught:
        hand.submit(document, value, idempotency_key=key)

    assert caught.value.context["execution_id"] == str(first)


def test_what_is_submitted_together_is_answered_one_by_one(hand: Hand) -> None:
    """A bad submission gets its own error, and the others their executions."""
    good = request(chain(node("a")), {"n": 1})
    too_large = request(chain(node("a")), {"text": "x" * PAYLOAD_LIMIT_BYTES})
    unknown = request(chain(node("a")), trigger="nowhere")
    refused = request(chain(node("a")), owner="nobody\0")

    answers = submit_all(hand.engine, hand.session, [good, too_large, good, unknown, refused, good])

    kinds = [type(each) for each in answers]
    assert kinds == [Submitted, NotAValue, Submitted, NoSuchTrigger, psycopg.DataError, Submitted]
    made = [each for each in answers if isinstance(each, Submitted)]
    assert len({each.execution_id for each in made}) == 3
    sent = [row.ref for work in hand.queue.published for row in work.to_send]
    touched = [execution for work in hand.queue.published for execution in work.touched]
    assert (len(sent), len(touched)) == (3, 3)
    for each in made:
        assert ref_of(each.execution_id, "a") in sent
        assert each.execution_id in touched
        hand.complete(each.execution_id, "a")
        told = executions.execution(hand.session, hand.graphs, each.execution_id)
        assert told.status == "SUCCESS"


def test_one_key_twice_together_is_the_first_request(hand: Hand) -> None:
    """Of two alike the second is a repetition; another request with the key is a conflict."""
    one = request(chain(node("a")), {"n": 1}, idempotency_key="together")
    other = request(chain(node("a")), {"n": 2}, idempotency_key="together")

    first, again, conflict = submit_all(hand.engine, hand.session, [one, one, other])

    assert isinstance(first, Submitted)
    assert again == Submitted(first.execution_id, repeated=True)
    assert isinstance(conflict, IdempotencyConflict)
    assert conflict.context["execution_id"] == str(first.execution_id)


def test_two_owners_may_use_one_key(hand: Hand) -> None:
    """Keys belong to their owner."""
    mine = hand.submit(chain(node("a")), idempotency_key="shared", owner="me")

    assert hand.submit(chain(node("a")), idempotency_key="shared", owner="you") != mine


def test_one_key_at_once_makes_one_execution(
    hand: Hand, other: Hand, wait_until: WaitUntil
) -> None:
    """Two requests in flight are one: the second waits for the first's commit."""
    hand.submit(named(chain(node("a")), "at-once"))
    changed = named(chain(node("b")), "at-once")
    found: list[Submitted] = []

    def repeat(one: Hand) -> None:
        found.append(one.submitted(changed, idempotency_key="at once"))

    threads = [Thread(target=repeat, args=(one,)) for one in (hand, other)]
    with connect(hand.url) as session:
        # Both must come past their keys before either can store the changed version.
        session.execute("select from workflows where id = 'at-once' for update")
        for thread in threads:
            thread.start()
        wait_until(lambda: waiting_for_locks(session) == len(threads))
    for thread in threads:
        thread.join(10)

    assert found[0].execution_id == found[1].execution_id
    assert {each.repeated for each in found} == {False, True}


def test_one_definition_is_stored_once(hand: Hand, other: Hand) -> None:
    """Submitting the same definition again makes no version; a changed one makes the next."""
    one = hand.submit(named(chain(node("a")), "versions"))
    same = other.submit(named(chain(node("a")), "versions"))
    changed = hand.submit(named(chain(node("b")), "versions"))

    versions = [
        executions.execution(hand.session, hand.graphs, each).workflow_version
        for each in (one, same, changed)
    ]

    assert versions == [1, 1, 2]


def test_a_worker_runs_the_version_that_was_submitted(hand: Hand, other: Hand) -> None:
    """A process that has not seen a version reads it from the ledger, complete."""
    execution = hand.submit(chain(node("a")))

    claim = other.claim(execution, "a")

    assert (
        claim.node.max_retries
        == hand.graphs.execution(hand.session, execution).nodes["a"].max_retries
    )
    assert claim.graph.workflow.metadata.id == "w"


def test_the_trigger_must_be_told_when_there_are_several(hand: Hand) -> None:
    """Of two MANUAL ones neither is meant; an unknown one is refused."""
    document = workflow(
        start(), node("other", "TRIGGER.MANUAL"), node("a"),
        connect="start -> a, other -> a", triggers=("start", "other"),
    )  # fmt: skip

    with pytest.raises(NoSuchTrigger):
        hand.submit(document)
    with pytest.raises(NoSuchTrigger):
        hand.submit(document, trigger="a")


def test_an_input_that_cannot_be_kept_is_refused(hand: Hand) -> None:
    """Too large, or no JSON: refused before anything is written."""
    with pytest.raises(NotAValue):
        hand.submit(chain(node("a")), {"text": "x" * PAYLOAD_LIMIT_BYTES})
    with pytest.raises(NotAValue):
        hand.submit(chain(node("a")), {"text": "\ud800"})


def test_a_nul_byte_is_kept_as_it_came(hand: Hand) -> None:
    """Values are JSON as bytes: what PostgreSQL's text cannot hold is no exception (rule 5)."""
    execution = hand.submit(chain(node("a")), {"\0": "\0"})
    hand.complete(execution, "a", {"out\0": ["\0"]})

    found = executions.outputs(hand.session, [ref_of(execution, "start"), ref_of(execution, "a")])

    assert [settled.output for settled in found.values()] == [{"\0": "\0"}, {"out\0": ["\0"]}]


def request(document: Document, value: Value = None, **more: Any) -> Submission:
    validation = valid(document)
    assert validation.workflow is not None
    assert validation.graph is not None
    return Submission(validation.workflow, validation.graph, value or {}, **more)


def waiting_for_locks(session: psycopg.Connection) -> int:
    """Return how many sessions of this database wait for a row."""
    session.execute("select pg_stat_clear_snapshot()")
    row = session.execute(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])
