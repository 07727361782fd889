"""Questions: what a node asks a person, and what counts as an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.errors import TreadleError
from dag.values import Value


class ReplyInvalid(TreadleError):
    """An answer does not fit its question; the context lists every problem."""

    reason: ClassVar[str] = "reply_invalid"
    solution: ClassVar[str] = "Correct what `problems` names, and answer again."


class Question(BaseModel):
    """A question as it is asked: every text rendered, every default filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interaction_type: Literal["approval", "input", "selection", "review"]
    channel_type: Literal["in_app", "webhook"] = "in_app"
    title: str
    message: str = ""
    timeout_seconds: int = Field(3600, ge=60, le=86_400)
    timeout_action: Literal["fail", "continue", "default_response"] = "fail"
    assignees: tuple[str, ...] = ()
    default_response: Mapping[str, Value] | None = None

    def stored(self) -> bytes:
        """Return it as the ledger keeps it; `Question.model_validate_json` reads it back."""
        return self.model_dump_json().encode()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that fits: the key its node leaves by, and what was said."""

    decision: Literal["confirmed", "rejected"]
    answer: Value


def reply(question: Question, raw: Mapping[str, Any]) -> Reply:
    """Return what an answer comes to.

    Raises:
        ReplyInvalid: with every problem.
    """
    decision = raw.get("decision")
    if decision not in ("confirmed", "rejected"):
        raise ReplyInvalid(
            f"{decision!r} is no decision of this question.",
            problems=[{"path": "decision", "reason": "not_a_decision"}],
        )
    return Reply(decision, dict(raw))
