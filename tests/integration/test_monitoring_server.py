"""What a process serves of itself: its counts, that it lives, and what it lacks."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.request  # noqa: TID251 - a test asks like Prometheus does
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from treadle.core.settings import COUNTS_FOLDER, Settings, child_environment
from treadle.monitoring import metrics
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import Readiness, readiness
from treadle.monitoring.server import Address, MonitoringServer, PortTaken, refuse_taken
from treadle.workers.lanes.child_pool import environment

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@contextmanager
def serving(ready: Readiness) -> Iterator[MonitoringServer]:
    """Serve this process's counts on a port of its own."""
    server = MonitoringServer(Address("127.0.0.1", 0))
    server.start(Exposition(), ready)
    try:
        yield server
    finally:
        server.close()


def get(server: MonitoringServer, path: str, **headers: str) -> tuple[int, str, bytes]:
    """Return status, content type and body."""
    asked = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)  # noqa: TID251
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: TID251
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Content-Type"], refused.read()


def test_a_process_serves_its_counts_in_the_format_that_prometheus_reads() -> None:
    """What is counted stands at /metrics under its name, with its labels.

    Workers run no trigger, so no other test of this process counts one.
    """
    metrics.NODES_SETTLED.labels("TRIGGER.MANUAL", "completed").inc(3)
    with serving(Readiness({})) as server:
        status, kind, body = get(server, "/metrics")
        _, open_kind, _ = get(server, "/metrics", Accept="application/openmetrics-text")

    told = 'treadle_nodes_settled_total{node_type="TRIGGER.MANUAL",outcome="completed"} 3.0'
    assert status == 200
    assert kind.startswith("text/plain")
    assert open_kind.startswith("application/openmetrics-text")
    assert told in body.decode()
    assert "_created" not in body.decode()


def test_a_process_that_has_all_it_needs_is_ready(settings: Settings) -> None:
    """Each dependency is named, with `ok`."""
    with serving(readiness(settings)) as server:
        assert json.loads(get(server, "/health")[2]) == {"status": "alive"}
        status, _, body = get(server, "/health/ready")

    assert status == 200
    assert json.loads(body) == {
        "status": "ready",
        "needed": ["database", "redis"],
        "dependencies": {"database": "ok", "redis": "ok"},
    }


def test_a_process_without_its_database_lives_and_says_what_it_lacks(settings: Settings) -> None:
    """503 with the wire's Error, and in it the Error of each dependency that is not well."""
    lacking = settings.model_copy(update={"configured_database_url": NOWHERE})
    with serving(readiness(lacking)) as server:
        assert get(server, "/health")[0] == 200
        status, kind, body = get(server, "/health/ready")
    error: dict[str, Any] = json.loads(body)

    assert status == 503
    assert kind == "application/problem+json"
    assert error["error_code"] == "not_ready"
    assert error["is_retryable"] is True
    assert error["error_details"]["dependencies"]["redis"] == "ok"
    assert (
        error["error_details"]["dependencies"]["database"]["error_code"] == "database_unreachable"
    )


def test_a_path_that_does_not_exist_is_refused_with_an_error() -> None:
    """404 with the wire's Error, which names those that do."""
    with serving(Readiness({})) as server:
        status, _, body = get(server, "/metric")

    assert status == 404
    assert "/metrics" in json.loads(body)["error_details"]["solution"]


def test_an_address_that_somebody_holds_is_refused_early() -> None:
    """With the address in the error."""
    with serving(Readiness({})) as server, pytest.raises(PortTaken) as caught:
        refuse_taken(Address("127.0.0.1", server.port))

    assert caught.value.context == {"host": "127.0.0.1", "port": server.port}


COUNTING = """
from monitoring.metrics import HAND_OFFS, WORKER_THREADS
HAND_OFFS.inc({count})
WORKER_THREADS.set({count})
"""
ASKED = """
from monitoring.exposition import Exposition
print(Exposition().page()[0].decode())
"""


def test_processes_that_count_together_are_added_up_also_when_one_is_gone(tmp_path: Path) -> None:
    """Counts of a process that ended stay; what it had in use goes with it."""

    def run(code: str) -> str:
        counting = {**child_environment(), COUNTS_FOLDER: str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=counting,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    run(COUNTING.format(count=2))
    page = run(COUNTING.format(count=3) + ASKED)

    assert "treadle_hand_offs_total 5.0" in page
    assert "treadle_worker_threads 3.0" in page
    assert "process_resident_memory_bytes" in page
    assert os.listdir(tmp_path)


def test_a_child_counts_nothing_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be thousands, one after another; their parent counts what they do."""
    monkeypatch.setenv(COUNTS_FOLDER, "/counts")

    assert COUNTS_FOLDER not in environment()


@pytest.mark.parametrize("sent", [b"", b"GET /met", b"GET /health HTTP/1.1\r\nHo"])
def test_a_scraper_that_hangs_up_is_no_defect(
    sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written of it, and others are answered."""
    with serving(Readiness({})) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(sent)
            reset = struct.pack("ii", 1, 0)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        assert get(server, "/health")[0] == 200

    told = capfd.readouterr()
    assert told.out + told.err == ""
