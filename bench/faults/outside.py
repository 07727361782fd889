"""What the cluster calls outside: an HTTP server with one figure, and a model with one draft."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

#: The figure.
SERVED = 7
_DRAFT = {
    "rationale": "One step.",
    "title": "One step",
    "assumptions": [],
    "placeholders": [],
    "steps": [
        {
            "id": "think",
            "type": "ACTION.DATA_TRANSFORMATION",
            "purpose": "It thinks.",
            "settings": [
                {"field": "operation", "value": "custom"},
                {"field": "expression", "value": "6 * 7"},
            ],
        }
    ],
    "connections": [],
    "cannot": "",
}
_COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_795_500_000,
    "model": "gpt-5.5",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": json.dumps(_DRAFT)},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3_000, "completion_tokens": 200, "total_tokens": 3_200},
}


@contextmanager
def outside() -> Iterator[str]:
    """Serve for the `with` block; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, name="outside")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers each GET with the figure, and each POST with the draft."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({"v": SERVED})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(_COMPLETION)

    def log_message(self, *args: object) -> None:
        """Stay silent."""

    def _answer(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
