"""What is asked of a model and what it says, whichever provider's interface carries it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict

from treadle.core.provider_errors import (
    AnswerCut,
    AnswerFiltered,
    AnswerIncomplete,
    ModelRefused,
)
from treadle.core.providers import Tokens

OnDelta: TypeAlias = Callable[[str], Awaitable[None]]
"""Told each piece of an answer as it comes."""


class Message(TypedDict):
    """A turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a model."""

    model: str
    system: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None
    schema: Mapping[str, Any] | None
    """What the answer is held to, as far as the provider can."""
    headers: Mapping[str, str]
    """Sent beside the SDK's own."""


@dataclass(slots=True)
class StreamedReply:
    """What a model has said so far."""

    model: str = ""
    """Which one answered, by the provider's words."""
    parts: list[str] = field(default_factory=list)
    characters: int = 0
    tokens: Tokens | None = None
    """As the provider counted; `None` until it has."""
    finish: str | None = None
    """Why it stopped; `None` while it has not."""
    refusal: str = ""

    @property
    def text(self) -> str:
        return "".join(self.parts)

    async def add(self, piece: str | None, on_delta: OnDelta) -> None:
        """Take in the next piece of the answer."""
        if piece:
            self.parts.append(piece)
            self.characters += len(piece)
            await on_delta(piece)


#: Words for the end of an answer, of both providers.
_REFUSED = frozenset({"refusal"})
_FILTERED = frozenset({"content_filter"})
_CUT = frozenset({"length", "max_tokens", "model_context_window_exceeded"})


def check_end(said: StreamedReply, question: Question) -> None:
    """See to it that an answer came to its end.

    Raises:
        AnswerIncomplete: it broke off.
        ModelRefused: the model declined.
        AnswerFiltered: the provider withheld it.
        AnswerCut: it is as long as it may be.
    """
    name = said.model or question.model
    if said.refusal or said.finish in _REFUSED:
        raise ModelRefused(f"{name} declined: {said.refusal or said.text or 'it did not say why'}")
    if said.finish is None:
        raise AnswerIncomplete(f"The answer of {name} broke off.", characters=said.characters)
    if said.finish in _FILTERED:
        raise AnswerFiltered(f"The answer of {name} was withheld by a content filter.")
    if said.finish in _CUT:
        raise AnswerCut(
            f"The answer of {name} was cut off: {said.finish}.", max_tokens=question.max_tokens
        )
