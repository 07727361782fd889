"""The whole way of a question: asked by a worker, sent to a server, answered by its link."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest
from standardwebhooks import Webhook

from tests.conftest import WaitUntil
from tests.support.gateway_server import Served, serving
from tests.support.in_process_cluster import InProcess, running
from tests.support.loopback_server import Answer, Loopback
from tests.support.loopback_server import serving as receiving
from tests.support.workflows import Document, node, start, workflow
from treadle.core.settings import Settings

pytestmark = pytest.mark.slow

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()


@pytest.fixture
def receiver() -> Iterator[Loopback]:
    """Return a server that questions are posted to."""
    with receiving() as made:
        yield made


@pytest.fixture
def people_cluster(
    fresh_postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[InProcess, Served]]:
    """Return a worker, a scheduler and a gateway that know of each other."""
    monkeypatch.setenv("TREADLE_SECRET_HOOK", SECRET)
    servers = Settings(configured_database_url=fresh_postgres_url, configured_redis_url=redis_url)
    with serving(servers) as served:
        more = {"public_url": served.url, "allowed_private_addresses": (ip_network("127.0.0.1"),)}
        settings = servers.model_copy(update=more)
        with running(settings) as client:
            yield client, served


def asking(url: str, **config: Any) -> Document:
    """Return a workflow that asks by webhook, and a node that passes on the answer."""
    config = {
        "title": "Refund {{ input.amount }}?",
        "channel_type": "webhook",
        "webhook_url": url,
        "webhook_secret": "hook",
        **config,
    }
    said = {"operation": "custom", "expression": "{'said': input.answer, 'of': input.input}"}
    return workflow(
        start(), node("ask", APPROVAL, configurations=config), node("after", configurations=said),
        connect="start -> ask, ask:confirmed -> after",
    )  # fmt: skip


def test_a_question_goes_out_and_its_answer_comes_back(
    people_cluster: tuple[InProcess, Served], receiver: Loopback, wait_until: WaitUntil
) -> None:
    """Rendered, signed and with a link; a POST to that link lets the execution go on to its end."""
    client, _ = people_cluster
    execution = client.submit(asking(receiver.on("/hook", Answer(204))), {"amount": 40})

    wait_until(lambda: client.shown(execution)["status"] == "WAITING_FOR_HUMAN")
    (seen,) = receiver.seen
    data = Webhook(SECRET).verify(seen.body, dict(seen.headers))["data"]
    link = data["answer_link"]
    answered = httpx.post(
        link["url"], json={"token": link["token"], "decision": "approve", "comment": "sorry"}
    )

    assert answered.status_code == 200, answered.text
    assert data["title"] == "Refund 40?"
    assert data["execution_id"] == str(execution)
    wait_until(lambda: client.has_ended(execution))
    assert client.shown(execution)["output"]["after"] == {
        "said": {"option": "approve", "comment": "sorry"},
        "of": {"amount": 40},
    }


def test_a_question_that_fits_no_template_value_fails_its_node(
    people_cluster: tuple[InProcess, Served], receiver: Loopback, wait_until: WaitUntil
) -> None:
    """What was left open at submission is checked when it is asked; nobody is bothered."""
    client, _ = people_cluster
    document = asking(
        receiver.on("/hook", Answer(204)),
        interaction_type="selection",
        selection_options="{{ input.options }}",
    )

    execution: UUID = client.submit(document, {"amount": 1, "options": []})

    wait_until(lambda: client.has_ended(execution))
    error = client.shown(execution)["error"]
    assert error["error_code"] == "invalid_configuration"
    assert "selection_options" in error["error_message"]
    assert receiver.seen == []


def test_a_question_that_is_too_large_is_not_asked(
    people_cluster: tuple[InProcess, Served], receiver: Loopback, wait_until: WaitUntil
) -> None:
    """What is reviewed comes back in the answer, which has its limit."""
    client, _ = people_cluster
    document = asking(
        receiver.on("/hook", Answer(204)),
        interaction_type="review",
        content="{{ input.text }}",
    )

    execution = client.submit(document, {"amount": 1, "text": "x" * 600_000})

    wait_until(lambda: client.has_ended(execution))
    assert client.shown(execution)["error"]["error_code"] == "question_too_large"
