"""A small server for the example: the names of countries as JSON, on this machine alone.

Like many a server it is not ready at once: its first answer is 503 with a Retry-After. What calls
it has to try again. Run it with `python examples/countries.py --port 8765`.
"""

from __future__ import annotations

import argparse
import csv
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

DATA = Path(__file__).parent / "data" / "countries.csv"
#: Seconds after which a caller that was turned away may come again.
RETRY_AFTER_SECONDS = 1


class CountryServer(ThreadingHTTPServer):
    """Knows how many answers it has given."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        with DATA.open(encoding="utf-8", newline="") as file:
            self.body = json.dumps({"countries": list(csv.DictReader(file))}).encode()
        self._answers = 0
        self._lock = Lock()

    def is_first(self) -> bool:
        with self._lock:
            self._answers += 1
            return self._answers == 1


class Handler(BaseHTTPRequestHandler):
    server: CountryServer

    def do_GET(self) -> None:
        if self.server.is_first():
            self.answer(503, b'{"error": "still starting"}')
        elif self.path == "/countries":
            self.answer(200, self.server.body)
        else:
            self.answer(404, b'{"error": "there is only /countries"}')

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", str(RETRY_AFTER_SECONDS))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    server = CountryServer(parser.parse_args().port)
    print(f"serving http://127.0.0.1:{server.server_port}/countries", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
