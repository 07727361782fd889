"""A body that is read under a limit, counted after decompression.

A few kilobytes of gzip can expand to gigabytes, so nothing is inflated beyond the limit: the limit
is passed to the inflater itself. One layer of gzip only, because layers multiply.
"""

from __future__ import annotations

import zlib

_GZIP_FRAME = 31
#: zlib's window bits for a gzip header and the largest window.


class BodyTooLarge(Exception):
    """More bytes than the limit; nothing beyond it was kept."""


class BodyNotReadable(Exception):
    """The compressed bytes are broken or end early."""


class BoundedBody:
    """Collects chunks; `feed` raises as soon as the limit is passed."""

    def __init__(self, limit_bytes: int, *, gzip: bool) -> None:
        self._limit = limit_bytes
        self._inflater = zlib.decompressobj(_GZIP_FRAME) if gzip else None
        self._fed = False
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as received.

        Raises:
            BodyTooLarge: the body is larger than the limit.
            BodyNotReadable: the bytes are not gzip.
        """
        if self._inflater is None:
            self._keep(chunk)
            return
        try:
            self._inflate(chunk)
        except zlib.error as exc:
            raise BodyNotReadable(str(exc)) from exc

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            BodyNotReadable: it ended in the middle of its compression.
        """
        if self._inflater is not None and self._fed and not self._inflater.eof:
            raise BodyNotReadable("it ends in the middle of its compression")
        return bytes(self._body)

    def _inflate(self, chunk: bytes) -> None:
        while chunk:
            assert self._inflater is not None
            if self._inflater.eof:  # gzip may hold several members, one after another
                self._inflater = zlib.decompressobj(_GZIP_FRAME)
            self._fed = True
            # One byte more than fits, to detect a larger body and accept one of exactly the limit.
            self._keep(self._inflater.decompress(chunk, self._limit - len(self._body) + 1))
            chunk = self._inflater.unused_data

    def _keep(self, chunk: bytes) -> None:
        if len(self._body) + len(chunk) > self._limit:
            raise BodyTooLarge
        self._body += chunk
