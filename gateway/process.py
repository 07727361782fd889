"""The server: the app on a port until a signal, with an orderly stop for live readers."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from threading import Event
from types import FrameType

import structlog
import uvicorn

from treadle.core.settings import Settings
from treadle.core.vital import VitalPartDied
from treadle.gateway.access import AccessLog
from treadle.gateway.app import build
from treadle.gateway.connections import protocol
from treadle.monitoring.server import Address, PortTaken

#: Seconds that requests under way have to end once the gateway was asked to stop.
GRACE_SECONDS = 10
#: Connections that wait to be accepted: a burst of clients, as a load test makes it.
_BACKLOG = 2_048
#: Connections that are accepted at one time: asyncio logs so many lines when descriptors run out.
_ACCEPTED = 64
#: Seconds between two looks whether to close; uvicorn counts ten of them as a second.
_TICK_SECONDS = 0.1

_log = structlog.get_logger()


class Server(uvicorn.Server):
    """Uvicorn with the gateway's app."""

    def __init__(self, settings: Settings, address: Address) -> None:
        """Take the address.

        Raises:
            PortTaken: it cannot be had.
        """
        self.listener = _bound(address)
        self.port: int = self.listener.getsockname()[1]
        self._app = build(settings)
        self._lame_duck_seconds = settings.gateway_lame_duck_seconds
        self._lame_duck_until = 0.0
        self.closing = Event()
        """Set when it has begun to close: it has `GRACE_SECONDS` from then on."""
        self._died: VitalPartDied | None = None
        config = uvicorn.Config(
            AccessLog(self._app),
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            http=protocol(),
            backlog=_ACCEPTED,
        )
        super().__init__(config)

    def serve_until_signal(self) -> None:
        """Answer until SIGTERM or SIGINT.

        Raises:
            VitalPartDied: a thread or task that it cannot do without has ended.
        """
        self.run(sockets=[self.listener])
        if self._died is not None:
            raise self._died

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; called some times a second."""
        try:
            self._app.state.resources.vital.check()
        except VitalPartDied as died:
            self._died = died
        return await super().on_tick(counter) or self._died is not None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self.listener.listen(_BACKLOG)  # asyncio has set it to how many it accepts at one time
        _log.info("gateway.started", port=self.port)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: after the lame duck's time at the first SIGTERM, else at once."""
        is_first = sig == signal.SIGTERM and not self.should_exit
        self._lame_duck_until = time.monotonic() + self._lame_duck_seconds if is_first else 0.0
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that no more is wanted, then take no more connections and answer what is open."""
        self._app.state.resources.readiness.stop()
        self._app.state.stopping = True
        _log.info("drain.started")
        ticks = 0
        while time.monotonic() < self._lame_duck_until:
            await self.on_tick(ticks)  # uvicorn's own, which keeps the time in `Date`
            await asyncio.sleep(_TICK_SECONDS)
            ticks += 1
        self.closing.set()
        self._app.state.live.stop()
        await super().shutdown(sockets)


def _bound(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # With its protocol named, asyncio sets TCP_NODELAY on what it accepts. Without, the body of an
    # answer waits for its head to be acknowledged, which takes a reader 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)  # connections before the app is up wait for it
    except OSError as error:
        listener.close()
        message = f"{address.host}:{address.port} cannot be served on: {error.strerror or error}."
        raise PortTaken(message, host=address.host, port=address.port) from error
    return listener
