"""Hosts: how an operator names those that a secret may be sent to. Pure.

`shop.example` is that host on any port, `shop.example:8443` on that one, and `*.shop.example` every
host below it. Names are compared as a whole, in lower case and Punycode; an address is compared as
an address.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

_BELOW = "*."
#: What stands in no host's name: a path, a query, credentials, white space, a wildcard.
_NO_NAME = re.compile(r"[\s/\\?#@*%]")


@dataclass(frozen=True, slots=True)
class Host:
    """A host, or all below one."""

    name: str
    """As `plain_name` writes it; `*.` before it is every host below."""
    port: int | None = None
    """`None` is any."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what an operator wrote.

        Raises:
            ValueError: it is no host; the message says how one is written.
        """
        is_below = text.startswith(_BELOW)
        rest = text.removeprefix(_BELOW)
        try:
            split = urlsplit(f"//{rest}")
            name, port = plain_name(split.hostname or ""), split.port
        except ValueError:
            name, port = "", None
        if not name or _NO_NAME.search(rest) or (is_below and _is_address(name)):
            raise ValueError(
                "this is no host: write `shop.example`, `shop.example:8443` or `*.shop.example`,"
                " without a scheme or a path"
            )
        return cls(_BELOW * is_below + name, port)

    def covers(self, name: str, port: int | None) -> bool:
        """Return whether it means a host, named as `plain_name` does, on a port."""
        if self.port is not None and self.port != port:
            return False
        if self.name.startswith(_BELOW):
            return name.endswith(self.name[1:]) and len(name) >= len(self.name)
        return name == self.name

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class BoundSecret:
    """A secret that goes to some hosts only."""

    name: str
    hosts: tuple[Host, ...]

    def may_go_to(self, host: str, port: int | None) -> bool:
        """Return whether it may be sent to a host, however that is spelled, on a port."""
        name = plain_name(host)
        return any(each.covers(name, port) for each in self.hosts)


def refusing(bound: Collection[BoundSecret], host: str, port: int | None) -> BoundSecret | None:
    """Return the first secret that may not be sent to a host; `None` if all may."""
    return next((each for each in bound if not each.may_go_to(host, port)), None)


def plain_name(host: str) -> str:
    """Return a host in the one way in which hosts are compared.

    Raises:
        ValueError: its letters beyond ASCII make no name.
    """
    host = host.strip("[]").lower().removesuffix(".")
    if _is_address(host):
        return str(ip_address(host))
    if host.isascii():
        return host
    import idna  # noqa: PLC0415 - it takes time to import, and few names need it

    return idna.encode(host, uts46=True).decode()  # its errors are ValueErrors


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False
