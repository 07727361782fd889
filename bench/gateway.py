"""The gateway: submissions a second, how long requests take, and events from commit to reader."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from queue import Queue
from statistics import quantiles
from threading import Thread
from typing import Any
from uuid import UUID

from bench.cluster import Cluster
from bench.shapes import document, task_node
from treadle.core.ids import new_id
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.ledger.engine import control
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

#: Requests that are sent one after the other, without other load.
_ALONE = 300
#: Submissions that are sent in parallel, and over how many connections.
_TOGETHER, _CONNECTIONS = 2_000, 16
#: Events that a reader waits for, one at a time.
_EVENTS = 200
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """The figures of the gateway."""

    submissions_per_second: float
    """Acknowledged, over 16 connections; each with its own definition, input and key."""
    submit_ms_p50: float
    """From the first byte sent to the last one read, over 16 connections."""
    submit_ms_p99: float
    submit_alone_ms_p50: float
    """The same, one request at a time."""
    submit_alone_ms_p99: float
    get_alone_ms_p50: float
    get_alone_ms_p99: float
    event_ms_p50: float
    """From the return of the commit that made an event to its arrival at a live reader."""
    event_ms_p99: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(cluster: Cluster) -> Served:
    """Measure a gateway on a running cluster."""
    with _gateway(cluster) as port:
        key = keys.create(cluster.session, LOCAL_OWNER, list(Scope)).text
        workflow = document("gateway", ["a"], [], task_node)
        line = Line(port, key)
        for _ in range(_ALONE // 10):
            _submit(line, workflow)
        alone = [_timed(lambda: _submit(line, workflow)) for _ in range(_ALONE)]
        execution = _submit(line, workflow)["id"]
        got = [_timed(lambda: line.ask("GET", f"/v1/executions/{execution}")) for _ in alone]
        rate, together = _together(port, key, workflow)
        events = _events(cluster, port, key)
    return Served(
        submissions_per_second=rate,
        submit_ms_p50=_percentile(together, 50),
        submit_ms_p99=_percentile(together, 99),
        submit_alone_ms_p50=_percentile(alone, 50),
        submit_alone_ms_p99=_percentile(alone, 99),
        get_alone_ms_p50=_percentile(got, 50),
        get_alone_ms_p99=_percentile(got, 99),
        event_ms_p50=_percentile(events, 50),
        event_ms_p99=_percentile(events, 99),
    )


class Line:
    """One persistent connection to the gateway, with as little overhead as possible."""

    def __init__(self, port: int, key: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._key = key

    def send(self, method: str, path: str, body: bytes = b"", accept: str = "*/*") -> None:
        """Send a request."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self._key}\r\n"
            f"Accept: {accept}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {new_id()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)

    def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        """Send a request and return its answer's JSON."""
        self.send(method, path, body)
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = self._file.read(length)
        assert status < 300, answer
        return json.loads(answer)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of a streaming response."""
        yield from self._file


def _submit(line: Line, workflow: Any) -> Any:
    body = json.dumps({"workflow": workflow, "input": {"n": 1}}).encode()
    return line.ask("POST", "/v1/executions", body)


def _together(port: int, key: str, workflow: Any) -> tuple[float, list[float]]:
    """Return submissions a second over several connections, and the seconds that each took."""
    share = _TOGETHER // _CONNECTIONS

    def one(line: Line) -> list[float]:
        return [_timed(lambda: _submit(line, workflow)) for _ in range(share)]

    lines = [Line(port, key) for _ in range(_CONNECTIONS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        taken = [each for found in pool.map(one, lines) for each in found]
    return len(taken) / (time.perf_counter() - started), taken


def _events(cluster: Cluster, port: int, key: str) -> list[float]:
    """Return the seconds from a commit to the arrival of its event at a live reader.

    The execution waits for an hour, and is paused and resumed: each makes one event.
    """
    workflow = document("gateway waits", ["a"], [], _delay)
    execution = _submit(Line(port, key), workflow)["id"]
    reader = Line(port, key)
    reader.send("GET", f"/v1/executions/{execution}/events", accept="text/event-stream")
    arrived: Queue[float] = Queue()

    def read() -> None:
        for line in reader.lines():
            if line.startswith((b"event: execution_paused", b"event: execution_resumed")):
                arrived.put(time.perf_counter())

    Thread(target=read, daemon=True).start()
    time.sleep(1.0)  # until the reader's subscription is visible to the notifier
    connections, taken = cluster.connections, []
    for number in range(_EVENTS):
        act = control.resume if number % 2 else control.pause
        act(connections.engine, cluster.session, UUID(execution))
        committed = time.perf_counter()
        taken.append(arrived.get(timeout=10) - committed)
        time.sleep(0.01)
    return taken


def _delay(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "type": "FLOW",
        "subtype": "DELAY",
        "configurations": {"duration_seconds": 3600},
    }


@contextmanager
def _gateway(cluster: Cluster) -> Iterator[int]:
    """Run a gateway process for the `with` block; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    settings = cluster.connections.settings
    environment = {
        **os.environ,
        "TREADLE_DATABASE_URL": settings.database_url,
        "TREADLE_REDIS_URL": settings.redis_url,
        "TREADLE_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "treadle", "gateway", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(lambda: _answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return bool(Line(port, "").ask("GET", "/health"))
    except OSError:
        return False


def _wait(predicate: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the gateway does not answer within {_START_SECONDS:g} s")
        time.sleep(0.1)


def _timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _percentile(seconds: list[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    return 1000 * quantiles(seconds, n=100, method="inclusive")[percent - 1]
