"""The dialer against real sockets: what it connects to, and what stops it."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from tests.support.loopback_server import CERTIFICATE, Answer, Loopback, serving
from treadle.core.dialer import (
    AddressPolicy,
    Dialer,
    DialerError,
    OutgoingRequest,
    OutgoingResponse,
)
from treadle.core.dialer.addresses import Address
from treadle.core.dialer.network import Resolver, system_resolver

OPEN = AddressPolicy((ip_network("127.0.0.0/8"), ip_network("::1/128")))
"""The operator has listed loopback, so that these tests can call it."""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def send(
    request: OutgoingRequest,
    policy: AddressPolicy = OPEN,
    resolver: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> OutgoingResponse:
    async def once() -> OutgoingResponse:
        dialer = Dialer(policy, resolver=resolver, tls=tls)
        try:
            return await dialer.send(request)
        finally:
            await dialer.aclose()

    return asyncio.run(once())


def get(url: str) -> OutgoingRequest:
    return OutgoingRequest("GET", url, timeout=timedelta(seconds=10))


def reason_of(request: OutgoingRequest, **how: object) -> str:
    with pytest.raises(DialerError) as caught:
        send(request, **how)  # type: ignore[arg-type]
    return caught.value.reason


def always(*addresses: str) -> Resolver:
    async def resolve(host: str, port: int) -> list[Address]:
        return [ip_address(address) for address in addresses]

    return resolve


def test_an_answer_comes_back_whole(server: Loopback) -> None:
    """Status, headers and body are what the server sent, and the server saw what was asked."""
    url = server.on("/thing", Answer(201, {"X-One": "1"}, b"hello"))
    sent = replace(get(url), method="PUT", headers=(("X-Two", "2"),), body=b"data")
    response = send(sent)
    assert (response.status_code, response.body, response.url) == (201, b"hello", url)
    assert ("x-one", "1") in response.headers
    (seen,) = server.seen
    assert (seen.method, seen.body, seen.headers["x-two"]) == ("PUT", b"data", "2")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "0x7f000001", "127.1", "[::1]",
             "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_loopback_is_refused_however_it_is_spelled(server: Loopback, host: str) -> None:
    """By default nothing on this machine is reached, and no connection is even opened."""
    url = server.url(host=host)
    assert reason_of(get(url), policy=AddressPolicy()) == "address_not_allowed"
    assert server.seen == []


def test_a_name_that_resolves_to_a_private_address_is_refused(server: Loopback) -> None:
    """A public name is no pass to a private address."""
    url = server.url(host="intranet.example.com")
    how = {"policy": AddressPolicy(), "resolver": always("127.0.0.1")}
    assert reason_of(get(url), **how) == "address_not_allowed"
    assert server.seen == []


def test_what_is_connected_to_is_the_address_that_was_checked(server: Loopback) -> None:
    """A name that changes its address after the check gains nothing: it is resolved once."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "127.66.66.66")]

    url = server.on("/", Answer(body=b"right")).replace("127.0.0.1", "rebind.example.com")
    only = AddressPolicy((ip_network("127.0.0.1/32"),))
    assert send(get(url), policy=only, resolver=rebinding).body == b"right"
    assert asked == ["rebind.example.com"]
    assert server.seen[0].headers["host"] == f"rebind.example.com:{server.port}"


def test_only_the_permitted_addresses_of_a_name_are_tried(server: Loopback) -> None:
    """One private address among several is passed over."""
    url = server.on("/", Answer(body=b"right")).replace("127.0.0.1", "both.example.com")
    only = AddressPolicy((ip_network("127.0.0.1/32"),))
    assert send(get(url), policy=only, resolver=always("10.0.0.1", "127.0.0.1")).body == b"right"


def test_the_next_address_is_tried_when_the_first_does_not_answer(server: Loopback) -> None:
    """A name with a dead address still works."""
    url = server.on("/", Answer(body=b"second")).replace("127.0.0.1", "two.example.com")
    assert send(get(url), resolver=always("127.66.66.66", "127.0.0.1")).body == b"second"


def test_a_redirect_is_checked_as_the_first_address_was(server: Loopback) -> None:
    """A permitted server cannot send the request on to a private address."""
    target = server.on("/private", Answer(body=b"metadata"))
    inside = target.replace("127.0.0.1", "127.9.9.9")
    url = server.on("/", Answer(302, {"Location": inside}))
    only = AddressPolicy((ip_network("127.0.0.1/32"),))
    assert reason_of(get(url), policy=only) == "address_not_allowed"
    assert [seen.path for seen in server.seen] == ["/"]


def test_a_redirect_to_another_scheme_is_refused(server: Loopback) -> None:
    """Only http and https are spoken."""
    url = server.on("/", Answer(302, {"Location": "file:///etc/passwd"}))
    assert reason_of(get(url)) == "request_not_valid"


def test_redirects_are_followed_and_told(server: Loopback) -> None:
    """The answer says where it came from and which URLs led there."""
    server.on("/b", Answer(302, {"Location": "/c?x=1"}))
    end = server.on("/c", Answer(body=b"end"))
    start = server.on("/a", Answer(301, {"Location": "b"}))
    response = send(get(start))
    assert (response.body, response.url) == (b"end", f"{end}?x=1")
    assert response.redirects == (start, server.url("/b"))


def test_too_many_redirects_are_an_error(server: Loopback) -> None:
    """A loop of redirects ends at the limit, not before it."""
    url = server.on("/", Answer(302, {"Location": "/"}))
    assert reason_of(replace(get(url), max_redirects=3)) == "too_many_redirects"
    assert len(server.seen) == 4


def test_a_limit_of_no_redirects_hands_the_redirect_back(server: Loopback) -> None:
    """Whoever does not want to follow sees where it leads."""
    url = server.on("/", Answer(302, {"Location": "/next"}, b"moved"))
    response = send(replace(get(url), max_redirects=0))
    assert (response.status_code, response.body) == (302, b"moved")


def test_a_redirect_status_without_a_location_is_an_answer(server: Loopback) -> None:
    """There is nowhere to go."""
    response = send(get(server.on("/", Answer(300 + 4, {}, b""))))
    assert response.status_code == 304
    assert send(get(server.on("/x", Answer(302, {}, b"odd")))).body == b"odd"


def test_secrets_stay_behind_when_a_redirect_changes_the_host(server: Loopback) -> None:
    """The other host gets the request without them; the same host gets all."""
    server.on("/end", Answer())
    secret = (("Authorization", "Bearer s"), ("Cookie", "c=1"), ("X-Key", "k"), ("X-Open", "o"))
    start = server.on("/", Answer(307, {"Location": server.url("/end", host="localhost")}))
    sent = replace(get(start), headers=secret, secret_headers=frozenset({"x-key"}))
    send(sent)
    first, second = server.seen
    assert first.headers["authorization"] == "Bearer s"
    assert second.headers["x-open"] == "o"
    assert not {"authorization", "cookie", "x-key"} & set(second.headers)
    assert second.headers["host"] == f"localhost:{server.port}"


def test_cookies_of_an_answer_are_not_sent_again(server: Loopback) -> None:
    """One request is never seen by the next."""
    url = server.on("/", Answer(headers={"Set-Cookie": "session=1"}))

    async def twice() -> None:
        dialer = Dialer(OPEN)
        await dialer.send(get(url))
        await dialer.send(get(url))
        await dialer.aclose()

    asyncio.run(twice())
    assert all("cookie" not in seen.headers for seen in server.seen)


def test_an_answer_beyond_the_limit_is_cut_off_while_it_arrives(server: Loopback) -> None:
    """The server still hangs when the error is raised: nothing waited for the end."""
    url = server.on("/", Answer(body=b"x" * 5000, complete=False))
    assert reason_of(replace(get(url), max_response_bytes=4999)) == "response_too_large"


def test_a_compressed_answer_is_measured_by_what_it_becomes(server: Loopback) -> None:
    """A small body that stands for a large one is refused; within the limit it is read."""
    packed = Answer(headers={"Content-Encoding": "gzip"}, body=gzip.compress(bytes(100_000)))
    url = server.on("/", packed)
    assert reason_of(replace(get(url), max_response_bytes=99_999)) == "response_too_large"
    assert send(replace(get(url), max_response_bytes=100_000)).body == bytes(100_000)


def test_a_slow_server_ends_at_the_time_limit(server: Loopback) -> None:
    """The limit is for the whole exchange: headers that came in time do not extend it."""
    url = server.on("/", Answer(body=b"half", complete=False))
    request = replace(get(url), timeout=timedelta(milliseconds=300))
    with pytest.raises(DialerError) as caught:
        send(request)
    assert (caught.value.reason, caught.value.retryable) == ("request_timed_out", True)


def test_a_closed_port_is_a_connection_that_failed() -> None:
    """And worth another try."""
    with serving() as gone:
        url = gone.url()
    with pytest.raises(DialerError) as caught:
        send(get(url))
    assert (caught.value.reason, caught.value.retryable) == ("connection_failed", True)


def test_an_answer_that_ends_early_is_a_connection_that_failed(server: Loopback) -> None:
    """Half an answer is none."""
    url = server.on("/", Answer(body=b"half", complete=False))
    server.released.set()
    assert reason_of(get(url)) == "connection_failed"


def test_an_unknown_name_is_told() -> None:
    """The reserved top-level name `invalid` never resolves."""
    assert reason_of(get("http://nowhere.invalid/")) == "name_not_resolved"


@pytest.mark.parametrize(
    "header", [("X-A", "a\r\nX-B: b"), ("Transfer-Encoding", "chunked"), ("Content-Length", "3")]
)
def test_a_header_cannot_break_out_of_the_request(
    server: Loopback, header: tuple[str, str]
) -> None:
    """Line breaks and framing are refused before anything is sent."""
    assert reason_of(replace(get(server.url()), headers=(header,))) == "request_not_valid"
    assert server.seen == []


def test_tls_is_verified_against_the_name_that_was_asked_for() -> None:
    """The address is pinned, the certificate is for the name: only the name is trusted."""
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    with serving(tls=True) as server:
        server.on("/", Answer(body=b"secure"))
        assert send(get(server.url(host="localhost")), tls=trusting).body == b"secure"
        assert reason_of(get(server.url()), tls=trusting) == "certificate_not_trusted"
        assert reason_of(get(server.url(host="localhost"))) == "certificate_not_trusted"
