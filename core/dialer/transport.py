"""The dialer as the transport of a third-party client: a provider's SDK.

The client writes requests and reads responses itself; where it connects to, and how much it reads,
is decided here. Not imported with the package, because it loads the client's library.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Collection

import httpcore
import httpx2

from treadle.core.dialer.bounded_stream import bound
from treadle.core.dialer.client import Dialer, as_dialer_errors
from treadle.core.dialer.messages import OutgoingRequest


def client_through(dialer: Dialer, headers: Collection[str]) -> httpx2.AsyncClient:
    """Return a client that sends requests through a dialer, with the named headers (lower case).

    Other headers of an SDK, from its environment for instance, are not sent to an address that a
    workflow chose. Redirects are returned, not followed.
    """
    transport = _DialerTransport(dialer, headers)
    return httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)


class _DialerTransport(httpx2.AsyncBaseTransport):
    """Carries requests through a dialer, without compression."""

    def __init__(self, dialer: Dialer, headers: Collection[str]) -> None:
        self._dialer = dialer
        self._headers = frozenset(headers)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its errors are the dialer's."""
        headers = [
            each for each in request.headers.multi_items() if each[0].lower() in self._headers
        ]
        outgoing = OutgoingRequest(
            request.method,
            str(request.url),
            headers=(*headers, ("Accept-Encoding", "identity")),
            body=await request.aread(),
        )
        response = await self._dialer.open(outgoing)
        answer = httpx2.Response(
            response.status, headers=response.headers, stream=_Body(response, outgoing)
        )
        bound(answer, outgoing.max_response_bytes)
        return answer


class _Body(httpx2.AsyncByteStream):
    """A body as it arrives; its errors are the dialer's."""

    def __init__(self, response: httpcore.Response, request: OutgoingRequest) -> None:
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._response.stream, AsyncIterable)
        with as_dialer_errors(self._request):
            async for chunk in self._response.stream:
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
