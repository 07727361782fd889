"""Channel: the one protocol by which questions are sent, and the message that is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from treadle.core.errors import TreadleError
from treadle.dag.questions import Question
from treadle.ledger.people.interactions import Interaction


class DeliveryFailed(TreadleError):
    """An attempt to deliver a question failed; it is repeated."""

    reason: ClassVar[str] = "delivery_failed"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Check the channel's address and its response."

    def __init__(self, message: str, *, after_seconds: float = 0.0, **context: Any) -> None:
        super().__init__(message, **context)
        self.after_seconds = after_seconds
        """What the other end asked for; a lower bound of the time until the next try."""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What answers a question without a key."""

    url: str
    """Where a POST answers it."""
    token: str
    """What makes that POST count: made for this try, it replaces those of the tries before."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent for a question."""

    id: UUID
    """The same on every try, so that a receiver knows it again."""
    kind: str
    """A `MessageKind`: `ask` or `warn`."""
    asked: Interaction
    link: AnswerLink | None
    """For channels by whose links answers come; none if the question names assignees."""


class Channel(Protocol):
    """One way to people."""

    def recipient(self, question: Question) -> str:
        """Return whom a message goes to, as the record names them."""

    async def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            DeliveryFailed
        """

    async def aclose(self) -> None:
        """End its connections."""
