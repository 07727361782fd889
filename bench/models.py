"""Nodes that wait for a model: many at once in one worker process, with answers of one second."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

from bench import counters
from treadle.core.embedded import EmbeddedServers
from treadle.core.settings import Settings
from treadle.dag.events import EventType
from treadle.dag.validation import validate
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.migrations import migrate
from treadle.ledger.views import executions
from treadle.transport.connections import Connections

#: Nodes in parallel, and seconds that the provider takes for each.
_NODES = 200
_ANSWER_SECONDS = 1.0
#: Chunks of a streamed answer.
_PIECES = 10
_LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Models:
    """The figures of waiting for many models."""

    first_seconds: float
    """One node alone, in a process that has not loaded the providers' SDKs."""
    all_seconds: float
    """From the submission of 200 nodes of one second each to their execution's end."""
    worker_cpu_seconds: float
    """Meanwhile, of the one process."""
    reports: int
    """Progress events meanwhile."""
    resident_mb: float
    """Of the worker process, afterwards."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure() -> Models:
    """Measure with separate servers, a worker, a scheduler and a provider."""
    with ExitStack() as stack:
        address = stack.enter_context(_provider())
        connections, worker = stack.enter_context(_cluster(address))
        first, _ = _run(connections, 1)
        before = counters.cpu_seconds([worker.pid])
        seconds, execution = _run(connections, _NODES)
        used = counters.cpu_seconds([worker.pid]) - before
        resident = counters.resident_bytes(worker.pid) / 2**20
        with connections.open_session() as session:
            kinds = [each.event_type for each in executions.events(session, execution)]
        return Models(first, seconds, used, kinds.count(EventType.NODE_OUTPUT_UPDATE), resident)


def _run(connections: Connections, count: int) -> tuple[float, UUID]:
    """Run so many agents in parallel; return the duration in seconds, and the execution."""
    validation = validate(_document(count))
    assert validation.workflow is not None
    assert validation.graph is not None
    request = Submission(validation.workflow, validation.graph, {})
    with connections.open_session() as session:
        connections.queue.refresh(force=True)
        begun = time.monotonic()
        submitted = submit(connections.engine, session, request)
        while time.monotonic() - begun < _LONGEST_SECONDS:
            shown = executions.execution(
                session,
                connections.engine.graphs,
                submitted.execution_id,
                records=0,
                inline_bytes=0,
            )
            if shown.end_time is not None:
                assert shown.status == "SUCCESS", shown.error
                return time.monotonic() - begun, submitted.execution_id
            time.sleep(0.02)
    raise TimeoutError(f"{count} nodes did not end in {_LONGEST_SECONDS:g} s")


def _document(count: int) -> dict[str, Any]:
    agents = [f"agent_{number}" for number in range(count)]
    prompt = {"user_prompt": "Wait a second."}
    nodes = [{"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"}]
    more = {"type": "AI_AGENT", "subtype": "OPENAI_CHATGPT", "configurations": prompt}
    return {
        "metadata": {"id": f"agents-{count}", "name": "agents"},
        "nodes": [*nodes, *({"id": each, "name": each, **more} for each in agents)],
        "connections": [
            {"id": f"to_{each}", "from_node": "start", "to_node": each} for each in agents
        ],
        "triggers": ["start"],
    }


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Connections, subprocess.Popen[bytes]]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="treadle-bench-")))
        servers = stack.enter_context(EmbeddedServers(folder / "data"))
        migrate(servers.database_url)
        environment = {
            **os.environ,
            "TREADLE_DATABASE_URL": servers.database_url,
            "TREADLE_REDIS_URL": servers.redis_url,
            "TREADLE_LOG_LEVEL": "WARNING",
            "TREADLE_OPENAI_API_KEY": "sk-bench",
            "TREADLE_OPENAI_BASE_URL": address,
        }

        def start(command: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, "-m", "treadle", command], env=environment)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        start("scheduler")
        worker = start("worker")
        settings = Settings.load(database_url=servers.database_url, redis_url=servers.redis_url)
        yield Connections.to(settings), worker


@contextmanager
def _provider() -> Iterator[str]:
    """Run a server with OpenAI's API that takes a second for an answer; yield its address."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(_serve, "127.0.0.1", 0, backlog=2 * _NODES)
    )
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request with a stream of events."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    (length,) = (int(each[15:]) for each in lines if each.startswith(b"content-length:"))
    await reader.readexactly(length)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    for number in range(_PIECES):
        await asyncio.sleep(_ANSWER_SECONDS / _PIECES)
        writer.write(_event({"content": f"piece {number} "}, None))
    writer.write(_event({}, "stop") + b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()


def _event(delta: dict[str, str], finish: str | None) -> bytes:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5.5",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()
