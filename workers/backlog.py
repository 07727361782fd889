"""Backlogs: what a thread has claimed and not run yet, and what of it is given back.

All of it waits behind the one that runs, which may take longer than expected: after a while it goes
back to the ledger, where other threads find it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock

from treadle.ledger.engine.leases import Claim

#: Seconds of one attempt after which what waits behind it is given back; and seconds of a backlog
#: after which what follows goes to the queue, where others share it.
LATE_SECONDS = 1.0


class Backlog:
    """The claims of one message, and those that were handed over since; safe for threads."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._until = time.monotonic() + LATE_SECONDS
        #: When the attempt began that runs now.
        self._running_since: float | None = None
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

    @property
    def is_held_up(self) -> bool:
        """Whether one attempt has run for longer than others should wait for it."""
        since = self._running_since
        return since is not None and time.monotonic() - since >= LATE_SECONDS

    @property
    def has_begun(self) -> bool:
        """Whether something of it was started, and is not only claimed."""
        return bool(self._begun)

    def __bool__(self) -> bool:
        return bool(self._begun or self._members or self._handed_over)

    def take(self, wanted: Callable[[Claim], bool] | None = None) -> Claim | None:
        """Take what is run now, if it is wanted; `None` if not, or if nothing is left."""
        with self._lock:
            first = self._begun or self._members or self._handed_over
            if not first or (wanted is not None and not wanted(first[0])):
                return None
            self._running_since = time.monotonic()
            return first.popleft()

    def ran(self) -> None:
        """Say that nothing of it runs: what it waits for now is the ledger."""
        self._running_since = None

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

    def take_held_up(self) -> list[Claim]:
        """Take what waits behind attempts that take longer than others should wait for them."""
        with self._lock:
            held_up = [each for each in self._open if each.is_held_up]
        return [claim for each in held_up for claim in each.take_all()]
