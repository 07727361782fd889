"""A real HTTP server on loopback that a test scripts and reads back."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A certificate for `localhost` alone, with its key; made for these tests."""


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = True
    """Whether the body is as long as the headers say; else the server hangs after it."""


Script = Callable[[Seen], Answer]


class Loopback:
    """Answers by the path's script; keeps what it saw."""

    def __init__(self, *, tls: bool = False) -> None:
        self.seen: list[Seen] = []
        self.released = threading.Event()
        """Lets go of answers that hang."""
        self._scripts: dict[str, Script] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        self.port = self._server.server_address[1]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def on(self, path: str, answer: Answer | Script) -> str:
        """Answer requests to a path, its query aside; return the URL."""
        self._scripts[path] = answer if callable(answer) else lambda _: answer
        return self.url(path)

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        script = self._scripts.get(seen.path.partition("?")[0])
        return script(seen) if script else Answer(404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def log_message(self, *args: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except (OSError, ssl.SSLError):
                    self.close_connection = True  # the client went away, as some tests want

            def _respond(self) -> None:
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, headers, self.rfile.read(length))
                answer = loopback.answer(seen)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "content-length" not in map(str.lower, answer.headers):
                    extra = 0 if answer.complete else 1
                    self.send_header("Content-Length", str(len(answer.body) + extra))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)
                if not answer.complete:
                    self.wfile.flush()
                    loopback.released.wait(10)
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = _respond  # noqa: N815
            do_DELETE = do_HEAD = do_OPTIONS = _respond  # noqa: N815

        return Handler


@contextmanager
def serving(*, tls: bool = False) -> Iterator[Loopback]:
    """Run a server for as long as the block lasts."""
    loopback = Loopback(tls=tls)
    thread = threading.Thread(target=loopback.serve, name="loopback")
    thread.start()
    try:
        yield loopback
    finally:
        loopback.stop()
        thread.join()
