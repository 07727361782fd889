"""Ports that nobody else takes meanwhile."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

#: Ports that the system gives nobody by itself.
_PORTS = range(20_000, 32_000)


def port_base() -> tuple[str, str]:
    """Return the option of `treadle up` that gives it four ports which are free."""
    while True:
        base = secrets.choice(_PORTS)  # not `random`, which every test seeds alike
        with ExitStack() as held:
            try:
                for port in range(base, base + 4):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        return "--port-base", str(base)
