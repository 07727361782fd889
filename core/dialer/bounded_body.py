"""A body that is read under a limit, counted after decompression.

A few kilobytes of gzip can expand to gigabytes, so nothing is inflated beyond the limit: the limit
is passed to the inflater itself. Layers multiply, so that each has the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_GZIP_FRAME = 31
#: zlib's window bits for a gzip header and the largest window.

_LAYERS = 2
#: How often a body may be compressed; some proxies do it once more.


class BodyTooLarge(Exception):
    """More bytes than the limit; nothing beyond it was kept."""


class BodyNotReadable(Exception):
    """The compressed bytes are broken or end early."""


class BoundedBody:
    """Collects chunks; `feed` raises as soon as the limit is passed."""

    def __init__(self, limit_bytes: int, *, gzip_layers: int = 0) -> None:
        self._limit = limit_bytes
        self._layers = [Gzip(limit_bytes) for _ in range(gzip_layers)]
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as received.

        Raises:
            BodyTooLarge: the body is larger than the limit.
            BodyNotReadable: the bytes are not gzip.
        """
        for layer in self._layers:
            chunk = layer.inflated(chunk)
        if len(self._body) + len(chunk) > self._limit:
            raise BodyTooLarge
        self._body += chunk

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            BodyNotReadable: it ended in the middle of its compression.
        """
        if any(layer.is_cut for layer in self._layers):
            raise BodyNotReadable("it ends in the middle of its compression")
        return bytes(self._body)


def gzip_layers(content_encodings: Iterable[str]) -> int | None:
    """Return how often a body was compressed by gzip; `None` if in another way or more often.

    Args:
        content_encodings: the values of its headers of that name.
    """
    layers = (each.strip().lower() for each in ",".join(content_encodings).split(","))
    named = [each for each in layers if each not in ("", "identity")]
    plain = len(named) <= _LAYERS and set(named) <= {"gzip", "x-gzip"}
    return len(named) if plain else None


class Gzip:
    """One layer of gzip: members one after another, and zero bytes that pad their end."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes
        self._inflater = zlib.decompressobj(_GZIP_FRAME)
        self._fed = False

    @property
    def is_cut(self) -> bool:
        """Whether it ends inside a member."""
        return self._fed and not self._inflater.eof

    def inflated(self, chunk: bytes) -> bytes:
        """Return what comes out of the next bytes.

        Raises:
            BodyTooLarge, BodyNotReadable: as `BoundedBody.feed` says.
        """
        made = bytearray()
        try:
            while chunk:
                if self._inflater.eof:
                    chunk = chunk.lstrip(b"\0")
                    if not chunk:
                        break
                    self._inflater = zlib.decompressobj(_GZIP_FRAME)
                self._fed = True
                # One byte more than fits, to detect a larger body and accept one of the limit.
                piece = self._inflater.decompress(chunk, self._left + 1)
                self._left -= len(piece)
                if self._left < 0:
                    raise BodyTooLarge
                made += piece
                chunk = self._inflater.unused_data
        except zlib.error as exc:
            raise BodyNotReadable(str(exc)) from exc
        return bytes(made)
