"""A real Prometheus for tests: found, or fetched from Debian once; run on a port of its own."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request  # noqa: TID251 - a test asks like Grafana does
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.file_locks import locked
from treadle.core.processes import Command, GuardedProcess

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "deploy" / "prometheus"
#: Where it is kept once it was fetched: with all else that the tests need.
_KEPT = Path(sys.prefix) / "share" / "prometheus"
_PACKAGE = "prometheus"
_FETCH_SECONDS = 300


def tool(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; without them the test fails, and says why."""
    found = shutil.which(name)
    if found:
        return found
    kept = _KEPT / "usr" / "bin" / name
    if not kept.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        with locked(_KEPT / "fetching", fcntl.LOCK_EX):
            if not kept.exists():
                _fetch()
    return str(kept)


class Prometheus:
    """A server that scrapes, and answers queries."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        """Return whether it answers."""
        try:
            with urllib.request.urlopen(f"{self._url}/-/ready", timeout=5):  # noqa: TID251
                return True
        except OSError:
            return False

    def values(self, query: str) -> list[float]:
        """Return what a query gives now, a value a series."""
        found = self.ask("query", query=query)["result"]
        return [float(each["value"][1]) for each in found]

    def ask(self, what: str, **parameters: str) -> Any:
        """Return the data of an answer of its API."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self._url}/api/v1/{what}?{query}", timeout=10) as answer:  # noqa: TID251
            return json.load(answer)["data"]


@contextmanager
def scraping(folder: Path, *, port_base: int) -> Iterator[Prometheus]:
    """Run Prometheus as deploy/prometheus/local.yml says, on a cluster at these ports."""
    config = (CONFIGS / "local.yml").read_text()
    for role in range(4):
        config = config.replace(f"127.0.0.1:{8000 + role}", f"127.0.0.1:{port_base + role}")
    (folder / "local.yml").write_text(config.replace(": 5s", ": 1s"))
    shutil.copy(CONFIGS / "alerts.yml", folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [
        tool("prometheus"),
        f"--config.file={folder / 'local.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = GuardedProcess(Command(arguments), log)
        try:
            yield Prometheus(port)
        finally:
            process.stop()


def _fetch() -> None:
    """Fetch Debian's package and unpack it; nothing is installed, and no rights are needed.

    The lists of packages on this machine may be missing, so its own are read if need be.
    """
    with tempfile.TemporaryDirectory(prefix="treadle-prometheus-") as name:
        folder = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        own = [
            "-o", f"Dir::State={folder / 'state'}", "-o", f"Dir::State::status={folder / 'status'}",
            "-o", f"Dir::Cache={folder / 'cache'}",
        ]  # fmt: skip
        tried = _run(folder, "apt-get", "download", _PACKAGE)
        if tried:
            tried = _run(folder, "apt-get", *own, "update") or _run(
                folder, "apt-get", *own, "download", _PACKAGE
            )
        packages = list(folder.glob("*.deb"))
        if tried or not packages:
            pytest.fail(
                "Prometheus is needed, and could not be fetched from Debian. Put `prometheus` and"
                f" `promtool` on PATH, or let apt-get reach a mirror:\n{tried}",
                pytrace=False,
            )
        tried = _run(folder, "dpkg-deb", "--extract", str(packages[0]), str(_KEPT))
        if tried:
            pytest.fail(f"Prometheus could not be unpacked:\n{tried}", pytrace=False)


def _run(folder: Path, *command: str) -> str:
    """Run a command; return what it says if it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr or f"{command[0]}: {done.returncode}"
