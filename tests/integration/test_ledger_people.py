"""People: a question is asked by a settle, and decided once by whoever comes first."""

from __future__ import annotations

import pytest

from tests.support.ledger_driver import Hand, check
from tests.support.workflows import Document, chain, for_each, node, start, workflow
from treadle.core.ids import new_id
from treadle.dag.outcomes import Asked, Completed
from treadle.dag.questions import InteractionType, Question
from treadle.ledger.engine import control
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.people import interactions
from treadle.ledger.people.answers import InteractionDecided, delivered
from treadle.ledger.people.interactions import InteractionNotFound
from treadle.ledger.views import executions

#: A node that may leave by the keys of an approval, and what follows it.
KEYS = [{"key": key, "when": "true"} for key in ("confirmed", "rejected", "timeout")]


def asking() -> Document:
    """Return a workflow that asks, with a node behind each key."""
    return workflow(
        start(),
        node("ask", "FLOW.SWITCH", configurations={"cases": KEYS}),
        *map(node, ("yes", "no", "late")),
        connect="start -> ask, ask:confirmed -> yes, ask:rejected -> no, ask:timeout -> late",
    )


def fan() -> Document:
    """Return a workflow with two nodes side by side."""
    return workflow(start(), node("a"), node("b"), connect="start -> a, start -> b")


def kinds(hand: Hand, execution: object) -> list[str]:
    """Return the types of an execution's events."""
    return [kind for kind, _ in hand.events(execution)]  # type: ignore[arg-type]


def test_an_execution_in_which_only_a_question_is_open_waits_for_a_person(hand: Hand) -> None:
    """Its node holds no lease, its status is derived, and both are told as events."""
    execution = hand.submit(asking())

    question = hand.ask(execution, "ask")

    assert hand.status(execution) == "WAITING_FOR_HUMAN"
    row = hand.row(execution, "ask")
    assert (row.state, row.lease_id, row.limit_at) == ("waiting_input", None, None)
    assert kinds(hand, execution)[-2:] == ["user_input_required", "execution_paused"]
    assert interactions.interaction(hand.session, question).pending
    assert check(hand.session, execution) == []


def test_an_answer_lets_the_node_leave_by_its_decision(hand: Hand) -> None:
    """The answer's transaction completes the node and makes what follows ready, with no worker."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask")

    hand.answer(question, "rejected")

    assert hand.states(execution) == {
        "start": "completed", "ask": "completed",
        "no": "ready", "yes": "skipped", "late": "skipped",
    }  # fmt: skip
    assert [each.ref.node for each in hand.published.to_send] == ["no"]
    assert hand.published.unparked == [question]
    assert hand.status(execution) == "RUNNING"
    (output,) = [
        each.output_data
        for each in executions.execution(hand.session, hand.graphs, execution).node_executions
        if each.node_id == "ask"
    ]
    assert output["decision"] == "rejected"
    assert (output["answered_by"], output["via"], output["timed_out"]) == ("ana", "api", False)
    assert output["input"] == {"n": 1}
    assert check(hand.session, execution) == []


def test_the_last_answer_ends_the_execution(hand: Hand) -> None:
    """A question that nothing follows is a leaf like any other."""
    execution = hand.submit(chain(node("ask")))

    hand.answer(hand.ask(execution, "ask"))

    assert hand.execution(execution).status == "SUCCESS"
    assert check(hand.session, execution) == []


def test_the_same_answer_again_gets_the_recorded_decision(hand: Hand) -> None:
    """Repeating is harmless; another decision is told who decided what."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask")
    hand.answer(question, by="ana")
    events = hand.events(execution)

    again = hand.answer(question, by="ben")
    with pytest.raises(InteractionDecided) as late:
        hand.answer(question, "rejected", by="ben")

    assert (again.repeated, again.interaction.answered_by) == (True, "ana")
    assert late.value.context["decided_by"] == "ana"
    assert late.value.context["decision"] == "confirmed"
    assert hand.events(execution) == events
    kept = hand.session.execute(
        "select verdict from interaction_responses where interaction_id = %s order by id",
        (question,),
    ).fetchall()
    assert [verdict for (verdict,) in kept] == ["decided", "repeated", "late"]


def test_a_question_whose_time_is_over_fails_its_node(hand: Hand) -> None:
    """Without another word that is the end: `hil_timeout`."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask")

    post_commit = hand.time_out(question)

    assert post_commit is not None
    assert hand.execution(execution).status == "ERROR"
    assert hand.error_code(execution) == "hil_timeout"
    with pytest.raises(InteractionDecided):
        hand.answer(question)
    assert check(hand.session, execution) == []


def test_a_question_is_not_timed_out_before_its_time(hand: Hand) -> None:
    """The ledger's clock decides, whatever a pause table says."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask")

    hand.time_out(question, is_over=False)

    assert hand.status(execution) == "WAITING_FOR_HUMAN"
    assert hand.answer(question).repeated is False


@pytest.mark.parametrize(
    ("action", "followed_by"), [("continue", "late"), ("default_response", "no")]
)
def test_a_question_may_say_how_to_go_on_without_an_answer(
    hand: Hand, action: str, followed_by: str
) -> None:
    """By `timeout`, or as if the system had answered."""
    execution = hand.submit(asking())
    default = {"decision": "rejected"}
    question = hand.ask(execution, "ask", timeout_action=action, default_response=default)

    hand.time_out(question)

    assert hand.states(execution)[followed_by] == "ready"
    found = interactions.interaction(hand.session, question)
    assert (found.status, found.answered_by) == ("timeout", "system")
    assert check(hand.session, execution) == []


def test_cancel_withdraws_what_was_asked(hand: Hand) -> None:
    """In the cancel's own transaction; a late answer is told so."""
    execution = hand.submit(fan())
    question = hand.ask(execution, "a")

    control.cancel(hand.engine, hand.session, execution)

    assert hand.published.unparked == [question]
    with pytest.raises(InteractionDecided, match="had ended"):
        hand.answer(question)
    hand.time_out(question)
    assert hand.status(execution) == "CANCELED"
    assert check(hand.session, execution) == []


def test_a_failure_beside_a_question_withdraws_it(hand: Hand) -> None:
    """Whatever ends an execution early ends its questions too."""
    execution = hand.submit(fan())
    question = hand.ask(execution, "a")
    assert hand.status(execution) == "RUNNING"

    hand.fail(execution, "b")

    assert interactions.interaction(hand.session, question).status == "canceled"
    assert check(hand.session, execution) == []


def test_a_failed_iteration_withdraws_its_questions_alone(hand: Hand) -> None:
    """A loop that gives up takes those of all its iterations back, and of nothing else."""
    body = workflow(
        start(), for_each("each"), node("a"), node("b"), node("beside"),
        connect="start -> each, each:body -> a, each:body -> b, start -> beside",
    )  # fmt: skip
    execution = hand.submit(body, {"items": [1, 2]})
    hand.open_loop(execution, "each", 2)
    inner = [hand.ask(execution, f"each:{index} a") for index in range(2)]
    beside = hand.ask(execution, "beside")

    hand.fail(execution, "each:0 b")

    found = [interactions.interaction(hand.session, each).status for each in (*inner, beside)]
    assert found == ["canceled", "canceled", "pending"]
    assert check(hand.session, execution) == []


def test_an_execution_runs_while_anything_but_questions_is_open(hand: Hand) -> None:
    """It waits once the rest has settled, and runs again when an answer makes work ready."""
    execution = hand.submit(fan())
    hand.ask(execution, "a")
    assert hand.status(execution) == "RUNNING"

    hand.complete(execution, "b")

    assert hand.status(execution) == "WAITING_FOR_HUMAN"
    assert check(hand.session, execution) == []


def test_people_may_answer_while_an_execution_is_paused(hand: Hand) -> None:
    """The gate keeps what follows from being sent; the answer counts."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask")
    parts = (hand.engine, hand.session, execution)
    control.pause(*parts)

    hand.answer(question)

    assert hand.status(execution) == "PAUSED"
    assert hand.published.to_send == []
    control.resume(*parts)
    assert [each.ref.node for each in hand.published.to_send] == ["yes"]
    assert hand.status(execution) == "RUNNING"
    assert check(hand.session, execution) == []


def test_resume_of_an_execution_that_waits_for_a_person_waits_on(hand: Hand) -> None:
    """Resuming opens the gate; what stands open says what the status is."""
    execution = hand.submit(asking())
    hand.ask(execution, "ask")
    parts = (hand.engine, hand.session, execution)
    control.pause(*parts)

    control.resume(*parts)

    assert hand.status(execution) == "WAITING_FOR_HUMAN"
    assert check(hand.session, execution) == []


def test_a_question_that_is_not_delivered_pauses_its_execution(hand: Hand) -> None:
    """Until its channel has it nobody can answer; then the execution waits for a person."""
    execution = hand.submit(asking())
    question = hand.ask(execution, "ask", channel_type="webhook")
    assert hand.status(execution) == "PAUSED"

    delivered(hand.engine, hand.session, question)

    assert hand.status(execution) == "WAITING_FOR_HUMAN"
    assert check(hand.session, execution) == []


def test_a_question_that_was_never_delivered_is_not_decided_by_a_default(hand: Hand) -> None:
    """Nobody had a chance to say no."""
    execution = hand.submit(asking())
    asked = {"timeout_action": "default_response", "default_response": {"decision": "confirmed"}}
    question = hand.ask(execution, "ask", channel_type="webhook", **asked)

    hand.time_out(question)

    assert hand.error_code(execution) == "hil_not_delivered"


def test_a_stale_attempt_asks_nothing(hand: Hand) -> None:
    """A question comes only from the settle that counted (invariant 1)."""
    execution = hand.submit(asking())
    claim = hand.claim(execution, "ask")
    hand.settle((claim, Completed(1, "confirmed")))

    asked = Asked(Question(interaction_type=InteractionType.APPROVAL, title="May it?"), {})
    hand.commit(Request(execution, hand.budget(), [settlement_of(claim, asked)]))

    with pytest.raises(InteractionNotFound):
        interactions.interaction(hand.session, claim.lease_id)
    assert check(hand.session, execution) == []


def test_what_was_never_asked_cannot_be_answered(hand: Hand) -> None:
    """The error says so, and nothing else happens."""
    with pytest.raises(InteractionNotFound):
        hand.answer(new_id())
