"""Post-commit work: what a transaction leaves to be published once it has committed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from treadle.dag.specs import Lane
from treadle.ledger.engine.leases import Ref


class Queued(NamedTuple):
    """A ready row as the dispatch queue carries it."""

    queue: str
    priority: int
    lane: Lane
    owner: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class Parked:
    """A question that waits for its answer, as the pause table knows it."""

    interaction_id: UUID
    execution_id: UUID
    warn_at: datetime
    """`timeout_at` if people were warned already."""
    timeout_at: datetime
    is_sent: bool = False
    """Whether it is sent through a channel."""


@dataclass(slots=True)
class PostCommit:
    """What is to be published. All of it may be lost: the ledger still has what it came from."""

    to_send: list[Queued] = field(default_factory=list)
    """Rows that are noted as sent: their messages are to be pushed."""
    touched: dict[UUID, int] = field(default_factory=dict)
    """Executions with new events, and the seq of the last one: their followers are notified."""
    parked: list[Parked] = field(default_factory=list)
    """Questions that were asked: they belong in the pause table."""
    unparked: list[UUID] = field(default_factory=list)
    """Questions that are pending no more: they leave it."""
    has_timers: bool = False
    """Whether a timer or a retry was set: the scheduler is to look at its clock."""

    def __bool__(self) -> bool:
        return bool(self.to_send or self.touched or self.parked or self.unparked or self.has_timers)

    def merge(self, later: PostCommit) -> None:
        """Add what a later transaction left."""
        self.to_send += later.to_send
        self.touched.update(later.touched)
        self.parked += later.parked
        self.unparked += later.unparked
        self.has_timers = self.has_timers or later.has_timers


class DispatchQueue(Protocol):
    """What carries ready rows to workers, as the engine needs it; safe for threads."""

    def refresh(self) -> None:
        """Look at what there is room for, unless that was done just now; before a transaction."""

    def admit(self, queue: str) -> str | None:
        """Return the epoch to note if `queue` has room for one more row, else `None`.

        Asked while an execution's row is locked, so it answers from memory.
        """

    def expected_seconds(self, queue: str, lane: Lane) -> float:
        """Return the seconds that a node of this queue and lane is expected to take."""

    def publish(self, work: PostCommit) -> None:
        """Carry out post-commit work, as far as that is possible now; it never raises."""
