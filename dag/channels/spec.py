"""ChannelSpec: one declarative value per channel, from which everything about it is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Generic, TypeVar

from pydantic import BaseModel

from treadle.dag.model import Strict
from treadle.dag.problems import Problem
from treadle.dag.values import Value

Fields = TypeVar("Fields", bound=Strict)


@unique
class Inbound(StrEnum):
    """A way by which answers come."""

    INBOX = "inbox"
    """People look for the question (API, `treadle inbox`) and answer there."""
    LINK = "link"
    """Whoever holds the link that was sent with it answers, without a key."""


def _no_problems(_: Mapping[str, Value]) -> Iterable[Problem]:
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSpec(Generic[Fields]):
    """All that is known of a channel. Every spec is a module-level constant."""

    name: str
    """What `channel_type` calls it, a label of metrics too: lower case."""
    description: str
    """How people learn of a question by it, in a sentence."""
    fields: type[Fields]
    """The configuration fields that belong to it alone, each with `None` for a default."""
    needed: tuple[str, ...] = ()
    """Those of its fields that a question by it must give."""
    check: Callable[[Mapping[str, Value]], Iterable[Problem]] = _no_problems
    """Problems of its fields as written, templates included, that their types do not show."""
    carries: frozenset[str] | None = None
    """The types of questions that can be asked by it; `None` is all."""
    answers_with: frozenset[str] | None = None
    """What an answer by it can say (`decision`, `values`, …); `None` is all. A question whose
    answer needs more cannot be asked by it."""
    is_sent: bool = False
    """Whether questions are sent by it, through the outbox; else people look for them."""
    inbound: frozenset[Inbound] = frozenset({Inbound.INBOX})
    """The ways by which answers come."""

    def can_ask(self, interaction_type: str, answer_parts: Iterable[str]) -> bool:
        """Return whether it can carry a question of a type and an answer of these parts."""
        if self.carries is not None and interaction_type not in self.carries:
            return False
        return self.answers_with is None or self.answers_with.issuperset(answer_parts)

    def configured(self, question: BaseModel) -> Fields:
        """Return the fields of this channel, as a question has them."""
        own = question.model_dump(include=set(self.fields.model_fields))
        return self.fields.model_validate(own)
