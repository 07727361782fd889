"""Bodies over HTTP: understood as written and within limits, or refused with what is wrong."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.support.gateway_server import Client, Served
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.gateway import request_body
from treadle.gateway.request_body import BODY_LIMIT_BYTES, DEPTH_LIMIT


@pytest.fixture
def served(standing_gateway: Served) -> Served:
    """Share one gateway: what is asked of it here is refused."""
    return standing_gateway


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"workflow": None},
        {"workflow_id": "a", "plan_id": str(new_id())},
        {"workflow": {}, "version": 1},
        {"workflow_id": "a", "priority": 10},
        {"workflow_id": "a", "deadline_seconds": 0},
        {"workflow_id": "a", "inptu": {}},
        {"workflow_id": 7},
        [],
    ],
)
def test_a_body_that_is_not_understood_is_refused(ada: Client, body: Any) -> None:
    """It says what is wrong and where, and nothing runs."""
    answer = ada.http.post("/v1/executions", json=body)

    assert answer.status_code == 422
    details = answer.json()["error_details"]
    assert details["reason"] == "request_invalid"
    assert all(each["solution"] for each in details["problems"])
    assert ada.get("/v1/executions")["executions"] == []


def test_a_name_that_is_nearly_right_is_offered(ada: Client) -> None:
    """As validation does for workflows."""
    answer = ada.http.post("/v1/executions", json={"workflow_id": "a", "inptu": {}})

    (problem,) = answer.json()["error_details"]["problems"]
    assert (problem["path"], problem["reason"]) == ("inptu", "unknown_field")
    assert problem["solution"] == 'Did you mean "input"?'


@pytest.mark.parametrize(
    ("query", "reason", "solution"),
    [
        ("status=SUCESS", "invalid_choice", 'Did you mean "SUCCESS"?'),
        ("state=SUCCESS", "unknown_field", 'Did you mean "status"?'),
        ("limit=0", "out_of_range", "Use at least 1."),
        (
            "cursor=none",
            "invalid_cursor",
            "Begin without one, and pass on `next_cursor` unchanged.",
        ),
    ],
)
def test_a_query_that_is_not_understood_is_refused(
    ada: Client, query: str, reason: str, solution: str
) -> None:
    """A filter that was mistyped would else list everything."""
    answer = ada.http.get(f"/v1/executions?{query}")

    assert answer.status_code == 422
    (problem,) = answer.json()["error_details"]["problems"]
    assert problem["path"] == f"query.{query.partition('=')[0]}"
    assert (problem["reason"], problem["solution"]) == (reason, solution)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(ada: Client) -> None:
    """By what it says of its length, and by what it turns out to be."""
    body = b'{"workflow_id": "a", "input": "' + b"x" * BODY_LIMIT_BYTES + b'"}'
    kind = {"Content-Type": "application/json"}

    said = ada.refusal("POST", "/v1/executions", content=body, headers=kind)
    counted = ada.refusal(
        "POST", "/v1/executions", content=iter([body[:100], body[100:]]), headers=kind
    )

    assert said == counted == (413, "request_too_large")


@pytest.mark.slow
def test_a_body_that_does_not_come_is_waited_for_no_longer_than_its_time(
    ada: Client, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends half of it holds nothing for long."""
    monkeypatch.setattr(request_body, "BODY_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=10) as line:
        key = ada.http.headers["authorization"]
        line.sendall(
            f"POST /v1/executions HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n"
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"workflow_id"'.encode()
        )
        answer = b""
        while piece := line.recv(65_536):  # it closes the line, on which the rest would come
            answer += piece

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"reason":"request_too_slow"' in answer


def test_an_input_that_is_too_large_is_refused(ada: Client) -> None:
    """A payload has its own limit, which the body leaves room for."""
    value = "x" * (10 * 2**20)

    told = ada.refusal(
        "POST", "/v1/executions", json={"workflow": chain(node("n")), "input": value}
    )

    assert told == (422, "output_not_storable")


def test_a_body_that_is_too_deep_is_refused(ada: Client) -> None:
    """Whoever reads JSON by recursion is safe from it."""
    for depth in (DEPTH_LIMIT + 1, 100_000):
        body = '{"workflow_id": "a", "input": ' + "[" * depth + "]" * depth + "}"
        answer = ada.http.post(
            "/v1/executions", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)
        assert "deep" in answer.json()["error_message"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{", (400, "not_json")),
        ('{"a": 1} {"b": 2}', (400, "not_json")),
        ("\ufffe", (400, "not_json")),
        ('{"workflow_id": "a", "input": NaN}', (422, "request_invalid")),
        ('{"workflow_id": "a", "input": 9223372036854775808}', (422, "request_invalid")),
        ('{"workflow_id": "a", "input": 1e999}', (422, "request_invalid")),
        ('{"workflow_id": "a", "input": 1, "input": 2}', (422, "request_invalid")),
        ('{"workflow_id": "a", "input": "\\u0000"}', (422, "request_invalid")),
        ('{"workflow_id": "a", "input": "\\ud800"}', (422, "request_invalid")),
    ],
)
def test_a_body_that_would_be_kept_otherwise_than_written_is_refused(
    ada: Client, body: str, told: tuple[int, str]
) -> None:
    """No number is rounded, no text mended, no key chosen."""
    kind = {"Content-Type": "application/json"}

    assert ada.refusal("POST", "/v1/executions", content=body, headers=kind) == told


def test_a_body_that_is_not_said_to_be_json_is_refused(ada: Client) -> None:
    """As `curl -d` sends it when nobody says otherwise."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    told = ada.refusal("POST", "/v1/executions", content=b'{"workflow_id": "a"}', headers=kind)

    assert told == (415, "not_json_content")


def test_a_body_that_the_client_cuts_is_no_defect(
    ada: Client, served: Served, capfd: pytest.CaptureFixture[str], wait_until: WaitUntil
) -> None:
    """It is told in one line, without a traceback."""
    key = ada.http.headers["authorization"]
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=10) as line:
        line.sendall(
            f"POST /v1/executions HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n"
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"work'.encode()
        )
    told: list[str] = []

    def is_told() -> bool:
        told.append(capfd.readouterr().out)
        return "request.answered" in told[-1] or "request.crashed" in told[-1]

    wait_until(is_told)

    assert "status=499" in re.sub("\x1b\\[[0-9;]*m", "", told[-1])
    assert "Traceback" not in "".join(told)
