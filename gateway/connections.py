"""Connections: those that send no request are closed, so that they keep nobody else out.

Uvicorn has no limit for the time of a request's head, nor for connections that never send one. Here
a connection has some seconds for each head, from its first byte or from the connection's beginning,
however slowly it sends; and if too many wait for one, the one that has waited longest is closed.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from treadle.gateway.access import LEFT
from treadle.monitoring.metrics import CONNECTIONS_DROPPED

#: Seconds in which the head of a request arrives, from the beginning of the connection or, of a
#: later request, from its first byte.
HEAD_SECONDS = 10.0
#: Connections at most that wait for a head; a process with few descriptors has fewer.
WAITING = 1_000
#: The answer to a head that was too late: nothing of it is quoted, and no line is logged.
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

#: Uvicorn writes a line for each request that is no HTTP, which any stranger may send.
_UVICORN = logging.getLogger("uvicorn.error")


class BoundedProtocol(H11Protocol):
    """Uvicorn's protocol for one connection, with a limit for heads."""

    _waiting: dict[BoundedProtocol, asyncio.TimerHandle] = {}  # noqa: RUF012 - of the process
    """Connections that wait for a head, the longest first, and what ends their time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self._waiting) > most_waiting():
            next(iter(self._waiting))._end("too_many")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_served() or self.transport.is_closing():
            self._wait_no_more()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_served():
            self.cycle.scope[LEFT] = True  # type: ignore[literal-required]
        self._wait_no_more()
        super().connection_lost(exc)

    def _is_served(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        if self not in self._waiting:
            self._waiting[self] = self.loop.call_later(HEAD_SECONDS, self._end, "too_late")

    def _wait_no_more(self) -> None:
        timer = self._waiting.pop(self, None)
        if timer is not None:
            timer.cancel()

    def _end(self, reason: str) -> None:
        self._wait_no_more()
        if self._is_served() or self.transport.is_closing():
            return
        CONNECTIONS_DROPPED.labels(reason).inc()
        if self.cycle is None:
            self.transport.write(_TOO_LATE)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: an upgrade is ignored, and its request answered."""

    def _should_upgrade(self) -> bool:
        return False


def most_waiting() -> int:
    """Return how many connections may wait: at most half of the process's descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WAITING if soft == resource.RLIM_INFINITY else min(WAITING, soft // 2)


def protocol() -> type[Any]:
    """Return the protocol for uvicorn, which then logs errors alone."""
    _UVICORN.setLevel(logging.ERROR)
    return BoundedProtocol
