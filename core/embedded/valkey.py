"""The embedded Valkey: a private unix socket, nothing on disk, gone with its parent."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import redis

from core.embedded.binaries import valkey_program
from core.embedded.ownership import make_private, socket_folder
from core.embedded.server import EmbeddedServer
from core.processes.guarded import Command

_SOCKET = "valkey.sock"


class EmbeddedValkey(EmbeddedServer):
    """Valkey that persists nothing, so that a restart is always seen as a loss."""

    name = "valkey"
    stop_steps = ((signal.SIGTERM, 5.0),)

    def __init__(self, folder: Path, keep_open: Sequence[int] = ()) -> None:
        """Keep files in `folder`, which must exist; the server inherits `keep_open`."""
        super().__init__(folder / "valkey.log", keep_open)
        self._folder = folder
        self._sockets = socket_folder(folder / "run", _SOCKET)

    @property
    def url(self) -> str:
        """Its address, for `core.redis.connect`."""
        return f"unix://{quote(str(self._sockets / _SOCKET))}"

    def _command(self) -> Command:
        make_private(self._sockets, None)
        options = {
            "port": "0",
            "unixsocket": str(self._sockets / _SOCKET),
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
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1.0) as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False
