"""The HTTP server of processes without one: `/metrics`, `/health`, `/health/ready`."""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from typing import Any, ClassVar

import orjson
import structlog

from treadle.core.errors import TreadleError
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import NotReady, Readiness

_log = structlog.get_logger()

#: How it names itself in `Server`, so that commands tell it from a gateway.
SERVER_NAME = "treadle-monitoring"
#: Seconds that a client may take to send its request.
_REQUEST_SECONDS = 5.0


class PortTaken(TreadleError):
    """The address to serve on is not available."""

    reason: ClassVar[str] = "port_taken"
    solution: ClassVar[str] = (
        "Stop what listens there, or choose another port: --port, or `treadle up --port-base`."
    )


class NoSuchPage(TreadleError):
    """Nothing is served under this path."""

    reason: ClassVar[str] = "not_found"
    solution: ClassVar[str] = "Ask for /metrics, /health or /health/ready."


@dataclass(frozen=True, slots=True)
class Address:
    """The address a process serves on."""

    host: str
    port: int
    """0 lets the system choose."""


def refuse_taken(address: Address) -> None:
    """Check early that an address is available.

    Raises:
        PortTaken: something listens there, or the host is not this machine's.
    """
    _Server(address).server_close()


class MonitoringServer:
    """Binds its address at once, and answers after `start`."""

    def __init__(self, address: Address) -> None:
        """Bind.

        Raises:
            PortTaken: the address is not available.
        """
        self._server = _Server(address)

    @property
    def port(self) -> int:
        """Return the port it serves on."""
        return int(self._server.server_address[1])

    def start(self, exposition: Exposition, readiness: Readiness) -> None:
        """Answer in a thread that ends with the process, or with `close`."""
        self._server.exposition, self._server.readiness = exposition, readiness
        Thread(target=self._server.serve_forever, name="monitoring", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    exposition: Exposition
    readiness: Readiness

    def __init__(self, address: Address) -> None:
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        try:
            super().__init__((address.host, address.port), _Handler)
        except OSError as error:
            message = f"Cannot serve on {address.host}:{address.port}: {error.strerror or error}."
            raise PortTaken(message, host=address.host, port=address.port) from error

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # without a DNS lookup of the host's full name

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a defect; a client that hangs up or sends too slowly is none."""
        error = sys.exception()
        if not isinstance(error, OSError):
            _log.error("request.crashed", exc_info=error)

    def answer(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        match path.partition("?")[0]:
            case "/metrics":
                body, content_type = self.exposition.page(accept)
                return HTTPStatus.OK, content_type, body
            case "/health":
                return _json(HTTPStatus.OK, {"status": "alive"})
            case "/health/ready":
                try:
                    return _json(HTTPStatus.OK, self.readiness.check())
                except NotReady as error:
                    return _json(HTTPStatus.SERVICE_UNAVAILABLE, error.to_wire())
            case other:
                unknown = NoSuchPage(f"Nothing is served at {other}.", path=other)
                return _json(HTTPStatus.NOT_FOUND, unknown.to_wire())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = SERVER_NAME, ""
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        status, content_type, body = self.server.answer(self.path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing for each request."""


def _json(status: HTTPStatus, document: dict[str, Any]) -> tuple[HTTPStatus, str, bytes]:
    kind = "application/json" if status is HTTPStatus.OK else "application/problem+json"
    return status, kind, orjson.dumps(document, default=str)
