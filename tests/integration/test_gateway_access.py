"""The access log of a gateway: one JSON object for each request, and nothing that was sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import httpx
import pytest

from tests.conftest import WaitUntil
from tests.support.gateway_server import Client
from tests.support.logged_process import Line, LoggedProcess, logged
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.core.settings import Settings
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

pytestmark = pytest.mark.slow

CANARY = "canary-7f3a"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway in a process of its own, its log, and a key."""

    process: LoggedProcess
    key: str
    key_id: str
    wait_until: WaitUntil
    before: int = 0
    """Lines of its log before a test."""

    @property
    def port(self) -> int:
        (started,) = self.process.lines("gateway.started")
        return int(started["port"])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self, event: str | None = None) -> list[Line]:
        """Return the lines of a test, or those of one event."""
        return [
            each for each in self.process.lines()[self.before :] if event in (None, each["event"])
        ]

    def line(self, request_id: str) -> Line:
        """Return the one line of a request."""

        def found() -> list[Line]:
            answered = self.lines("request.answered")
            return [each for each in answered if each["request_id"] == request_id]

        self.wait_until(found)
        (line,) = found()
        return line

    def head(self, method: str, path: str, request_id: str, *more: str) -> bytes:
        """Return the head of a request, as a client that cuts its connection sends it."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {self.key}",
            f"X-Request-ID: {request_id}",
            *more,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@pytest.fixture(scope="module")
def standing(
    postgres_url: str,
    key_space_url: str,
    wait_until: WaitUntil,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    """Run a gateway for all tests of this module."""
    settings = Settings(
        configured_database_url=postgres_url,
        configured_redis_url=key_space_url,
        data_dir=tmp_path_factory.mktemp("gateway") / ".treadle",
    )
    with connect(settings.database_url, autocommit=True) as connection:
        made = keys.create(connection, "ada", tuple(Scope))
    with logged(settings, "gateway", "--port", "0") as process:
        wait_until(lambda: process.lines("gateway.started"), 30)
        yield Gateway(process, made.text, made.key.id, wait_until)


@pytest.fixture
def gateway(standing: Gateway) -> Gateway:
    """Return the gateway with the lines of this test alone."""
    return replace(standing, before=len(standing.process.lines()))


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    """Return a client with the gateway's key."""
    with closing(Client(gateway.url, gateway.key)) as made:
        yield made


def test_each_request_has_one_line(gateway: Gateway, client: Client) -> None:
    """With its id, key, route, method, status and time; health and metrics have none."""
    for path in ("/health", "/health/ready", "/metrics"):
        assert client.http.get(path).headers["X-Request-ID"]
    answer = client.http.get(
        f"/v1/executions/{new_id()}?output=full", headers={"X-Request-ID": "a.b-C_1"}
    )

    line = gateway.line("a.b-C_1")
    assert answer.headers["X-Request-ID"] == "a.b-C_1"
    assert answer.json()["error_details"]["request_id"] == "a.b-C_1"
    assert {name: line[name] for name in ("level", "method", "route", "status", "key_id")} == {
        "level": "warning",
        "method": "GET",
        "route": "/v1/executions/{execution_id}",
        "status": answer.status_code,
        "key_id": gateway.key_id,
    }
    assert line["milliseconds"] > 0
    assert len(gateway.lines("request.answered")) == 1


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "-a", "a/../b", "\x80"])
def test_an_id_that_is_none_is_replaced(gateway: Gateway, given: str) -> None:
    """What a stranger sends as an id cannot break a line, or fill the log."""
    answer = httpx.get(
        f"{gateway.url}/v1/workflows", headers={b"X-Request-ID": given.encode("latin-1")}
    )

    made = answer.headers["X-Request-ID"]
    line = gateway.line(made)
    assert made != given
    assert (line["level"], line["status"], line["reason"]) == ("warning", 401, "key_missing")


def test_refused_submissions_are_seen(gateway: Gateway, client: Client) -> None:
    """By their reason, and with a key that is known also by whose it was."""
    client.http.post("/v1/executions", json={"workflow_id": "none"}, headers={"X-Request-ID": "r1"})
    client.http.post(
        "/v1/executions",
        content=b"{",
        headers={"X-Request-ID": "r2", "Content-Type": "application/json"},
    )

    unknown, broken = gateway.line("r1"), gateway.line("r2")
    assert (unknown["status"], unknown["reason"]) == (404, "workflow_not_found")
    assert (broken["status"], broken["reason"]) == (400, "not_json")
    assert unknown["key_id"] == broken["key_id"] == gateway.key_id
    client.submit(chain(node("a")), **{"X-Request-ID": "r3"})
    assert (gateway.line("r3")["level"], gateway.line("r3")["status"]) == ("info", 202)


def test_nothing_that_was_sent_is_logged(gateway: Gateway, client: Client) -> None:
    """No key, path, query, header, token or body: a canary in each is in no line."""
    client.http.headers["Authorization"] = f"Bearer tk_{CANARY}"
    client.http.headers["X-Canary"] = CANARY
    client.http.get(f"/v1/{CANARY}")
    client.http.get(f"/{CANARY}/../v1/workflows?cursor={CANARY}")
    client.http.request(CANARY.upper(), "/v1/workflows")
    client.http.post("/v1/plans", json={"prompt": CANARY})
    link = f"/v1/interactions/{new_id()}/answer-by-link"
    client.http.post(link, json={"token": CANARY, "comment": CANARY})
    client.http.headers["Authorization"] = f"Bearer {gateway.key}"
    client.http.get(f"/v1/workflows/{CANARY}", params={"version": CANARY})
    client.http.post("/v1/plans", json={"prompt": CANARY})
    client.http.post("/v1/executions", json={CANARY: CANARY})
    client.http.get("/v1/workflows", headers={"X-Request-ID": "last"})

    gateway.line("last")
    assert len(gateway.lines("request.answered")) == 9
    assert CANARY not in gateway.process.text.lower()
    assert gateway.key not in gateway.process.text


def test_a_body_that_its_client_cuts_is_one_line(gateway: Gateway) -> None:
    """With the status that proxies have for it, and no traceback."""
    with gateway.connection() as line:
        head = gateway.head(
            "POST", "/v1/executions", "cut", "Content-Type: application/json", "Content-Length: 99"
        )
        line.sendall(head + b'{"work')

    logged_line = gateway.line("cut")
    assert (logged_line["status"], logged_line["level"]) == (499, "info")
    assert not [each for each in gateway.lines() if "exception" in each]


def test_a_client_that_leaves_during_its_submission_is_one_line(
    gateway: Gateway, postgres_url: str
) -> None:
    """What it asked for was done; nobody received the answer."""
    body = b'{"workflow_id": "none"}'
    with connect(postgres_url) as blocking:
        blocking.execute("lock table workflow_versions")  # until the transaction ends
        with gateway.connection() as line:
            size = f"Content-Length: {len(body)}"
            line.sendall(
                gateway.head(
                    "POST", "/v1/executions", "left", "Content-Type: application/json", size
                )
                + body
            )
        blocking.rollback()

    logged_line = gateway.line("left")
    assert (logged_line["status"], logged_line["level"]) == (499, "info")
    assert not [each for each in gateway.lines() if "exception" in each]


def test_a_stream_that_its_reader_leaves_is_one_line(gateway: Gateway, client: Client) -> None:
    """It was answered with 200; that its reader left is how most streams end."""
    execution = client.submit(chain(node("a")))
    with gateway.connection() as line:
        path = f"/v1/executions/{execution}/events"
        line.sendall(gateway.head("GET", path, "stream", "Accept: text/event-stream"))
        assert line.recv(4096).startswith(b"HTTP/1.1 200 ")

    logged_line = gateway.line("stream")
    assert (logged_line["status"], logged_line["level"]) == (200, "info")
    assert logged_line["client_left"] is True
    assert logged_line["route"] == "/v1/executions/{execution_id}/events"
    assert not [each for each in gateway.lines() if "exception" in each]
