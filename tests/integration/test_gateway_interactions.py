"""Questions over HTTP: seen and answered by key and by link; looking decides nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.support.gateway_server import Client, Clients
from tests.support.ledger_driver import Hand, check
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.ledger.people import responses
from treadle.ledger.people.outbox import new_link
from treadle.wire.interactions import Answered, Interaction, InteractionResponses, Interactions
from treadle.wire.keys import Scope

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
FORM = {
    "interaction_type": "input",
    "input_fields": [{"name": "amount", "type": "number", "maximum": 10}],
}
CHOICE = {
    "interaction_type": "selection",
    "selection_options": [{"value": "a"}, {"value": "b"}],
}


@pytest.fixture
def account() -> str:
    """Return an account that has nothing yet."""
    return f"ada-{new_id()}"


def ask(hand: Hand, owner: str, **asked: Any) -> str:
    """Let a node of a new execution of an account ask; return the question's id."""
    document = chain(node("ask", APPROVAL, configurations={"title": "?"}), node("after"))
    document["connections"][1]["output_key"] = "confirmed"
    execution = hand.submit(document, owner=owner)
    return str(hand.ask(execution, "ask", **asked))


def at(question: str, what: str = "") -> str:
    """Return a question's path."""
    return f"/v1/interactions/{question}{what}"


def answer(client: Client, question: str, status: int = 200, **raw: Any) -> Any:
    """Answer a question; return the body."""
    return client.post(at(question, "/answer"), raw, status)


def test_a_question_is_listed_shown_and_answered(
    hand: Hand, clients: Clients, account: str
) -> None:
    """By its owner; the answers are what the documentation says."""
    client, question = clients.of(account), ask(hand, account, title="May it?")

    listed = client.get("/v1/interactions", status="pending")
    shown = client.get(at(question))
    made = answer(client, question, decision="approve", comment="yes")

    assert Interactions.model_validate(listed).interactions[0].id == question
    assert Interaction.model_validate(shown).title == "May it?"
    assert Answered.model_validate(made).decision == "confirmed"
    assert (made["answered_by"], made["via"], made["repeated"]) == (account, "api", False)
    assert made["answer"] == {"option": "approve", "comment": "yes"}
    assert client.get("/v1/interactions", status="pending")["interactions"] == []
    execution = UUID(made["execution_id"])
    assert hand.states(execution)["after"] == "ready"
    assert check(hand.session, execution) == []


def test_questions_come_by_pages_and_by_execution(
    hand: Hand, clients: Clients, account: str
) -> None:
    """The newest first, none twice and none left out."""
    client, questions = clients.of(account), [ask(hand, account) for _ in range(5)]
    found, cursor = [], None
    while True:
        page = client.get("/v1/interactions", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [each["id"] for each in page["interactions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    one = client.get(at(questions[0]))["execution_id"]
    of_one = client.get("/v1/interactions", execution_id=one)["interactions"]

    assert found == questions[::-1]
    assert [each["id"] for each in of_one] == [questions[0]]


@pytest.mark.parametrize(
    ("asked", "raw", "answered"),
    [
        (FORM, {"values": {"amount": 3}}, {"values": {"amount": 3}, "comment": None}),
        (CHOICE, {"selected": ["b"]}, {"selected": ["b"], "comment": None}),
        (
            {"interaction_type": "review", "content": {"a": 1}},
            {"decision": "confirmed", "content": {"a": 2}},
            {"content": {"a": 2}, "edited": True, "comment": None},
        ),
    ],
)
def test_each_type_takes_what_it_needs(
    hand: Hand,
    clients: Clients,
    account: str,
    asked: dict[str, Any],
    raw: dict[str, Any],
    answered: dict[str, Any],
) -> None:
    """And its answer keeps the shape that expressions can rely on."""
    client, question = clients.of(account), ask(hand, account, **asked)

    shown = client.get(at(question))
    made = answer(client, question, **raw)

    Interaction.model_validate(shown)
    assert Answered.model_validate(made).answer == answered


def test_an_answer_that_does_not_fit_decides_nothing(
    hand: Hand, clients: Clients, account: str
) -> None:
    """All that is wrong is told, each with its place."""
    client, question = clients.of(account), ask(hand, account, **FORM)

    wrong = answer(client, question, 422, values={"amount": 11, "more": 1})

    details = wrong["error_details"]
    assert details["reason"] == "reply_invalid"
    assert {each["path"] for each in details["problems"]} == {"values.amount", "values.more"}
    assert client.get(at(question))["status"] == "pending"


@pytest.mark.parametrize(
    ("asked", "raw", "status", "reason"),
    [
        (FORM, {"values": {"amount": 11}}, 422, "reply_invalid"),
        (CHOICE, {"selected": ["c"]}, 422, "reply_invalid"),
        ({}, {"values": {"amount": 1}}, 422, "reply_invalid"),
        ({"interaction_type": "review"}, {"decision": "maybe"}, 422, "reply_invalid"),
        ({"assignees": ["somebody else"]}, {"decision": "approve"}, 403, "not_asked"),
        (
            {"interaction_type": "review", "content": "short"},
            {"decision": "confirmed", "content": "x" * 1_100_000},
            413,
            "answer_too_large",
        ),
    ],
)
def test_an_answer_that_cannot_count_is_recorded_with_who_when_how_and_why(
    hand: Hand,
    clients: Clients,
    account: str,
    asked: dict[str, Any],
    raw: dict[str, Any],
    status: int,
    reason: str,
) -> None:
    """The question stays open; the record, the events and the metrics have the refusal."""
    client, question = clients.of(account), ask(hand, account, **asked)
    execution = UUID(client.get(at(question))["execution_id"])

    refused = answer(client, question, status, **raw)

    listed = client.get(at(question, "/responses"))
    InteractionResponses.model_validate(listed)
    (response,) = listed["responses"]
    assert (response["verdict"], response["answered_by"], response["via"]) == (
        "refused",
        account,
        "api",
    )
    said = {**refused["error_details"]}
    del said["request_id"]  # of the request, and not of what was wrong with it
    assert response["error"]["error_details"] == said
    assert response["answer"] == (raw if status != 413 else None)
    assert response["decision"] is None
    assert client.get(at(question))["status"] == "pending"
    event = client.get(f"/v1/executions/{execution}/events")["events"][-1]
    data = event["data"]
    assert event["event_type"] == "user_input_refused"
    assert (data["answered_by"], data["reason"]) == (account, reason)
    assert data["interaction_id"] == question
    assert check(hand.session, execution) == []


def test_every_response_is_listed_with_what_became_of_it(
    hand: Hand, clients: Clients, account: str
) -> None:
    """In the order they came, also those after the decision."""
    client, question = clients.of(account), ask(hand, account)

    answer(client, question, 422, decision="maybe")
    answer(client, question, decision="approve")
    answer(client, question, decision="approve")
    answer(client, question, 409, decision="reject")
    late = answer(client, question, 409, decision="maybe")

    found = [
        (each["verdict"], each["decision"])
        for each in client.get(at(question, "/responses"))["responses"]
    ]
    assert found == [
        ("refused", None),
        ("decided", "confirmed"),
        ("repeated", "confirmed"),
        ("late", "rejected"),
        ("refused", None),
    ]
    assert late["error_details"]["reason"] == "interaction_decided"


def test_a_question_keeps_so_many_responses_that_decide_nothing(
    hand: Hand, clients: Clients, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may answer cannot fill the ledger; the answer that decides is always kept."""
    monkeypatch.setattr(responses, "MOST_KEPT", 2)
    client, question = clients.of(account), ask(hand, account)

    for _ in range(4):
        answer(client, question, 422, decision="maybe")
    answer(client, question, decision="approve")

    found = [each["verdict"] for each in client.get(at(question, "/responses"))["responses"]]
    assert found == ["refused", "refused", "decided"]


def test_who_comes_late_is_told_what_was_decided(
    hand: Hand, clients: Clients, account: str
) -> None:
    """The same again is answered like the first time; another is a conflict."""
    client, question = clients.of(account), ask(hand, account)
    first = answer(client, question, decision="reject")

    again = answer(client, question, decision="rejected")
    late = answer(client, question, 409, decision="approve")

    assert again == {**first, "repeated": True}
    details = late["error_details"]
    assert details["reason"] == "interaction_decided"
    assert (details["decision"], details["decided_by"], details["via"]) == (
        "rejected",
        account,
        "api",
    )
    assert details["decided_at"] == first["decided_at"]


def test_a_question_is_answered_by_those_it_is_asked_of(
    hand: Hand, clients: Clients, account: str
) -> None:
    """The owner sees it and may not decide in their place; to everybody else it is not there."""
    ben = f"ben-{new_id()}"
    question = ask(hand, account, assignees=[ben])
    owner, assignee, stranger = clients.of(account), clients.of(ben), clients.of(f"eve-{new_id()}")

    assert owner.get(at(question))["assignees"] == [ben]
    assert (
        answer(owner, question, 403, decision="approve")["error_details"]["reason"] == "not_asked"
    )
    assert stranger.refusal("GET", at(question)) == (404, "interaction_not_found")
    assert [each["id"] for each in assignee.get("/v1/interactions")["interactions"]] == [question]
    assert answer(assignee, question, decision="approve")["answered_by"] == ben


def test_a_key_without_the_scope_answers_nothing(
    hand: Hand, clients: Clients, account: str
) -> None:
    """It may look."""
    question = ask(hand, account)
    reader = clients.of(account, Scope.READ)

    assert reader.get(at(question))["status"] == "pending"
    refusal = reader.refusal("POST", at(question, "/answer"), json={"decision": "approve"})
    assert refusal == (403, "scope_missing")


def test_a_link_answers_without_a_key(hand: Hand, clients: Clients, account: str) -> None:
    """Whoever holds the token that was sent; the record says so, and a repeat is told the same."""
    question = ask(hand, account, channel_type="webhook")
    token = new_link(hand.session, UUID(question), recipient="https://example.org/hook")
    anyone = clients.without_key()
    path, body = at(question, "/answer-by-link"), {"token": token, "decision": "approve"}

    made = anyone.post(path, body)

    assert Answered.model_validate(made).via == "webhook"
    assert made["answered_by"] == "holder of the link sent to https://example.org/hook"
    assert anyone.post(path, body) == {**made, "repeated": True}
    late = {**body, "decision": "reject"}
    assert anyone.refusal("POST", path, json=late) == (409, "interaction_decided")


def test_a_link_answers_one_question(hand: Hand, clients: Clients, account: str) -> None:
    """A token of another, a made-up one, or one for a question that is none: refused alike."""
    question, other = ask(hand, account), ask(hand, account)
    token = new_link(hand.session, UUID(other), recipient="x")
    anyone = clients.without_key()

    for name, given in ((question, token), (question, "A" * 43), (str(new_id()), token)):
        body = {"token": given, "decision": "approve"}
        refusal = anyone.refusal("POST", at(name, "/answer-by-link"), json=body)
        assert refusal == (403, "link_not_valid")
    assert clients.of(account).get(at(question))["status"] == "pending"


def test_a_link_answers_no_question_that_is_asked_of_accounts(
    hand: Hand, clients: Clients, account: str
) -> None:
    """It proves none: a workflow's owner could have it sent to themselves. The record tells."""
    question = ask(hand, account, channel_type="webhook", assignees=[f"ben-{account}"])
    token = new_link(hand.session, UUID(question), recipient="x")
    body = {"token": token, "decision": "approve"}

    refusal = clients.without_key().refusal("POST", at(question, "/answer-by-link"), json=body)

    assert refusal == (403, "not_asked")
    (kept,) = clients.of(account).get(at(question, "/responses"))["responses"]
    assert (kept["answered_by"], kept["via"]) == ("holder of the link sent to x", "webhook")
    assert kept["verdict"] == "refused"
    answer(clients.of(f"ben-{account}"), question, decision="approve")


@pytest.mark.parametrize("in_head", [True, False])
def test_a_resend_replaces_the_tokens_before_it(
    hand: Hand, clients: Clients, account: str, in_head: bool
) -> None:
    """Of those that went to one recipient; the refusal says which token counts."""
    question = ask(hand, account, channel_type="webhook")
    old, other, new = (
        new_link(hand.session, UUID(question), recipient=each) for each in ("x", "y", "x")
    )
    client, path = clients.without_key(), at(question, "/answer-by-link")

    def by(token: str, decision: str) -> Any:
        body = {"decision": decision, **({} if in_head else {"token": token})}
        headers = {"Authorization": f"Bearer {token}"} if in_head else {}
        return client.http.post(path, json=body, headers=headers)

    refused = by(old, "approve")
    assert refused.status_code == 403
    assert "later message" in refused.json()["error_message"]
    assert "latest" in refused.json()["error_details"]["solution"]
    assert by(new, "reject").json()["answered_by"] == "holder of the link sent to x"
    assert by(other, "reject").json()["repeated"]
    assert by(old, "reject").status_code == 403


@pytest.mark.parametrize("what", ["/answer", "/answer-by-link"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_never_decides(
    hand: Hand, clients: Clients, account: str, method: str, what: str
) -> None:
    """Mail scanners and chat previews follow links: only a POST with the token counts."""
    question = ask(hand, account)
    token = new_link(hand.session, UUID(question), recipient="x")

    seen = clients.of(account).http.request(
        method, at(question, what), params={"token": token, "decision": "approve"}
    )

    assert seen.status_code == 405
    assert clients.of(account).get(at(question))["status"] == "pending"


def test_a_token_in_the_address_counts_for_nothing(
    hand: Hand, clients: Clients, account: str
) -> None:
    """Addresses end up in logs and histories."""
    question = ask(hand, account)
    token = new_link(hand.session, UUID(question), recipient="x")

    seen = clients.without_key().http.post(
        at(question, "/answer-by-link"), params={"token": token}, json={"decision": "approve"}
    )

    assert seen.status_code == 422
    assert clients.of(account).get(at(question))["status"] == "pending"
