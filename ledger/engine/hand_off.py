"""Hand-off: a caller takes over some of what its own transaction makes ready, without a message."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from treadle.ledger.engine.leases import NOBODY, Claim


@dataclass(frozen=True, slots=True)
class HandOffBudget:
    """How much of what becomes ready a caller runs at once."""

    worker_id: UUID
    queues: frozenset[str]
    seconds: float
    """How much work it takes over, by what its nodes are known to take."""
    idle: bool
    """Whether it has nothing else to do: then it takes one node whatever that takes."""


#: The budget of a caller that takes nothing over.
NO_HAND_OFF = HandOffBudget(NOBODY, frozenset(), seconds=0.0, idle=False)


class Room:
    """What is left of a budget; the requests of one thread use it together."""

    __slots__ = ("_budget", "_idle", "_seconds")

    def __init__(self, budget: HandOffBudget) -> None:
        self._budget = budget
        self._seconds = budget.seconds
        self._idle = budget.idle

    def take(self, queue: str, seconds: float) -> bool:
        """Use room for one more node that takes `seconds`; return whether there was any."""
        if queue not in self._budget.queues:
            return False
        if seconds > self._seconds and not self._idle:
            return False
        self._seconds -= seconds
        self._idle = False
        return True


class Caller:
    """One of those that a transaction serves, and what it is handed."""

    __slots__ = ("_room", "claimed")

    def __init__(self, room: Room) -> None:
        self._room = room
        #: Leases taken for it to run now.
        self.claimed: list[Claim] = []

    def takes(self, queue: str, seconds: float) -> bool:
        """Return whether it has room for one more node that takes `seconds`, and use that room."""
        return self._room.take(queue, seconds)
