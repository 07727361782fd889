"""The server: the app on a port until a signal, with an orderly stop for live readers."""

from __future__ import annotations

import socket

import structlog
import uvicorn

from treadle.core.settings import Settings
from treadle.core.vital import VitalPartDied
from treadle.gateway.app import build
from treadle.monitoring.server import Address, PortTaken

#: Seconds that requests under way have to end once the gateway was asked to stop.
_GRACE_SECONDS = 10
#: Connections that wait to be accepted: a burst of clients, as a load test makes it.
_BACKLOG = 2_048

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
        self._died: VitalPartDied | None = None
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            backlog=_BACKLOG,
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
        _log.info("gateway.started", port=self.port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, end live streams, and answer open requests."""
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
