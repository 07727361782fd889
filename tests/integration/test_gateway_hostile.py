"""Requests that no client of ours sends: refused as theirs, and in few words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from tests.integration.test_gateway_gate import PLAIN, each_request, path_of
from tests.support.gateway_server import Client, Served
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.gateway.ownership import OWNED

#: Bytes of any refusal of a request that names something; a page of problems has its own bound.
SHORT = 8 * 1024


@pytest.fixture
def served(standing_gateway: Served) -> Served:
    """Share one gateway: what is asked of it here is refused."""
    return standing_gateway


def each_place(value: str) -> Iterator[tuple[str, str]]:
    """Return every route with a value in each parameter of its path and of its query."""
    for method, route in each_request():
        fitting = {**dict.fromkeys(OWNED, str(new_id())), **PLAIN}
        for name in route.param_convertors:
            yield method, path_of(route, **{**fitting, name: value})
        for field in route.dependant.query_params:
            yield method, f"{path_of(route, **fitting)}?{field.alias}={value}"


@pytest.mark.parametrize(
    "value",
    [
        "%00",
        "a%00b",
        "9223372036854775808",
        "-9223372036854775809",
        "1" * 5_000,
        "%FF",
        "x" * 40_000,
    ],
    ids=["nul", "inside", "above", "below", "digits", "bytes", "long"],
)
def test_no_parameter_makes_the_gateway_fail(ada: Client, value: str) -> None:
    """Whatever path or query holds, the answer is no 5xx, and does not repeat all of it."""
    for method, path in each_place(value):
        answer = ada.http.request(method, path)

        assert answer.status_code < 500 or answer.status_code == 501, (method, path[:200])
        assert len(answer.content) < SHORT, (method, path[:200])


@pytest.mark.parametrize(
    "position",
    [
        r'["\u0000"]',
        r'["\u0000", "\u0000"]',
        r'["a", "\u0000"]',
        "[1099511627776]",
        "[-1180591620717411303424]",
        "[1e300]",
        "[[]]",
        "[null]",
        "[true]",
        "{}",
        "1",
    ],
)
def test_no_cursor_makes_the_gateway_fail(ada: Client, position: str) -> None:
    """A cursor is text that anybody can make."""
    cursor = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")
    for method, route in each_request():
        if "cursor" in {field.alias for field in route.dependant.query_params}:
            path = path_of(route, **dict.fromkeys(OWNED, str(new_id())))
            answer = ada.http.request(method, path, params={"cursor": cursor})
            assert answer.status_code < 500, path


def test_names_that_are_long_come_back_short(ada: Client) -> None:
    """In path, query and body."""
    long = "k" * 1_900_000
    bodies = {"/v1/executions": {long: 1}, "/v1/plans": {long: 1}, "/v1/keys": {long: 1}}
    for path, body in bodies.items():
        answer = ada.http.post(path, json=body)
        assert answer.status_code == 422
        assert len(answer.content) < SHORT
    broken = chain(node("a"))
    broken["nodes"][1]["configurations"] = {long: {long: "{{ nothing }}"}}
    answer = ada.http.post("/v1/executions", json={"workflow": broken})
    assert answer.status_code == 422
    assert len(answer.content) < SHORT
    for path in ("/" + "x" * 40_000, "/v1/executions?" + "x" * 40_000 + "=1"):
        answer = ada.http.get(path)
        assert answer.status_code in (404, 422)
        assert len(answer.content) < SHORT


def test_many_problems_in_are_few_problems_out(ada: Client) -> None:
    """An answer is no larger than the request, whatever is wrong in it."""
    fields = {f"field_{number}": 0 for number in range(100_000)}
    wrong = {"selected": [0] * 100_000}
    deep: dict[str, Any] = {}
    for number in range(1_000):
        deep[f"key {number} " + "x" * 70] = {"a" * 79: {"b" * 79: {"c" * 79: "\0"}}}
    requests = [
        ("/v1/executions", fields),
        ("/v1/keys", {"scopes": [0] * 100_000}),
        (f"/v1/interactions/{new_id()}/answer-by-link", {**wrong, "token": "x"}),
        ("/v1/workflows/validate", {"metadata": fields, "nodes": [fields] * 2}),
        ("/v1/executions", {"workflow": {}, "input": deep}),
    ]
    for path, body in requests:
        sent = orjson.dumps(body)
        answer = ada.http.post(path, content=sent, headers={"Content-Type": "application/json"})
        assert answer.status_code in (200, 413, 422), path
        assert len(answer.content) < 1024 * 1024, path


def test_a_key_for_no_time_is_refused_and_one_for_a_moment_expires(ada: Client) -> None:
    """Neither is valid for ever, whoever makes it."""
    for seconds in (1e-9, 0, -1, 0.999):
        body = {"scopes": ["read"], "valid_seconds": seconds}
        assert ada.refusal("POST", "/v1/keys", json=body) == (422, "request_invalid")
    assert ada.post("/v1/keys", {"scopes": ["read"], "valid_seconds": 1}, 201)["expires_time"]


def test_an_execution_whose_time_is_nothing_has_a_deadline(ada: Client, postgres_url: str) -> None:
    """A deadline too short to be told from none is still one."""
    body = {"workflow": chain(node("a")), "deadline_seconds": 1e-9}
    made = ada.post("/v1/executions", body, 202)

    with connect(postgres_url, autocommit=True) as session:
        query = "select deadline_at from executions where id = %s"
        assert session.execute(query, (made["id"],)).fetchone() != (None,)


@pytest.mark.parametrize("name", ["a/b", "/", ".", ".."])
def test_an_id_that_no_address_reaches_is_refused(ada: Client, name: str) -> None:
    """It would be stored, and could not be read."""
    document = chain(node("a"))
    document["metadata"]["id"] = name

    for path, body in (("/v1/workflows", document), ("/v1/executions", {"workflow": document})):
        problems = ada.post(path, body, 422)["error_details"]["problems"]
        assert [each["reason"] for each in problems] == ["unaddressable_id"]


@pytest.mark.parametrize("name", ["a b", "a%2Fb", "é?#", "..."])
def test_an_id_that_is_stored_is_reached(ada: Client, name: str) -> None:
    """Whatever else it holds."""
    document = chain(node("a"))
    document["metadata"]["id"] = name
    ada.post("/v1/workflows", document, 201)

    assert ada.get(f"/v1/workflows/{quote(name, safe='')}")["workflow_id"] == name
