"""The dialer's client: sends requests and reads responses."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass, replace

import httpcore
import httpx

from treadle.core.dialer.addresses import AddressPolicy
from treadle.core.dialer.bounded_body import (
    BodyNotReadable,
    BodyTooLarge,
    BoundedBody,
    gzip_layers,
)
from treadle.core.dialer.errors import (
    AnswerNotReadable,
    CertificateNotTrusted,
    ConnectionFailed,
    RequestTimedOut,
    ResponseTooLarge,
    TooManyRedirects,
    UrlNotValid,
)
from treadle.core.dialer.messages import OutgoingRequest, OutgoingResponse
from treadle.core.dialer.network import CheckedNetwork, Resolver, system_resolver
from treadle.core.dialer.redirects import check_bound, parsed_url, redirect_target, redirected

_CONNECT_SECONDS = 10.0
#: Time limit for connecting to one address, in seconds: long enough for a slow handshake across the
#: world, short enough to try a second address within usual time limits.

_KEPT_ALIVE = 64
#: Idle connections kept for the next request to the same origin.

_KEPT_ALIVE_SECONDS = 30.0
#: How long an idle connection is kept: below what servers and balancers usually allow (60 s).

_FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "upgrade"})
#: They belong to the connection; if authors could set them, two ends could disagree on where a
#: request ends.


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: Names of headers and methods, as RFC 9110 has them.

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
#: What a header's value cannot hold: control characters, and half of a pair of UTF-16.


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A response that is a redirect."""

    status_code: int
    location: str


class Dialer:
    """Sends requests under the rules of this package. `aclose` closes its idle connections."""

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        resolver: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=_KEPT_ALIVE,
            keepalive_expiry=_KEPT_ALIVE_SECONDS,
            network_backend=CheckedNetwork(policy, resolver),
        )

    async def send(self, request: OutgoingRequest) -> OutgoingResponse:
        """Carry out a request, redirects included.

        Raises:
            DialerError: a subclass of it, if no complete response arrived.
        """
        seconds = request.timeout.total_seconds()
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request)
        except TimeoutError as exc:
            raise RequestTimedOut(
                f"{request.method} {request.url} got no complete response in {seconds:g} s.",
                url=request.url,
                elapsed_seconds=round(time.monotonic() - started, 3),
            ) from exc

    async def open(self, request: OutgoingRequest) -> httpcore.Response:
        """Send a request; return its response before its body, which the caller reads and closes.

        Redirects are not followed, and the caller applies the limits of time and size.

        Raises:
            DialerError: a subclass of it, if no response arrived.
        """
        with as_dialer_errors(request):
            return await self._begin(request, parsed_url(request.url))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def _follow(self, request: OutgoingRequest) -> OutgoingResponse:
        passed: tuple[str, ...] = ()
        while True:
            url = parsed_url(request.url)
            with as_dialer_errors(request):
                answer = await self._exchange(request, url)
            if isinstance(answer, OutgoingResponse):
                return replace(answer, redirects=passed)
            if len(passed) == request.max_redirects:
                raise TooManyRedirects(
                    f"More than {request.max_redirects} redirects.", urls=[*passed, request.url]
                )
            passed = (*passed, request.url)
            request = redirected(request, answer.status_code, url, parsed_url(answer.location, url))

    async def _begin(self, request: OutgoingRequest, url: httpx.URL) -> httpcore.Response:
        named = (value for name, value in request.headers if name.lower() == "host")
        check_bound(request.bound, url, next(named, None))
        outgoing = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=_wire_headers(request, url),
            content=request.body,
            extensions={"timeout": {"connect": _CONNECT_SECONDS}},
        )
        return await self._pool.handle_async_request(outgoing)

    async def _exchange(
        self, request: OutgoingRequest, url: httpx.URL
    ) -> OutgoingResponse | _Redirect:
        response = await self._begin(request, url)
        try:
            headers = _read_headers(response.headers)
            if location := redirect_target(response.status, headers, request):
                return _Redirect(response.status, location)
            body = await _read_body(response, headers, request)
        finally:
            await response.aclose()
        return OutgoingResponse(response.status, headers, str(url), body)


def _wire_headers(request: OutgoingRequest, url: httpx.URL) -> list[tuple[bytes, bytes]]:
    """Return the headers as bytes, with those that the connection needs."""
    if not _TOKEN.fullmatch(request.method):
        raise UrlNotValid("The method is not a word of letters.", url=request.url)
    for name, value in request.headers:
        _check_header(name, value)
    names = {name.lower() for name, _ in request.headers}
    if framing := names & _FRAMING_HEADERS:
        raise UrlNotValid(f"The header {min(framing)} is set by the connection itself.")
    headers = [(name.encode(), value.strip(" \t").encode()) for name, value in request.headers]
    if "host" not in names:
        headers.insert(0, (b"Host", url.netloc))
    if "accept-encoding" not in names:
        headers.append((b"Accept-Encoding", b"gzip"))
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers.append((b"Content-Length", str(len(request.body)).encode()))
    return headers


def _check_header(name: str, value: str) -> None:
    """Refuse what cannot be sent. The value may be a secret, so no error quotes it.

    Raises:
        UrlNotValid: a name that is no token, or a value with control characters.
    """
    if not _TOKEN.fullmatch(name):
        raise UrlNotValid("The name of a header is empty, or holds more than letters and digits.")
    if _CONTROL.search(value):
        raise UrlNotValid(
            f"The value of the header {name} holds a line break or another control character.",
            header=name,
        )


def _read_headers(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    # Bytes beyond ASCII have no agreed meaning in a header; ISO 8859-1 keeps each as one character.
    return tuple((name.decode("ascii").lower(), value.decode("latin-1")) for name, value in headers)


async def _read_body(
    response: httpcore.Response, headers: tuple[tuple[str, str], ...], request: OutgoingRequest
) -> bytes:
    layers = gzip_layers(value for name, value in headers if name == "content-encoding")
    body = BoundedBody(request.max_response_bytes, gzip_layers=layers or 0)
    assert isinstance(response.stream, AsyncIterable)
    async for chunk in response.stream:
        body.feed(chunk)
    return body.finish()


@contextlib.contextmanager
def as_dialer_errors(request: OutgoingRequest) -> Iterator[None]:
    """Convert the pool's errors to this package's errors."""
    facts = {"url": request.url, "method": request.method}
    try:
        yield
    except BodyTooLarge as exc:
        raise ResponseTooLarge(
            f"The answer is larger than {request.max_response_bytes} bytes.", **facts
        ) from exc
    except BodyNotReadable as exc:
        raise AnswerNotReadable(f"The answer cannot be read: {exc}.", **facts) from exc
    except httpcore.LocalProtocolError as exc:
        # Its own words would quote the value that it refuses.
        raise UrlNotValid("The request cannot be sent as it is written.", **facts) from exc
    except httpcore.ConnectError as exc:
        # The pool raises again "from None", which leaves the context alone.
        if isinstance(exc.__cause__ or exc.__context__, ssl.SSLError):
            raise CertificateNotTrusted(f"{request.url}: {exc}", **facts) from exc
        raise ConnectionFailed(f"{request.method} {request.url}: {exc}", **facts) from exc
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as exc:
        what = str(exc) or type(exc).__name__
        raise ConnectionFailed(f"{request.method} {request.url}: {what}", **facts) from exc
