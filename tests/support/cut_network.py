"""A network in front of a server's socket that a test can cut or make silent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[2]


class Network:
    """The fault run's proxy (`bench.faults.proxy`), with one server behind it."""

    def __init__(self, proxy: subprocess.Popen[str]) -> None:
        self._proxy = proxy
        assert proxy.stdout is not None
        self.port = int(proxy.stdout.readline().split()[1])

    def set(self, mode: str) -> None:
        """Make it `open`, `cut` or `silent`."""
        assert self._proxy.stdin is not None
        assert self._proxy.stdout is not None
        self._proxy.stdin.write(f"server {mode}\n")
        self._proxy.stdin.flush()
        assert self._proxy.stdout.readline() == "ok\n"


@contextmanager
def proxied(path: Path) -> Iterator[Network]:
    """Run a network in front of a unix socket for the `with` block."""
    command = [sys.executable, "-m", "bench.faults.proxy", f"server={path}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=_ROOT) as proxy:
        try:
            yield Network(proxy)
        finally:
            proxy.terminate()
