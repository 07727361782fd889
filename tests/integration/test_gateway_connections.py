"""Connections that send no request keep nobody else out."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest
from prometheus_client import REGISTRY

from tests.support.gateway_server import Client, Served
from treadle.gateway import connections

HALF = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "


def opened(served: Served) -> socket.socket:
    """Return a connection to a gateway."""
    return socket.create_connection(("127.0.0.1", served.server.port), timeout=20)


def received(line: socket.socket) -> bytes:
    """Return all that comes until the gateway closes a connection."""
    answer = b""
    while piece := line.recv(65_536):
        answer += piece
    return answer


def dropped(reason: str) -> float:
    """Return how many connections were counted as dropped."""
    name = "treadle_gateway_connections_dropped_total"
    return REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0


def test_a_head_that_does_not_end_is_waited_for_no_longer_than_its_time(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one that does not begin."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    before = dropped("too_late")
    for sent in (HALF, b""):
        with opened(served) as line:
            line.sendall(sent)
            assert received(line).startswith(b"HTTP/1.1 408 ")
    assert dropped("too_late") == before + 2


def test_a_second_head_has_a_time_too(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte on a kept connection does not end every limit."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with opened(served) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + HALF)
        answer = received(line)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b" 408 " not in answer


def test_of_too_many_that_send_nothing_the_oldest_is_closed(
    served: Served, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever sends a request is answered."""
    monkeypatch.setattr(connections, "WAITING", 10)
    before = dropped("too_many")
    with ExitStack() as lines:
        waiting = [lines.enter_context(opened(served)) for _ in range(30)]
        for line in waiting[:20]:
            assert received(line).startswith(b"HTTP/1.1 408 ")
        assert ada.get("/health") == {"status": "alive"}
    assert dropped("too_many") >= before + 20


def test_what_is_no_http_and_what_would_upgrade_writes_no_line(
    served: Served, ada: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    """A stranger cannot fill the log."""
    with opened(served) as line:
        line.sendall(b"\0\1\2\r\n\r\n")
        assert received(line).startswith(b"HTTP/1.1 400 ")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert ada.http.get("/health", headers=upgrade).status_code == 200

    told = capfd.readouterr()
    assert "library.logged" not in told.out + told.err
