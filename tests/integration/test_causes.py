"""Why an execution stands where it stands: each cause, on a real ledger."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.integration.test_ledger_people import asking
from tests.support.ledger_driver import BROKEN, Hand
from tests.support.wire import written
from tests.support.workflows import chain, configured, for_each, node, start, workflow
from treadle.core.ids import new_id
from treadle.dag.outcomes import Failed, Retrying, Sleeping
from treadle.dag.specs import CORE_QUEUE
from treadle.ledger.engine import control
from treadle.ledger.engine.execution_rows import NoSuchExecution
from treadle.ledger.people import outbox
from treadle.ledger.views import processes
from treadle.ledger.views.causes import causes


def why(hand: Hand, execution: UUID) -> list[dict[str, Any]]:
    """Return the causes as they are written."""
    found: dict[str, Any] = written(causes(hand.session, hand.graphs, execution))
    assert found["id"] == str(execution)
    return list(found["causes"])


def only(hand: Hand, execution: UUID) -> dict[str, Any]:
    """Return the one cause."""
    (found,) = why(hand, execution)
    return found


@pytest.fixture
def served_hand(hand: Hand) -> Hand:
    """Return a simulated worker that takes what every worker takes."""
    processes.register(hand.session, hand.worker_id, host="loom", pid=7, queues=[CORE_QUEUE])
    return hand


def test_a_task_that_no_worker_has(hand: Hand) -> None:
    """Named, with the start that has it."""
    cause = only(hand, hand.submit(configured("ACTION.PYTHON_TASK", task="weave")))

    assert cause["reason"] == "no_capable_worker"
    assert "weave" in cause["message"]
    assert "treadle worker --tasks MODULE" in cause["solution"]


def test_a_pause_is_the_only_cause_of_what_it_holds(served_hand: Hand) -> None:
    """With the command that ends it."""
    execution = served_hand.submit(chain(node("a")))
    control.pause(served_hand.engine, served_hand.session, execution)

    cause = only(served_hand, execution)

    assert (cause["reason"], cause["node_id"]) == ("pause_requested", None)
    assert cause["solution"].endswith(f"treadle resume {execution}")


def test_a_question_names_its_title_and_the_command(hand: Hand) -> None:
    """And until when it can be answered."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask")

    cause = only(hand, execution)

    assert (cause["reason"], cause["node_id"]) == ("question_open", "ask")
    assert cause["solution"] == f"Answer it: treadle answer {question}"
    assert cause["due_at"] is not None


def test_a_node_that_is_sent_waits_for_a_free_worker(served_hand: Hand) -> None:
    """As the queue has room; else it waits for its turn."""
    sent = served_hand.submit(chain(node("a")))
    served_hand.queue.epoch = None
    unsent = served_hand.submit(chain(node("a")))

    assert only(served_hand, sent)["reason"] == "no_free_worker"
    assert only(served_hand, unsent)["reason"] == "queue_full"


def test_an_attempt_that_runs_names_its_worker(served_hand: Hand) -> None:
    """And when it is over at the latest."""
    execution = served_hand.submit(chain(node("a")))
    served_hand.claim(execution, "a")

    cause = only(served_hand, execution)

    assert cause["reason"] == "running"
    assert "loom, process 7" in cause["message"]


def test_an_end_is_said_with_its_reason(hand: Hand) -> None:
    """Of an execution that failed, that was canceled, and that is well."""
    failed, canceled = (hand.submit(chain(node("a"))) for _ in range(2))
    hand.settle((hand.claim(failed, "a"), Failed(BROKEN)))
    control.cancel(hand.engine, hand.session, canceled)

    assert "broken" in only(hand, failed)["message"]
    assert only(hand, failed)["solution"]
    assert only(hand, canceled)["solution"].endswith(f"treadle retry {canceled}")


def test_a_join_names_what_has_not_arrived(served_hand: Hand) -> None:
    """After the cause that holds what it waits for."""
    document = workflow(
        start(), node("a"), node("b"), node("both", "FLOW.MERGE"),
        connect="start -> a, start -> b, a -> both, b -> both",
    )  # fmt: skip
    execution = served_hand.submit(document)
    served_hand.complete(execution, "a")

    first, second = why(served_hand, execution)

    assert (first["node_id"], first["reason"]) == ("b", "no_free_worker")
    assert (second["node_id"], second["reason"]) == ("both", "arrival_missing")
    assert second["waits_for"] == ["b"]


def test_a_timer_and_a_retry_say_until_when(hand: Hand) -> None:
    """A retry with what failed."""
    napping, retrying = (hand.submit(chain(node("a"))) for _ in range(2))
    hand.settle((hand.claim(napping, "a"), Sleeping(timedelta(hours=1), 1)))
    hand.settle((hand.claim(retrying, "a"), Retrying(BROKEN, timedelta(hours=1))))

    nap, retry = only(hand, napping), only(hand, retrying)

    assert (nap["reason"], retry["reason"]) == ("timer", "retry")
    assert "It broke." in retry["message"]
    assert min(nap["due_at"], retry["due_at"]) > time.time() * 1000


def test_a_question_that_was_not_delivered_says_why(hand: Hand) -> None:
    """With the answer by hand as the way out, and whether it is tried again."""
    execution = hand.submit(asking())
    question = hand.ask(
        execution,
        "ask",
        channel_type="webhook",
        webhook_url="https://loom.example/hook",
        webhook_secret="hook",
    )
    found = hand.session.execute("select id from outbox where interaction_id = %s", (question,))
    (sending,) = found.fetchone() or ()
    outbox.send_again(hand.session, sending, error=BROKEN, seconds=60)

    cause = only(hand, execution)

    assert hand.status(execution) == "PAUSED"
    assert cause["reason"] == "question_undelivered"
    assert "did not reach webhook: It broke. It is tried again." in cause["message"]
    assert f"treadle answer {question}" in cause["solution"]


def test_iterations_that_wait_alike_are_one_cause(served_hand: Hand) -> None:
    """After it the loop, with how far it is."""
    document = workflow(
        start(), for_each("each"), node("body"), connect="start -> each, each:body -> body"
    )
    execution = served_hand.submit(document)
    served_hand.open_loop(execution, "each", 3)

    body, loop = why(served_hand, execution)

    assert (body["node_id"], body["count"], body["reason"]) == ("body", 3, "no_free_worker")
    assert (loop["node_id"], loop["reason"]) == ("each", "loop_body")
    assert "0 of 3 iterations; 3 are open" in loop["message"]


def test_a_node_that_lost_workers_is_a_suspect(served_hand: Hand) -> None:
    """It runs apart from others."""
    execution = served_hand.submit(chain(node("a")))
    served_hand.session.execute("update node_executions set lost_count = 2 where node = 'a'")

    assert only(served_hand, execution)["reason"] == "suspect"


def test_there_are_no_causes_of_what_is_none(hand: Hand) -> None:
    """It is refused as everywhere."""
    with pytest.raises(NoSuchExecution):
        causes(hand.session, hand.graphs, new_id())
