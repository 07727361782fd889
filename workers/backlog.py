"""Backlogs: what a thread has claimed and not run yet, and what of it is given back.

A member of a chunk that has not started waits behind the one that runs, which may take longer than
expected: after a while the members go back to the ledger, where other threads find them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock

from treadle.ledger.engine.leases import Claim

#: Seconds after which what has not started is given back, and what follows goes to the queue, where
#: others share it.
LATE_SECONDS = 1.0


class Backlog:
    """The claims of one message, and those that were handed over since; safe for threads."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._until = time.monotonic() + LATE_SECONDS
        self._begun: deque[Claim] = deque()
        self._members: deque[Claim] = deque()
        self._handed_over: deque[Claim] = deque()
        self._lock = Lock()
        for each in claims:
            (self._begun if each.started else self._members).append(each)

    @property
    def is_late(self) -> bool:
        """Whether it has taken longer than any backlog should."""
        return time.monotonic() >= self._until

    def __bool__(self) -> bool:
        return bool(self._begun or self._members or self._handed_over)

    def take(self, wanted: Callable[[Claim], bool] | None = None) -> Claim | None:
        """Take what is run next, if it is wanted; `None` if not, or if nothing is left."""
        with self._lock:
            first = self._begun or self._members or self._handed_over
            return first.popleft() if first and (wanted is None or wanted(first[0])) else None

    def add(self, handed_over: Iterable[Claim]) -> None:
        """Take in what a settle handed over; it is run after the members of the chunk."""
        with self._lock:
            self._handed_over.extend(handed_over)

    def next_member(self) -> Claim | None:
        """Take the member that is to be started now, if one is due."""
        with self._lock:
            return self._members.popleft() if self._members and not self._begun else None

    def begin(self, member: Claim) -> None:
        """Take in a member that was started."""
        with self._lock:
            self._begun.append(member)

    def take_members(self) -> list[Claim]:
        """Take the members that have not started."""
        with self._lock:
            members = list(self._members)
            self._members.clear()
        return members

    def take_all(self) -> list[Claim]:
        """Take whatever is left."""
        with self._lock:
            left = [*self._begun, *self._members, *self._handed_over]
            for each in (self._begun, self._members, self._handed_over):
                each.clear()
        return left


class Backlogs:
    """The backlogs of a process's threads; safe for threads."""

    def __init__(self) -> None:
        self._open: set[Backlog] = set()
        self._lock = Lock()

    @contextmanager
    def open(self, claims: Iterable[Claim]) -> Iterator[Backlog]:
        """Watch a backlog for as long as the `with` block runs it."""
        backlog = Backlog(claims)
        with self._lock:
            self._open.add(backlog)
        try:
            yield backlog
        finally:
            with self._lock:
                self._open.discard(backlog)

    def take_late(self) -> list[Claim]:
        """Take the members that have not started of the backlogs that are late."""
        with self._lock:
            late = [each for each in self._open if each.is_late]
        return [member for each in late for member in each.take_members()]
