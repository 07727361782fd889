"""What travels along with a redirect."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from treadle.core.dialer import OutgoingRequest
from treadle.core.dialer.errors import RedirectNotSafe, UrlNotValid
from treadle.core.dialer.redirects import parsed_url, redirected

SOURCE = httpx.URL("https://api.example.com/a")
REQUEST = OutgoingRequest(
    "POST",
    str(SOURCE),
    headers=(
        ("Authorization", "Bearer x"),
        ("Cookie", "c=1"),
        ("X-Key", "secret"),
        ("X-Plain", "plain"),
        ("Content-Type", "application/json"),
    ),
    body=b"{}",
    secret_headers=frozenset({"x-key"}),
)


def names(request: OutgoingRequest) -> set[str]:
    return {name for name, _ in request.headers}


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.org/",
        "https://api.example.com:8443/",
        "http://api.example.com/",
        "https://api.example.com.evil.org/",
    ],
)
def test_secrets_do_not_travel_to_another_origin(target: str) -> None:
    """Another host, another port and a step down from TLS all lose what is secret."""
    sent = redirected(REQUEST, 307, SOURCE, httpx.URL(target))
    assert names(sent) == {"X-Plain", "Content-Type"}


def test_everything_travels_within_one_origin() -> None:
    """The same server may see what it was sent."""
    sent = redirected(REQUEST, 308, SOURCE, httpx.URL("https://api.example.com/b"))
    assert sent.headers == REQUEST.headers
    assert (sent.method, sent.body, sent.url) == ("POST", b"{}", "https://api.example.com/b")


def test_a_step_up_to_tls_on_one_host_keeps_the_secrets() -> None:
    """From http to https of the same name nobody new learns anything."""
    source = httpx.URL("http://api.example.com/a")
    sent = redirected(REQUEST, 307, source, httpx.URL("https://api.example.com/a"))
    assert sent.headers == REQUEST.headers


@pytest.mark.parametrize("status", [301, 302, 303])
def test_the_older_redirects_turn_a_post_into_a_get_without_a_body(status: int) -> None:
    """As browsers do, and the body's own headers go with it."""
    sent = redirected(REQUEST, status, SOURCE, httpx.URL("https://api.example.com/b"))
    assert (sent.method, sent.body) == ("GET", b"")
    assert "Content-Type" not in names(sent)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_no_other_method_becomes_a_get(status: int, method: str) -> None:
    """RFC 9110, 15.4: a DELETE that became a GET would succeed and delete nothing."""
    request = replace(REQUEST, method=method)
    sent = redirected(request, status, SOURCE, httpx.URL("https://api.example.com/b"))
    assert (sent.method, sent.body, sent.headers) == (method, b"{}", REQUEST.headers)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_see_other_asks_for_a_get(method: str) -> None:
    """That is what 303 says, whatever the method was."""
    request = replace(REQUEST, method=method)
    sent = redirected(request, 303, SOURCE, httpx.URL("https://api.example.com/b"))
    assert (sent.method, sent.body) == ("GET", b"")


def test_a_body_that_holds_a_secret_is_not_repeated_to_another_origin() -> None:
    """It cannot be dropped and still be the request, so the redirect is an error."""
    request = OutgoingRequest("POST", str(SOURCE), body=b"secret", secret_body=True)
    with pytest.raises(RedirectNotSafe):
        redirected(request, 307, SOURCE, httpx.URL("https://evil.example.org/"))
    assert redirected(request, 303, SOURCE, httpx.URL("https://evil.example.org/")).body == b""


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "/relative",
        "https://",
        "https://u:p@h/",
        "http://[::1",
        "",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:65536/",
        "http://[::1]:99999/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:-1/",
        "http://xn--/",
        "http://xn--a-ecp.ru/",
        "http://a..b/",
        "http://.../",
        "http://ex ample.org/",
        "http://127.0.0.1%2fa/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 130}example/",
        "http://\u2603.example/",
    ],
)
def test_only_an_absolute_http_url_of_a_host_without_credentials_is_called(url: str) -> None:
    """Anything else is refused before a name is resolved."""
    with pytest.raises(UrlNotValid):
        parsed_url(url)


@pytest.mark.parametrize(
    "url",
    ["http://example.org.:65535/", "http://[::1]:1/", "http://a_b.example/", "http://ü.example"],
)
def test_odd_but_valid_addresses_are_called(url: str) -> None:
    """A last dot, an underscore, any port, and letters of all languages."""
    assert parsed_url(url).host
