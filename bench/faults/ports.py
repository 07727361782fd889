"""Ports that nobody else takes meanwhile."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

#: Ports that the system gives nobody by itself.
_PORTS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Return so many ports of loopback that are free now."""
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            port = secrets.choice(_PORTS)
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            found.append(port)
        return found
