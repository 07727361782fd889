"""The fault run of the bench: its parts, and a short run of all of it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bench.faults.checks import Sent, problems_of
from bench.faults.kinds import FAULTS
from bench.faults.mix import kinds
from bench.faults.rates import Rates
from tests.support.cut_network import proxied
from tests.support.workflows import valid

ROOT = Path(__file__).parents[2]
NODES = [("", "start", "completed", False, b"{}", 1), ("", "last", "completed", False, b"", 2)]
TYPES = ["execution_started", "node_completed", "node_completed", "execution_completed"]


def events(types: list[str]) -> list[dict[str, Any]]:
    """Return events of these types; those of nodes are of `start`, then `last`."""
    names = iter(["start", "last", "last"])
    return [
        {
            "seq": seq,
            "event_type": each,
            "data": {"scope": "", "node_id": next(names)} if each.startswith("node") else {},
        }
        for seq, each in enumerate(types, 1)
    ]


def looked_at(
    types: list[str] = TYPES,
    status: str = "SUCCESS",
    output: bytes = b'{"v":6}',
    outstanding: int = 0,
) -> list[str]:
    """Return the problems of an execution with these events, this end and this output."""
    (kind,) = (each for each in kinds("http://127.0.0.1:1/") if each.name == "timer")
    nodes = [NODES[0], (*NODES[1][:4], output, 2)]
    return problems_of(Sent(kind, 5), (status, outstanding, len(TYPES) + 1), nodes, events(types))


def test_what_is_lost_doubled_or_wrong_is_a_problem() -> None:
    assert looked_at() == []
    assert looked_at(status="ERROR") == ["it ended as ERROR"]
    assert looked_at(output=b'{"v":7}') == ["its output is {'v': 7}, not {'v': 6}"]
    assert looked_at(outstanding=1) == ["1 nodes are outstanding"]
    assert "its events have a gap" in looked_at(TYPES[:-1])
    assert "it ended 2 times" in looked_at([*TYPES[:3], TYPES[3], TYPES[3]])
    twice = looked_at(["execution_started", *TYPES[1:3], "node_completed", TYPES[3]])
    assert any("its events are" in each for each in twice)


def test_every_kind_of_execution_is_valid() -> None:
    for kind in kinds("http://127.0.0.1:1/"):
        if not kind.document:  # a plan
            continue
        validation = valid(kind.document)
        assert validation.graph is not None
        assert kind.last in validation.graph.nodes


def test_the_rate_is_back_when_ten_seconds_of_it_begin() -> None:
    """A single good second is none; nothing after the next fault counts."""
    settled = Counter(dict.fromkeys(range(100), 10))
    settled |= Counter({103: 30, **dict.fromkeys(range(112, 140), 10)})
    rates = Rates(settled)
    before = rates.median(0, 100)
    assert before == 10
    assert rates.seconds_to_recover(100, 140, before) == 12
    assert rates.seconds_to_recover(100, 120, before) is None
    assert rates.mean(99, 109) == pytest.approx(30 / 9)


@contextmanager
def echoing(path: Path) -> Iterator[None]:
    """Run a server on a unix socket that sends back what it gets."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=send_back, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield
        server.shutdown(socket.SHUT_RDWR)


def send_back(connection: socket.socket) -> None:
    """Send back what comes, until the other side ends."""
    with suppress(OSError), connection:
        while found := connection.recv(1024):
            connection.sendall(found)


@pytest.mark.slow
def test_the_proxy_passes_holds_and_cuts(tmp_path: Path) -> None:
    """Silence delays what was sent in it; a cut resets what exists and what comes."""
    with echoing(tmp_path / "echo"), proxied(tmp_path / "echo") as network:
        address = ("127.0.0.1", network.port)
        with socket.create_connection(address) as line:
            line.sendall(b"one")
            assert line.recv(10) == b"one"
            network.set("silent")
            line.sendall(b"two")
            line.settimeout(0.3)
            with pytest.raises(TimeoutError):
                line.recv(10)
            network.set("open")
            line.settimeout(10)
            assert line.recv(10) == b"two"
            network.set("cut")
            with pytest.raises(ConnectionResetError):
                line.recv(10)
        with socket.create_connection(address) as line, pytest.raises(ConnectionResetError):
            line.recv(10)
        network.set("open")
        with socket.create_connection(address) as line:
            line.sendall(b"three")
            assert line.recv(10) == b"three"


#: Makes a disk, fills it, and looks: in a process of its own, whose mounts end with it.
DISK = """
import errno, os, sys, threading
from pathlib import Path
from bench.faults.disk import SmallDisk

folder = Path(sys.argv[1])
disk = SmallDisk(folder / "image", folder / "disk")
if why := disk.mount():
    sys.exit(f"no disk: {why}")
place = folder / "disk" / "file"
place.write_bytes(b"x" * 100_000)
filling = threading.Thread(target=disk.fill, args=(2,))
filling.start()
refused = False
while filling.is_alive() and not refused:
    try:
        place.with_name("more").write_bytes(b"x" * 100_000)
    except OSError as error:
        refused = error.errno == errno.ENOSPC
place.unlink()
filling.join()
place.write_bytes(b"x" * 100_000)
disk.unmount()
print(refused, list((folder / "disk").iterdir()))
"""


def test_a_disk_is_full_and_then_is_not(tmp_path: Path) -> None:
    """Where none can be mounted, it says why; else a write fails while it is full, then not."""
    command = [sys.executable, "-c", DISK, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.stderr.startswith("no disk: "):
        pytest.skip(ran.stderr)
    assert (ran.returncode, ran.stdout) == (0, "True []\n"), ran.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_short_run_loses_nothing(tmp_path: Path) -> None:
    """Whether the rate is back is not asked: a test's machine has other work."""
    names = ["valkey emptied", "postgres sessions ended", "scheduler killed"]
    assert set(names) <= FAULTS.keys()
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.faults", "--minutes", "0.2", "--gap", "1"]
    command += ["--warm-up", "1", "--calm", "1.5", "--json", str(figures)]
    command += [part for name in names for part in ("--only", name)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(figures.read_text())
    assert found["problems"] == [], ran.stdout + ran.stderr
    assert {each["name"] for each in found["faults"]} == set(names)
    assert sum(found["executions"].values()) > 0
    assert all(len(line) <= 80 for line in ran.stdout.splitlines()), ran.stdout
