"""Requests by address, for routes that need no key: each address has its own rate."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.monitoring.metrics import REQUESTS_OVER_RATE

#: Addresses that are remembered; the one that has been silent for longest makes room.
_ADDRESSES = 10_000
#: Seconds of requests that may come at once.
_BURST_SECONDS = 10.0
#: Bits of an IPv6 address that one customer has: all addresses below count together.
_NETWORK_BITS = 64


class TooManyRequests(TreadleError):
    """More requests came from this address than it may send without a key."""

    reason: ClassVar[str] = "too_many_requests"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Wait as long as `Retry-After` says, and send fewer requests."


class AddressRates:
    """What each address has left; it is used by the event loop alone, and has no lock."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._burst = max(1.0, per_second * _BURST_SECONDS)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By address, the oldest first: requests left, and the monotonic time of that."""

    def count(self, address: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: with the seconds to wait.
        """
        name, now = _network(address), time.monotonic()
        left, since = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        if left < 1:
            REQUESTS_OVER_RATE.inc()
            raise TooManyRequests(
                "Too many requests without a key came from this address.",
                retry_after_seconds=math.ceil((1 - left) / self._per_second),
            )

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._left)


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(int(found) >> (128 - _NETWORK_BITS))
