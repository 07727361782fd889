"""What a stranger may send: the token is known, and the address counted, before a body is read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY

from tests.support.gateway_server import Clients, Served, serving
from tests.support.ledger_driver import Hand
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.gateway import address_rates
from treadle.gateway.address_rates import AddressRates, TooManyRequests
from treadle.gateway.links import OF_HOLDERS, OF_STRANGERS
from treadle.gateway.value_budget import ValueBudget
from treadle.ledger.engine.settle_rows import ANSWER_BYTES
from treadle.ledger.people.outbox import new_link

JSON = {"Content-Type": "application/json"}


def review(hand: Hand) -> tuple[str, str]:
    """Return the path that answers a review by link, and the token of the link."""
    document = chain(
        node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations={"title": "?"})
    )
    execution = hand.submit(document, owner=f"ada-{new_id()}")
    question = hand.ask(
        execution,
        "ask",
        interaction_type="review",
        content={"text": "short"},
        channel_type="webhook",
    )
    token = new_link(hand.session, question, recipient="x")
    return f"/v1/interactions/{question}/answer-by-link", token


def head(path: str, length: int, *lines: str) -> bytes:
    """Return the head of a POST whose body does not come."""
    fixed = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json")
    return "\r\n".join((*fixed, f"Content-Length: {length}", *lines, "", "")).encode()


def answer_to(served: Served, request: bytes) -> bytes:
    """Return what a gateway answers to the head of a request, whose body does not come."""
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=10) as line:
        line.sendall(request)
        answer = b""
        while piece := line.recv(65_536):  # it closes the line, on which the rest would come
            answer += piece
        return answer


def test_a_token_in_the_head_is_known_before_the_body_is_read(hand: Hand, served: Served) -> None:
    """None of the body has come when one that is wrong is refused."""
    path, _ = review(hand)

    answer = answer_to(served, head(path, 1_000, f"Authorization: Bearer {'A' * 43}"))

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'"reason":"link_not_valid"' in answer


def test_a_body_with_its_token_is_small(hand: Hand, served: Served, clients: Clients) -> None:
    """By what it says of its length, by what it turns out to be, and by what it consists of."""
    path, token = review(hand)
    anyone = clients.without_key()
    large = orjson.dumps({"token": token, "comment": "x" * OF_STRANGERS.bytes})
    crowded = orjson.dumps({"token": token, "content": [0] * OF_STRANGERS.budget.values})

    assert answer_to(served, head(path, 12 * 2**20)).startswith(b"HTTP/1.1 413 ")
    for body in (iter([large[:100], large[100:]]), crowded):
        refusal = anyone.refusal("POST", path, content=body, headers=JSON)
        assert refusal == (413, "request_too_large")


def test_the_largest_answer_fits_with_its_token_in_the_head(hand: Hand, clients: Clients) -> None:
    """A body above every answer is refused even of those."""
    path, token = review(hand)
    anyone = clients.without_key()
    proof = {"Authorization": f"Bearer {token}"}
    content = {"text": "x" * (ANSWER_BYTES - 200)}

    larger = {"decision": "confirmed", "content": "x" * OF_HOLDERS.bytes}
    refusal = anyone.refusal("POST", path, json=larger, headers=proof)
    answer = {"decision": "confirmed", "content": content}
    made = anyone.http.post(path, json=answer, headers=proof)

    assert refusal == (413, "request_too_large")
    assert made.json()["answer"]["content"] == content


def test_a_client_that_sends_its_key_along_has_the_token_in_the_body(
    hand: Hand, clients: Clients
) -> None:
    """A key opens no question by itself."""
    path, token = review(hand)
    client = clients.of("anyone")

    assert client.refusal("POST", path, json={"decision": "confirmed"}) == (403, "link_not_valid")
    assert client.post(path, {"token": token, "decision": "confirmed"})["decision"] == "confirmed"


class TestRates:
    """An address has its rate, whatever it asks for."""

    @pytest.fixture
    def served(self, settings: Settings) -> Iterator[Served]:
        """Return a gateway that takes one request by link in 1,000 seconds."""
        slow = settings.model_copy(update={"open_requests_per_second": 0.001})
        with serving(slow) as made:
            yield made

    def test_beyond_it_requests_are_refused_with_a_time(self, clients: Clients) -> None:
        """And other routes answer as before."""
        anyone, ada = clients.without_key(), clients.of(f"ada-{new_id()}")
        path = f"/v1/interactions/{new_id()}/answer-by-link"
        body: dict[str, Any] = {"token": "A" * 43, "decision": "confirmed"}

        name = "treadle_gateway_requests_over_rate_total"
        before = REGISTRY.get_sample_value(name) or 0.0
        refused = [anyone.http.post(path, json=body) for _ in range(2)]

        assert [each.status_code for each in refused] == [403, 429]
        assert REGISTRY.get_sample_value(name) == before + 1
        assert refused[-1].json()["error_details"]["reason"] == "too_many_requests"
        assert 1 <= int(refused[-1].headers["retry-after"]) <= 1_000
        assert ada.get("/v1/executions")["executions"] == []
        assert anyone.http.get("/health").status_code == 200

    def test_the_table_of_addresses_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And a network of IPv6 is one address."""
        monkeypatch.setattr(address_rates, "_ADDRESSES", 10)
        rates = AddressRates(0.1)
        for number in range(50):
            rates.count(f"192.0.2.{number}")

        assert len(rates) == 10
        rates.count("2001:db8::1")
        with pytest.raises(TooManyRequests):
            rates.count("2001:db8::2")


def test_values_are_counted_outside_of_texts() -> None:
    """Punctuation in a text is no value, and a text that does not end is read once."""
    budget = ValueBudget(values=10, containers=3)

    assert not budget.exceeded_by(orjson.dumps({"a": "[{,}]" * 100 + '"\\' * 50}))
    assert budget.exceeded_by(b"[" + b"0," * 20)
    assert budget.exceeded_by(b"[[[[")
    assert not budget.exceeded_by(b'"' + b'\\"' * 1_000_000)
