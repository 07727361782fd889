"""HTTP_REQUEST against a real server: REFERENCE 9.5, a failed call is a failure."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

import pytest

from tests.support.attempts import attempt_of
from tests.support.loopback_server import Answer, Loopback, Seen, serving
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.field_docs import field_lines
from treadle.core.retry_after import retry_after
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs.http import HttpRequest
from treadle.dag.values import Value
from treadle.workers.nodes.http.request import http_request
from treadle.workers.nodes.implementation import Services

OPEN = AddressPolicy((ip_network("127.0.0.0/8"), ip_network("::1/128")))
#: Statuses after which another try may help.
RETRIED = {408, 425, 429, 500, 502, 503, 504}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def call(
    url: str, came: Value = None, policy: AddressPolicy = OPEN, **config: Any
) -> Completed | Failed:
    extra = {name: config.pop(name) for name in ("secrets", "seconds") if name in config}
    attempt = attempt_of("ACTION.HTTP_REQUEST", {"url": url, **config}, came, **extra)

    async def once() -> Completed | Failed:
        dialer = Dialer(policy)
        try:
            return await http_request(Services(dialer, Settings()))(attempt)
        finally:
            await dialer.aclose()

    return asyncio.run(once())


def failure(outcome: Completed | Failed) -> tuple[str, bool]:
    assert isinstance(outcome, Failed)
    return outcome.error["error_code"], outcome.error["is_retryable"]


def test_an_answer_becomes_the_output(server: Loopback) -> None:
    """Status, headers, final URL, text and value; the call's facts stand in the details."""
    answer = Answer(201, {"Content-Type": "application/json", "X-Many": "1"}, b'{"id": 7}')
    url = server.on("/things", answer)
    outcome = call(url, method="POST", body={"name": "x"})
    assert isinstance(outcome, Completed)
    assert outcome.output_key == "result"
    headers = outcome.output.pop("headers")
    assert (headers["content-type"], headers["x-many"]) == ("application/json", "1")
    assert outcome.output == {
        "status_code": 201,
        "url": url,
        "body": '{"id": 7}',
        "json": {"id": 7},
    }
    assert outcome.details == {"endpoint": url, "method": "POST", "status": 201}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_every_method_is_sent_as_it_is(server: Loopback, method: str) -> None:
    """And all but the safe ones carry a key by which a repetition is known."""
    outcome = call(server.on("/", Answer()), method=method)
    assert isinstance(outcome, Completed)
    (seen,) = server.seen
    assert seen.method == method
    assert ("idempotency-key" in seen.headers) == (method not in ("GET", "HEAD", "OPTIONS"))


def test_another_attempt_repeats_the_idempotency_key(server: Loopback) -> None:
    """So the receiver does once what an automatic retry asks for twice."""
    url = server.on("/", Answer(503))
    call(url, method="POST")
    call(url, method="POST")
    first, second = (seen.headers["idempotency-key"] for seen in server.seen)
    assert first == second


def test_the_author_may_choose_the_idempotency_key(server: Loopback) -> None:
    """One header of that name is sent: theirs."""
    url = server.on("/", Answer())
    call(url, {"id": "k1"}, method="POST", headers={"idempotency-key": "{{ input.id }}"})
    assert server.seen[0].headers["idempotency-key"] == "k1"


@pytest.mark.parametrize(
    ("config", "content", "content_type"),
    [
        ({"body": {"a": 1}}, b'{"a":1}', "application/json"),
        ({"body": "{{ input }}"}, b'{"x":[1]}', "application/json"),
        (
            {"body": {"a": "b c"}, "body_type": "form"},
            b"a=b+c",
            "application/x-www-form-urlencoded",
        ),
        (
            {"body": "<x/>", "body_type": "raw", "headers": {"Content-Type": "text/xml"}},
            b"<x/>",
            "text/xml",
        ),
    ],
)
def test_every_body_type_is_sent(
    server: Loopback, config: dict[str, Any], content: bytes, content_type: str
) -> None:
    """With its content type, unless the author names another."""
    call(server.on("/", Answer()), {"x": [1]}, method="POST", **config)
    (seen,) = server.seen
    assert (seen.body, seen.headers["content-type"]) == (content, content_type)


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"type": "basic", "username": "u", "password": "p:ü"}, "authorization",
         "Basic " + base64.b64encode("u:p:ü".encode()).decode()),
        ({"type": "bearer", "token": "{{ secrets.shop }}"}, "authorization", "Bearer s3cret"),
        ({"type": "api_key", "key": "X-Api", "value": "v"}, "x-api", "v"),
    ],
)  # fmt: skip
def test_every_way_to_authenticate_by_header(
    server: Loopback, auth: dict[str, str], header: str, value: str
) -> None:
    """Secrets reach the request, by reference."""
    call(server.on("/", Answer()), auth=auth, secrets={"shop": "s3cret"})
    assert server.seen[0].headers[header] == value


def test_parameters_join_those_of_the_url(server: Loopback) -> None:
    """An API key among them; lists repeat, null is left out, nothing breaks out."""
    url = server.on("/q", Answer()) + "?a=1"
    fields = {"b": [2, "x&y"], "c": None, "d": "{{ input.d }}"}
    auth = {"type": "api_key", "key": "key", "value": "v", "place": "query"}
    call(url, {"d": True}, query_params=fields, auth=auth)
    assert server.seen[0].path == "/q?a=1&b=2&b=x%26y&d=true&key=v"


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        (status, status in RETRIED)
        for status in sorted(RETRIED | {400, 401, 404, 409, 422, 501, 505})
    ],
)
def test_a_status_from_400_on_is_a_failure(server: Loopback, status: int, retryable: bool) -> None:
    """REFERENCE 9.5: the node fails; only what may pass is worth another try."""
    outcome = call(server.on("/", Answer(status, {}, b"why it failed")))
    assert failure(outcome) == ("http_status_not_accepted", retryable)
    assert isinstance(outcome, Failed)
    assert outcome.details["status"] == status
    assert outcome.error["error_details"]["body"] == "why it failed"


def test_the_documentation_names_the_statuses_that_are_retried() -> None:
    """Those that the test above holds the node to, and no others."""
    told = field_lines(HttpRequest)["accept_status"].partition("Of the others, ")[2]

    assert {int(status) for status in re.findall(r"\d+", told)} == RETRIED


def test_a_listed_status_is_no_failure(server: Loopback) -> None:
    """Some answers of that kind are what was asked for."""
    outcome = call(server.on("/", Answer(404)), accept_status=[404])
    assert isinstance(outcome, Completed)
    assert outcome.output["status_code"] == 404


@pytest.mark.parametrize("status", [429, 503, 403])
def test_retry_after_in_seconds_is_handed_on(server: Loopback, status: int) -> None:
    """Whoever says when to come back says that coming back helps, whatever the status."""
    outcome = call(server.on("/", Answer(status, {"Retry-After": "7"})))
    assert failure(outcome) == ("http_status_not_accepted", True)
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("Fri, 02 Jan 2026 03:05:05 -0000", 60),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("99999999999999999999", 86_400),
        ("soon", None),
        ("-1", 0),
        ("-5", 0),
        ("NaN", 0),
        ("inf", 86_400),
        ("1.5", 1.5),
        ("1e9", 86_400),
        ("Fri, 02 Jan 2099 03:05:05 GMT", 86_400),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """A date in the past is now, a far one is a day, and what is neither says nothing."""
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(header, NOW) == expected


def test_a_refused_connection_is_a_failure_worth_another_try() -> None:
    """REFERENCE 9.5: nothing downstream runs on an answer that never came."""
    with serving() as gone:
        url = gone.url()
    assert failure(call(url)) == ("connection_failed", True)


def test_a_private_address_is_refused_by_default(server: Loopback) -> None:
    """No setting, no way in; and trying again does not help."""
    url = server.on("/", Answer())
    assert failure(call(url, policy=AddressPolicy())) == ("address_not_allowed", False)
    assert server.seen == []


def test_an_address_that_came_with_the_data_is_checked_the_same(server: Loopback) -> None:
    """A stranger's URL is where this matters most."""
    url = server.url()
    outcome = call("{{ input.url }}", {"url": url}, policy=AddressPolicy())
    assert failure(outcome) == ("address_not_allowed", False)


def test_an_answer_beyond_its_limit_is_a_failure(server: Loopback) -> None:
    """The limit is the author's, up to what a payload may hold."""
    url = server.on("/", Answer(body=b"x" * 101))
    assert failure(call(url, max_response_bytes=100)) == ("response_too_large", False)
    assert isinstance(call(url, max_response_bytes=101), Completed)


def test_a_slow_server_ends_with_the_attempt(server: Loopback) -> None:
    """What is left of the attempt's time is all the call gets."""
    url = server.on("/", Answer(body=b"half", complete=False))
    assert failure(call(url, seconds=0.3)) == ("request_timed_out", True)


def test_redirects_are_followed_unless_the_author_says_no(server: Loopback) -> None:
    """The output's URL is the one that answered."""
    end = server.on("/end", Answer(body=b"end"))
    start = server.on("/", Answer(302, {"Location": "/end"}))
    post_commit, kept = call(start), call(start, follow_redirects=False)
    assert isinstance(post_commit, Completed)
    assert isinstance(kept, Completed)
    assert (post_commit.output["url"], post_commit.output["body"]) == (end, "end")
    assert (kept.output["status_code"], kept.output["headers"]["location"]) == (302, "/end")


def test_a_redirect_to_another_host_drops_the_secrets_of_the_attempt(server: Loopback) -> None:
    """Any header that holds one, whatever it is called; what is not secret goes along."""
    server.on("/end", Answer())
    start = server.on("/", Answer(302, {"Location": server.url("/end", host="localhost")}))
    headers = {"X-Mine": "key {{ secrets.shop }}", "X-Open": "open"}
    auth = {"type": "api_key", "key": "X-Api", "value": "literal"}
    call(start, headers=headers, auth=auth, secrets={"shop": "s3cret"})
    first, second = server.seen
    assert (first.headers["x-mine"], first.headers["x-api"]) == ("key s3cret", "literal")
    assert second.headers["x-open"] == "open"
    assert not {"x-mine", "x-api"} & set(second.headers)


def test_a_body_with_a_secret_is_not_repeated_to_another_host(server: Loopback) -> None:
    """The redirect is an error instead."""
    start = server.on("/", Answer(307, {"Location": server.url("/end", host="localhost")}))
    body = {"deep": ["{{ secrets.shop }}"]}
    outcome = call(start, method="POST", body=body, secrets={"shop": "s3cret"})
    assert failure(outcome) == ("redirect_not_safe", False)
    assert len(server.seen) == 1


def test_what_a_server_says_is_never_a_template(server: Loopback) -> None:
    """An answer is data, braces and all."""

    def echo(seen: Seen) -> Answer:
        return Answer(200, {"Content-Type": "application/json"}, seen.body)

    sent = {"t": "{{ trigger.x }}"}
    outcome = call(server.on("/", echo), {"s": sent}, method="POST", body="{{ input.s }}")
    assert isinstance(outcome, Completed)
    assert outcome.output["json"] == sent
    assert json.loads(outcome.output["body"]) == sent


@pytest.mark.parametrize("value", ["tok\nabc-123", "tok\x00abc-123", "tok\rabc-123"])
@pytest.mark.parametrize(
    "config",
    [
        {"auth": {"type": "bearer", "token": "{{ secrets.trail }}"}},
        {"headers": {"Authorization": "{{ secrets.trail }}"}},
        {"auth": {"type": "api_key", "key": "Authorization", "value": "{{ secrets.trail }}"}},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_by_its_name(
    server: Loopback, config: dict[str, Any], value: str
) -> None:
    """Its value may be a secret, so that no error quotes it; nothing is sent."""
    outcome = call(server.on("/", Answer()), secrets={"trail": value}, **config)

    assert failure(outcome) == ("request_not_valid", False)
    assert isinstance(outcome, Failed)
    assert "Authorization" in outcome.error["error_message"]
    assert "abc-123" not in repr(outcome)
    assert not server.seen


def test_an_answer_is_masked_before_it_is_cut(server: Loopback) -> None:
    """A secret across the end of what an error quotes is not shown in part."""
    secret = "tok-0123456789-0123456789"
    url = server.on("/", Answer(400, {}, b"x" * 980 + secret.encode()))
    outcome = call(url, headers={"X-T": "{{ secrets.t }}"}, secrets={"t": secret})

    assert isinstance(outcome, Failed)
    assert outcome.error["error_details"]["body"] == "x" * 980 + "***"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_redirect_keeps_the_method_and_the_body(
    server: Loopback, method: str, status: int
) -> None:
    """Nothing becomes a GET that succeeds."""
    server.on("/end", lambda seen: Answer(200, {}, seen.method.encode() + seen.body))
    start = server.on("/", Answer(status, {"Location": "/end"}))
    outcome = call(start, method=method, body={"a": 1})
    assert isinstance(outcome, Completed)
    assert outcome.output["body"] == method + '{"a":1}'


def test_what_a_template_makes_of_a_secret_stays_behind_too(server: Loopback) -> None:
    """A header derived from one is dropped at another origin, and a body is not repeated."""
    server.on("/end", Answer())
    moved = Answer(307, {"Location": server.url("/end", host="localhost")})
    start, derived = server.on("/", moved), "{{ ('u:' ~ secrets.shop) | base64_encode }}"
    secrets = {"shop": "s3cret"}
    call(start, headers={"X-Mine": derived, "X-Open": "open"}, secrets=secrets)
    assert "x-mine" in server.seen[0].headers
    assert "x-mine" not in server.seen[1].headers
    assert server.seen[1].headers["x-open"] == "open"

    outcome = call(start, method="POST", body={"a": derived}, secrets=secrets)
    assert failure(outcome) == ("redirect_not_safe", False)


def test_a_location_in_utf_8_is_followed_as_such(server: Loopback) -> None:
    """Servers write it without percent signs."""
    end = server.on("/end", Answer())
    location = "/end?q=käse".encode().decode("latin-1")  # as the server's library writes a header
    outcome = call(server.on("/", Answer(302, {"Location": location})))
    assert isinstance(outcome, Completed)
    assert outcome.output["url"] == f"{end}?q=k%C3%A4se"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/", "http://xn--/", "http://a..b/", "http://127.0.0.1:0/"]
)
def test_an_address_that_cannot_be_is_refused_once(url: str) -> None:
    """Another attempt would not change it."""
    assert failure(call(url)) == ("request_not_valid", False)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"Content-Type": "text/plain; charset=utf8mb4"}, b"x"),
        Answer(200, {"Content-Type": "text/plain; charset*=bogus'en'x"}, b"x"),
        Answer(200, {"Content-Type": ";;;=\xff; charset=\xff"}, b"x"),
        Answer(200, {"Content-Encoding": "gzip"}, b"no gzip"),
        Answer(200, {"Content-Encoding": "gzip"}, gzip.compress(b"cut")[:-4]),
        Answer(200, {"Content-Encoding": "br"}, b"\x00"),
        Answer(200, {"Content-Type": "application/json"}, b"[" * 9_000 + b"]" * 9_000),
        Answer(302, {"Location": "http://127.0.0.1:99999/"}),
    ],
)
def test_no_answer_makes_a_call_be_repeated(server: Loopback, answer: Answer) -> None:
    """It has had its effect, readable or not."""
    outcome = call(server.on("/", answer), method="POST")
    assert isinstance(outcome, Completed) or not outcome.error["is_retryable"]


def test_gzip_twice_and_padded_gzip_are_read(server: Loopback) -> None:
    """As the headers say, in one line or two."""
    twice = gzip.compress(gzip.compress(b"text"))
    for encoding, body in (
        ("gzip, x-gzip", twice),
        ("identity, gzip", gzip.compress(b"text") + b"\0"),
    ):
        outcome = call(server.on("/", Answer(200, {"Content-Encoding": encoding}, body)))
        assert isinstance(outcome, Completed)
        assert outcome.output["body"] == "text"
