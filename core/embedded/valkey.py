"""The embedded Valkey: a private unix socket, nothing on disk, stops with its parent."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from treadle.core.embedded.binaries import valkey_program
from treadle.core.embedded.ownership import make_private, socket_folder
from treadle.core.embedded.server import EmbeddedServer
from treadle.core.processes.guarded import Command

_SOCKET = "valkey.sock"


class EmbeddedValkey(EmbeddedServer):
    """Valkey that persists nothing, so that a restart is always seen as a loss."""

    name = "valkey"
    stop_steps = ((signal.SIGTERM, 5.0),)

    def __init__(self, folder: Path, keep_open: Sequence[int] = ()) -> None:
        """Keep files in `folder`, which must exist; the server inherits `keep_open`."""
        super().__init__(folder / "valkey.log", keep_open)
        self._folder = folder
        self.socket_path = socket_folder(folder / "valkey.run", _SOCKET) / _SOCKET

    @property
    def url(self) -> str:
        """Its address, for `core.redis.connect`."""
        return f"unix://{quote(str(self.socket_path))}"

    def stop(self) -> None:
        """Stop in bounded time and remove the socket's folder."""
        super().stop()
        shutil.rmtree(self.socket_path.parent, ignore_errors=True)

    def _command(self) -> Command:
        make_private(self.socket_path.parent, None)
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "dir": str(self._folder),
        }
        argv = [str(valkey_program())]
        for option, value in options.items():
            argv += [f"--{option}", value]
        return Command(
            argv,
            farewell=signal.SIGTERM,
            patience_seconds=3.0,
            keep_open=self._keep_open,
        )

    def _answers(self) -> bool:
        # Without a client, because that leaves its socket to the garbage collector on failure.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self.socket_path))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
            except OSError:
                return False
