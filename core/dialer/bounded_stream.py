"""An answer's body as an SDK's client reads it: cut off at a limit, counted after decompression.

The client would inflate what a server compressed without looking at how much comes out, so a few
kilobytes could fill a worker. Here each piece is inflated under the limit, and the client is given
an answer that is not compressed. Not imported with the package, because it loads the client's
library.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

from treadle.core.dialer.bounded_body import BodyNotReadable, BodyTooLarge, Gzip, gzip_layers
from treadle.core.dialer.errors import AnswerNotReadable, ResponseTooLarge


def bound(response: httpx2.Response, limit_bytes: int) -> None:
    """Have a response's body inflated and bounded while it is read; nothing of it is read here.

    Args:
        response: what arrived, before its body.
        limit_bytes: what the body may have, inflated.
    """
    given = [value for name, value in response.headers.multi_items() if name == "content-encoding"]
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Stream(response.stream, given, limit_bytes)
    if given:
        del response.headers["content-encoding"]


class _Stream(httpx2.AsyncByteStream):
    """A body as it arrives, inflated, cut off at the limit."""

    def __init__(
        self, source: httpx2.AsyncByteStream, encodings: list[str], limit_bytes: int
    ) -> None:
        layers = gzip_layers(encodings)
        self._source = source
        self._encodings = encodings
        self._layers = None if layers is None else [Gzip(limit_bytes) for _ in range(layers)]
        self._limit = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._layers is None:
            raise AnswerNotReadable(f"The answer is compressed as {', '.join(self._encodings)}.")
        left = self._limit
        async for chunk in self._source:
            piece = self._inflated(chunk, self._layers)
            left -= len(piece)
            if left < 0:
                raise self._too_large()
            if piece:
                yield piece

    async def aclose(self) -> None:
        await self._source.aclose()

    def _inflated(self, chunk: bytes, layers: list[Gzip]) -> bytes:
        try:
            for layer in layers:
                chunk = layer.inflated(chunk)
        except BodyTooLarge as exc:
            raise self._too_large() from exc
        except BodyNotReadable as exc:
            raise AnswerNotReadable(f"The answer cannot be read: {exc}.") from exc
        return chunk

    def _too_large(self) -> ResponseTooLarge:
        return ResponseTooLarge(
            f"The answer is larger than {self._limit} bytes.", solution="Ask for less at once."
        )
