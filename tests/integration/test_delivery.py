"""Questions by webhook: signed, tried again, and answered by whoever holds the link."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any, Protocol
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.conftest import WaitUntil
from tests.support.ledger_driver import Hand, OpenQueue, check
from tests.support.loopback_server import Answer, Loopback, Seen, serving
from tests.support.workflows import chain, node
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.redis import connect
from treadle.core.secret_offers import SecretOffers
from treadle.dag.values import loads
from treadle.hil.answers import answer_by_link
from treadle.hil.channels import Services, senders
from treadle.hil.delivery import Delivery
from treadle.hil.rights import LinkNotValid
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.post_commit import PostCommit
from treadle.ledger.people import interactions, outbox
from treadle.ledger.people.answers import InteractionDecided
from treadle.ledger.people.interactions import Interaction
from treadle.transport.redis_keys import OUTBOX_KEY

pytestmark = pytest.mark.slow

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()


TO_LOCAL = SecretOffers({})


@pytest.fixture
def hand(fresh_postgres_url: str) -> Iterator[Hand]:
    """Return a simulated worker on a ledger whose outbox holds nothing else."""
    made = Hand(fresh_postgres_url)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Loopback]:
    """Return a server that questions are posted to."""
    with serving() as made:
        yield made


class Delivering(Protocol):
    """Runs a delivery while its block lasts; gives what its transactions leave to be published."""

    def __call__(
        self, *, secrets: dict[str, str] | None = None, offers: SecretOffers = TO_LOCAL
    ) -> AbstractContextManager[list[PostCommit]]: ...


@pytest.fixture
def delivering(hand: Hand, redis_url: str) -> Delivering:
    """Return what runs a delivery while its block lasts."""

    @contextmanager
    def run(
        *, secrets: dict[str, str] | None = None, offers: SecretOffers = TO_LOCAL
    ) -> Iterator[list[PostCommit]]:
        queue = OpenQueue()
        stop = Event()
        with connect(redis_url) as client:
            policy = AddressPolicy((ip_network("127.0.0.1/32"),))
            delivery = Delivery(
                lambda: Hand(hand.url).session,
                client,
                Engine(hand.graphs, queue),
                senders(Services(lambda: Dialer(policy), secrets or {"HOOK": SECRET}, offers)),
                public_url="https://treadle.example.org/",
            )
            thread = Thread(target=delivery.run_until, args=(stop,))
            thread.start()
            try:
                yield queue.published
            finally:
                stop.set()
                client.lpush(OUTBOX_KEY, 1)
                thread.join()

    return run


def ask(hand: Hand, url: str, *, owner: str = "local", **more: Any) -> UUID:
    """Let a node of a new execution ask by webhook."""
    document = chain(node("ask", APPROVAL, configurations={"title": "?"}))
    execution = hand.submit(document, owner=owner)
    asked = {"channel_type": "webhook", "webhook_url": url, "webhook_secret": "hook", **more}
    return hand.ask(execution, "ask", **asked)


def asked_of(hand: Hand, question: UUID) -> Interaction:
    """Return a question as it stands."""
    return interactions.interaction(hand.session, question)


def answer(hand: Hand, message: dict[str, Any], token: str | None = None, **raw: Any) -> Any:
    """Answer a message by its link."""
    data = message["data"]
    link = token or data["answer_link"]["token"]
    return answer_by_link(hand.engine, hand.session, UUID(data["id"]), link, raw)


def test_a_question_is_posted_signed_and_may_then_be_answered(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """The receiver can verify who sent it; the execution waits for a person from then on."""
    question = ask(hand, receiver.on("/hook", Answer(204)))
    execution = asked_of(hand, question).execution_id
    assert hand.status(execution) == "PAUSED"

    with delivering() as published:
        wait_until(lambda: asked_of(hand, question).delivered_at and published)

    (seen,) = receiver.seen
    message = Webhook(SECRET).verify(seen.body, dict(seen.headers))
    assert message["type"] == "interaction.asked"
    assert message["data"]["id"] == str(question)
    assert message["data"]["approval_options"][0]["value"] == "approve"
    url = f"https://treadle.example.org/v1/interactions/{question}/answer-by-link"
    assert message["data"]["answer_link"]["url"] == url
    assert hand.status(execution) == "WAITING_FOR_HUMAN"
    assert published[0].touched.keys() == {execution}
    assert check(hand.session, execution) == []


def test_what_was_changed_on_its_way_is_not_verified(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """The signature covers the body."""
    ask(hand, receiver.on("/hook", Answer(200)))
    with delivering():
        wait_until(lambda: receiver.seen)

    seen = receiver.seen[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(seen.body.replace(b"pending", b"decided"), dict(seen.headers))


def test_a_receiver_that_is_busy_is_asked_again_with_the_same_id(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """503 twice, then it takes the message; each try has a token, which replaces those before."""
    statuses = [503, 503, 200]

    def script(_: Seen) -> Answer:
        return Answer(statuses.pop(0))

    question = ask(hand, receiver.on("/hook", script))
    with delivering():
        wait_until(lambda: len(receiver.seen) == 1 and failure(hand, question))
        hurry(hand, question)
        wait_until(lambda: len(receiver.seen) == 2 and attempts(hand, question) == 2)
        hurry(hand, question)
        wait_until(lambda: asked_of(hand, question).delivered_at)

    assert len(receiver.seen) == 3
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) == 1
    first, second, last = (loads(seen.body) for seen in receiver.seen)
    assert first["data"]["answer_link"]["token"] != last["data"]["answer_link"]["token"]
    for replaced in (first, second):
        with pytest.raises(LinkNotValid, match="later message"):
            answer(hand, replaced, decision="approve")
    made = answer(hand, last, decision="approve")
    assert made.interaction.decision == "confirmed"


def test_a_question_that_no_receiver_took_fails_and_says_why(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """Not even its default counts: nobody had a chance to say no."""
    default: dict[str, Any] = {
        "timeout_action": "default_response",
        "default_response": {"decision": "confirmed"},
    }
    question = ask(hand, receiver.on("/hook", Answer(500, body=b"on fire")), **default)
    with delivering():
        wait_until(lambda: failure(hand, question))

    hand.time_out(question)

    row = hand.execution(asked_of(hand, question).execution_id)
    error = loads(row.error)
    assert error["error_code"] == "hil_not_delivered"
    last = error["error_details"]["last_error"]["error_details"]
    assert (last["status"], last["body"]) == (500, "on fire")


@pytest.mark.parametrize(
    ("url", "secrets", "cause"),
    [
        ("http://10.1.2.3/hook", {"HOOK": SECRET}, "address_not_allowed"),
        ("http://127.0.0.1:1/hook", {"HOOK": SECRET}, "connection_failed"),
        ("http://127.0.0.1:1/hook", {"OTHER": SECRET}, "secret_not_found"),
        ("http://127.0.0.1:1/hook", {"HOOK": "x"}, "secret_not_usable"),
    ],
)
def test_what_keeps_a_question_from_being_sent_is_noted(
    hand: Hand,
    delivering: Delivering,
    wait_until: WaitUntil,
    url: str,
    secrets: dict[str, str],
    cause: str,
) -> None:
    """It goes out through the dialer, like any call to an address that a workflow chose."""
    question = ask(hand, url)
    with delivering(secrets=secrets):
        noted = wait_until(lambda: failure(hand, question))

    assert noted["error_details"]["cause"] == cause
    assert SECRET not in str(noted)


@pytest.mark.parametrize(
    ("offer", "cause"),
    [
        ({"owners": ["ada"]}, "secret_not_offered"),
        ({"owners": ["local"], "hosts": ["shop.example"]}, "secret_not_for_host"),
    ],
)
def test_a_question_is_signed_by_the_owners_secrets_for_their_hosts_alone(
    hand: Hand,
    receiver: Loopback,
    delivering: Delivering,
    wait_until: WaitUntil,
    offer: dict[str, Any],
    cause: str,
) -> None:
    """Whoever may sign with a secret could speak in the name of whom it belongs to."""
    question = ask(hand, receiver.on("/hook", Answer(200)))
    with delivering(offers=SecretOffers.model_validate({"HOOK": offer})):
        noted = wait_until(lambda: failure(hand, question))

    assert noted["error_details"]["cause"] == cause
    assert receiver.seen == []


def test_a_redirect_carries_no_link_elsewhere(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """It counts as a refusal."""
    elsewhere = receiver.on("/elsewhere", Answer(200))
    question = ask(hand, receiver.on("/hook", Answer(307, {"Location": elsewhere})))
    with delivering():
        noted = wait_until(lambda: failure(hand, question))

    assert noted["error_details"]["status"] == 307
    assert [seen.path for seen in receiver.seen] == ["/hook"]


def test_a_question_that_was_decided_is_not_sent(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """Whoever was asked by another way has answered."""
    question = ask(hand, receiver.on("/hook", Answer(200)))
    hand.answer(question)
    with delivering():
        wait_until(lambda: outbox.next_due(hand.session) is None)

    assert receiver.seen == []


def test_a_warning_goes_out_too(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """As a message of its own."""
    question = ask(hand, receiver.on("/hook", Answer(200)))
    hand.session.execute(
        "update interactions set warn_at = now() - interval '1 s' where id = %s", (question,)
    )
    hand.warn(question)
    with delivering():
        wait_until(lambda: len(receiver.seen) == 2)

    assert {loads(seen.body)["type"] for seen in receiver.seen} == {
        "interaction.asked",
        "interaction.due_soon",
    }


def test_a_link_answers_its_own_question_alone(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """A token is bound to one question; what is made up is none."""
    url = receiver.on("/hook", Answer(200))
    ask(hand, url)
    ask(hand, url)
    with delivering():
        wait_until(lambda: len(receiver.seen) == 2)
    one, other = (loads(seen.body) for seen in receiver.seen)

    with pytest.raises(LinkNotValid):
        answer(hand, one, token=other["data"]["answer_link"]["token"], decision="approve")
    with pytest.raises(LinkNotValid):
        answer(hand, one, token="A" * 43, decision="approve")

    made = answer(hand, one, decision="reject", comment="no")
    assert made.interaction.answered_by == f"holder of the link sent to {url}"
    assert made.interaction.via == "webhook"
    assert answer(hand, one, decision="reject", comment="no").repeated
    with pytest.raises(InteractionDecided) as late:
        answer(hand, one, decision="approve")
    assert late.value.context["decision"] == "rejected"


def test_a_question_with_assignees_is_sent_without_a_link(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """Whoever chose the address would answer in their place."""
    question = ask(hand, receiver.on("/hook", Answer(200)), assignees=["ben"])
    with delivering():
        wait_until(lambda: asked_of(hand, question).delivered_at)

    (data,) = (loads(seen.body)["data"] for seen in receiver.seen)
    assert data["assignees"] == ["ben"]
    assert data["answer_link"] is None


def test_no_token_is_kept(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """Only its hash is, so that who reads the ledger can answer nothing."""
    question = ask(hand, receiver.on("/hook", Answer(200)))
    with delivering():
        wait_until(lambda: receiver.seen)
    token = loads(receiver.seen[0].body)["data"]["answer_link"]["token"]

    kept = hand.session.execute(
        "select l::text || i::text || o::text from interaction_links l"
        " join interactions i on i.id = l.interaction_id"
        " join outbox o on o.interaction_id = i.id where i.id = %s",
        (question,),
    ).fetchall()

    assert len(token) >= 43
    assert kept
    assert all(token not in text and token.encode().hex() not in text for (text,) in kept)


def failure(hand: Hand, question: UUID) -> Any:
    """Return what the last try to send a question failed by."""
    row = hand.session.execute(
        "select error from outbox where interaction_id = %s and error is not null", (question,)
    ).fetchone()
    return loads(row[0]) if row else None


def attempts(hand: Hand, question: UUID) -> int:
    """Return how often a question was tried to be sent, tries that go on aside."""
    row = hand.session.execute(
        "select attempts from outbox where interaction_id = %s"
        " and due_at < now() + interval '25 s'",
        (question,),
    ).fetchone()
    return row[0] if row else 0


def hurry(hand: Hand, question: UUID) -> None:
    """Let a failed try be due again at once; called during the next try, it makes one more due."""
    hand.session.execute(
        "update outbox set due_at = now() where interaction_id = %s and error is not null",
        (question,),
    )


def test_receivers_of_one_owner_that_hang_hold_up_nobody_elses_questions(
    hand: Hand, receiver: Loopback, delivering: Delivering, wait_until: WaitUntil
) -> None:
    """However many there are: an owner has so many messages on their way at once, and no more."""

    def hang(_: Seen) -> Answer:
        receiver.released.wait(60)
        return Answer(204)

    url = receiver.on("/hangs", hang)
    for _ in range(300):
        ask(hand, url)
    offers = SecretOffers.model_validate({"HOOK": {"owners": "*"}})
    with delivering(offers=offers):
        wait_until(lambda: len(receiver.seen) > 1, 30)
        other = ask(hand, receiver.on("/answers", Answer(204)), owner="other")
        wait_until(lambda: asked_of(hand, other).delivered_at, 30)
        hanging = [seen for seen in receiver.seen if seen.path == "/hangs"]
        assert len(hanging) < 300
        receiver.released.set()
