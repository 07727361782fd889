"""Which addresses an outgoing connection may reach."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from treadle.core.dialer import AddressPolicy

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "64:ff9b:1::a00:1",
]
HIDDEN_IPV4 = [
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address: str) -> None:
    """The internet is there to be called."""
    assert AddressPolicy().permits(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    """What only this machine or network can reach is not reached for a workflow."""
    assert not AddressPolicy().permits(ip_address(address))


@pytest.mark.parametrize("address", HIDDEN_IPV4)
def test_a_private_ipv4_address_inside_an_ipv6_address_is_refused(address: str) -> None:
    """Mapped, translated and tunneled addresses are judged by what they lead to."""
    assert not AddressPolicy().permits(ip_address(address))


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_ipv4_address_inside_an_ipv6_address_is_permitted(address: str) -> None:
    """A network without IPv4 still reaches the rest of the world."""
    assert AddressPolicy().permits(ip_address(address))


def test_the_operator_can_list_networks_and_nothing_beside_them_opens() -> None:
    """A listed network is reached, under its mapped spelling too; its neighbours are not."""
    policy = AddressPolicy((ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5"):
        assert policy.permits(ip_address(address))
    for address in ("10.2.0.1", "127.0.0.1", "fd00:2::5", "::1"):
        assert not policy.permits(ip_address(address))
