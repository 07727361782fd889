"""A TCP proxy in front of both servers, so that their network can be cut or go silent.

A process of its own: `python -m bench.faults.proxy NAME=SOCKET …`. It prints `NAME PORT` for each,
and reads lines `NAME MODE` from its standard input, whose end is its own:

- `open`: everything passes.
- `cut`: connections are reset, those that exist and those that come.
- `silent`: nothing passes in either direction, and new connections get no answer; with `open` all
  goes on where it stood.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from asyncio import Task, Transport
from typing import cast

#: Close with a reset instead of a farewell.
_RESET = struct.pack("ii", 1, 0)


class Gate:
    """One server behind a port."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.sides: set[Side] = set()
        self.is_cut = False
        self.speaks = asyncio.Event()
        self.speaks.set()
        self._joining: set[Task[None]] = set()

    async def listen(self) -> int:
        """Listen on a free port of loopback, and return it."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Side(self, is_client=True), "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    def set(self, mode: str) -> None:
        """Change the mode of all connections, present and future."""
        self.is_cut = mode == "cut"
        if mode == "silent":
            self.speaks.clear()
        else:
            self.speaks.set()
        for side in list(self.sides):
            if self.is_cut:
                side.reset()
            else:
                side.pause_if_it_must()

    def join(self, client: Side) -> None:
        """Connect a client to the server, as soon as the network speaks."""
        task = asyncio.get_running_loop().create_task(self._join(client))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self, client: Side) -> None:
        await self.speaks.wait()
        loop = asyncio.get_running_loop()
        try:
            if self.is_cut:
                raise ConnectionResetError
            _, server = await loop.create_unix_connection(
                lambda: Side(self, is_client=False), self.path
            )
        except OSError:
            client.reset()
            return
        client.peer, server.peer = server, client
        if client.is_closed:
            server.reset()
            return
        for side in (client, server):
            side.pause_if_it_must()


class Side(asyncio.Protocol):
    """One end of a connection."""

    def __init__(self, gate: Gate, *, is_client: bool) -> None:
        self.peer: Side | None = None
        self.is_closed = False
        self._gate = gate
        self._is_client = is_client
        self._peer_is_full = False
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("Transport", transport)
        self._gate.sides.add(self)
        self.pause_if_it_must()
        if self._is_client:
            self._gate.join(self)

    def data_received(self, data: bytes) -> None:
        if self.peer is not None:
            self.peer.transport.write(data)

    def pause_writing(self) -> None:
        self._tell_peer(is_full=True)

    def resume_writing(self) -> None:
        self._tell_peer(is_full=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        self._gate.sides.discard(self)
        if self.peer is not None and not self.peer.is_closed:
            self.peer.transport.close()

    def pause_if_it_must(self) -> None:
        """Read on, or not: without a peer, in front of a full one, or in silence."""
        must = self.peer is None or self._peer_is_full or not self._gate.speaks.is_set()
        if must and not self._is_paused:
            self.transport.pause_reading()
        elif self._is_paused and not must:
            self.transport.resume_reading()
        self._is_paused = must

    def reset(self) -> None:
        """End the connection as a network does that is gone."""
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.family != socket.AF_UNIX:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def _tell_peer(self, *, is_full: bool) -> None:
        if self.peer is not None and not self.peer.is_closed:
            self.peer._peer_is_full = is_full
            self.peer.pause_if_it_must()


async def _run() -> None:
    gates = {}
    for argument in sys.argv[1:]:
        name, _, path = argument.partition("=")
        gates[name] = Gate(name, path)
        print(name, await gates[name].listen(), flush=True)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        name, mode = line.decode().split()
        gates[name].set(mode)
        print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(_run())
