"""Resolves names, and connects to permitted addresses only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

import httpcore

from treadle.core.dialer.addresses import Address, AddressPolicy
from treadle.core.dialer.errors import AddressNotAllowed, ConnectionFailed, NameNotResolved

Resolver = Callable[[str, int], Awaitable[list[Address]]]
"""Returns the addresses of a host and port, best first.

Raises:
    NameNotResolved: it has none.
"""


async def system_resolver(host: str, port: int) -> list[Address]:
    """Resolve as the operating system does: hosts file, name servers, and every spelling of an
    address that a C library accepts (`2130706433`, `0177.1`), so that the checked address is the
    one to connect to.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise NameNotResolved(f"The host {host} was not found: {exc}", host=host) from exc
    return [ip_address(entry[4][0]) for entry in found]


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to permitted addresses only, and nothing else.

    The pool passes a host name, and the connection is made to an address, so no second resolution
    can happen. TLS comes later and is verified against the host name.
    """

    def __init__(self, policy: AddressPolicy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first permitted address of the host that answers."""
        failure: Exception | None = None
        for address in await self._permitted(host, port):
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise ConnectionFailed(
            f"No connection to {host}:{port}: {failure or 'timed out'}", host=host, port=port
        ) from failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: unix sockets are local to this machine."""
        raise AddressNotAllowed(f"Unix sockets must not be reached: {path}")

    async def _permitted(self, host: str, port: int) -> list[Address]:
        found = list(dict.fromkeys(await self._resolver(host, port)))
        permitted = [address for address in found if self._policy.permits(address)]
        if not permitted:
            shown = ", ".join(map(str, found))
            raise AddressNotAllowed(
                f"{host} is {shown}, which workflows may not reach.",
                host=host,
                addresses=[str(address) for address in found],
            )
        return permitted
