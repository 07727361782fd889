"""Which addresses an outgoing connection may reach.

The table is written out here, because what `ipaddress` calls global changes between patch releases
of Python. Pure; the dialer checks every address that a name resolves to.

Source: the IANA special-purpose address registries for IPv4 and IPv6.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; some clouds keep their metadata service here
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # public by registry, the platform's own service inside Azure
        "169.254.0.0/16",  # link-local; the metadata service of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

_PUBLIC_IPV6 = IPv6Network("2000::/3")
#: Global unicast: everything else of IPv6 is loopback, local, multicast or not assigned.

_NOT_PUBLIC_IPV6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments; Teredo tunnels hide an IPv4 address in here
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 tunnels hide an IPv4 address
        "3fff::/20",  # documentation
    )
)

_IPV4_INSIDE = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped: the operating system connects by IPv4
    IPv6Network("64:ff9b::/96"),  # NAT64: how a network without IPv4 reaches the rest
)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Public addresses are permitted; others only where the operator lists their network."""

    allowed: tuple[Network, ...] = ()
    """Networks that may be reached although they are not public."""

    def permits(self, address: Address) -> bool:
        """Return whether a connection to this address may be opened."""
        meant = _unwrapped(address)
        listed = any(one in network for network in self.allowed for one in (address, meant))
        return listed or _is_public(meant)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address embedded in an IPv6 address, else the address itself."""
    if isinstance(address, IPv6Address) and any(address in block for block in _IPV4_INSIDE):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_IPV4)
    return address in _PUBLIC_IPV6 and not any(address in block for block in _NOT_PUBLIC_IPV6)
