"""Leases: what this process runs right now, and what ends it (rules 7 and 10).

A process runs a lease as long as something holds the claim itself. So the register is weak: there
is no list that somebody could forget to take a claim from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from uuid import UUID
from weakref import WeakValueDictionary

from treadle.ledger.engine.leases import Claim


class Leases:
    """The claims that this process runs; safe for threads."""

    def __init__(self) -> None:
        self._claims: WeakValueDictionary[UUID, Claim] = WeakValueDictionary()
        self._interrupts: dict[UUID, tuple[float, Callable[[], None]]] = {}
        self._lock = Lock()

    def add(self, claims: Iterable[Claim]) -> None:
        """Register claims, from now on until nothing holds them any more."""
        with self._lock:
            for claim in claims:
                self._claims[claim.lease_id] = claim

    def held(self) -> dict[UUID, Claim]:
        """Return the claims that are run, by lease."""
        with self._lock:
            # Pairs hold their claims: looked up by its key, one may just have died.
            return dict(self._claims.items())

    @contextmanager
    def interruptible(
        self, claim: Claim, seconds: float, interrupt: Callable[[], None]
    ) -> Iterator[None]:
        """While inside, call `interrupt` once when `seconds` pass or the lease is lost."""
        with self._lock:
            self._interrupts[claim.lease_id] = (time.monotonic() + seconds, interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.pop(claim.lease_id, None)

    def interrupt(self, lease_ids: Iterable[UUID]) -> None:
        """Interrupt attempts whose leases are lost."""
        with self._lock:
            for lease_id in lease_ids:
                due = self._interrupts.pop(lease_id, None)
                if due is not None:
                    due[1]()

    def interrupt_overdue(self) -> None:
        """Interrupt attempts past their limit."""
        now = time.monotonic()
        with self._lock:
            overdue = [lease for lease, (limit, _) in self._interrupts.items() if limit <= now]
            for lease_id in overdue:
                self._interrupts.pop(lease_id)[1]()
