"""Drafts: what a model answers with. Flat, so that every provider can enforce the schema.

No field is optional and no object is open, because strict structured output allows neither: a
step's configurations are a list of names with texts, which `planner.building` interprets.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from treadle.dag.problems import Problem
from treadle.dag.specs import AVAILABLE


class Message(TypedDict):
    """A turn of the conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


#: An unknown type is not refused here: validation reports it with a suggestion.
StepType = Annotated[str, Field(json_schema_extra={"enum": [spec.key for spec in AVAILABLE]})]

PlaceholderType = Literal["text", "number", "boolean", "date", "url", "email", "list", "object"]


class Flat(BaseModel):
    """A closed object with all fields required."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SettingDraft(Flat):
    """One field of a step's configurations."""

    field: str
    """Its name; `input.NAME` sets a value of the step's input instead."""
    value: str
    """Text as it is; everything else as JSON."""


class StepDraft(Flat):
    """A node."""

    purpose: str
    """What the step is for, in a sentence."""
    type: StepType
    id: str
    """Short, lower case, with underscores."""
    settings: list[SettingDraft]


class ConnectionDraft(Flat):
    """What follows what."""

    source: str
    """The id of the step it leads from."""
    output_key: str
    """The key by which it leaves that step."""
    target: str
    """The id of the step it leads to."""


class PlaceholderDraft(Flat):
    """A value that the request does not contain."""

    name: str
    """Steps read it as `trigger.NAME`."""
    type: PlaceholderType
    description: str
    """What is asked of the person who starts the workflow."""


class PlanDraft(Flat):
    """A workflow that does what the request asks for."""

    rationale: str
    """Why these steps, in two or three sentences."""
    title: str
    assumptions: list[str]
    """What the request leaves open and the plan takes for granted."""
    placeholders: list[PlaceholderDraft]
    steps: list[StepDraft]
    connections: list[ConnectionDraft]
    cannot: str
    """Empty, or why the request cannot be done with the step types there are."""


#: How large a draft may be; plans of people have a tenth of it.
_CHARACTERS, _STEPS, _CONNECTIONS = 256 * 1024, 200, 1_000

#: What models write where they have nothing to say, in lower case and without punctuation.
_FILLERS = frozenset(
    {"", "string", "text", "title", "todo", "tbd", "na", "none", "null", "unknown", "placeholder",
     "placeholder title", "example", "untitled", "lorem ipsum", "your title here"}
)  # fmt: skip


def gave_up(draft: PlanDraft) -> bool:
    """Return whether a draft is an empty plan: no steps, or filler words.

    A draft that explains why the request cannot be done is not empty.
    """
    if draft.cannot.strip():
        return False
    if not draft.steps or _is_filler(draft.title):
        return True
    return all(_is_filler(step.id) or _is_filler(step.type) for step in draft.steps)


def oversize_of(draft: PlanDraft, text: str) -> list[Problem]:
    """Return what of a draft is more than a plan may have, before any of it is looked at."""
    counts = (
        ("characters", len(text), _CHARACTERS),
        ("steps", len(draft.steps), _STEPS),
        ("connections", len(draft.connections), _CONNECTIONS),
        ("placeholders", len(draft.placeholders), _STEPS),
    )
    return [
        Problem("", "plan_too_large", f"The plan has {count:,} {what}.", f"Use at most {most:,}.")
        for what, count, most in counts
        if count > most
    ]


def _is_filler(text: str) -> bool:
    plain = "".join(each for each in text.casefold() if each.isalnum() or each.isspace())
    return " ".join(plain.split()) in _FILLERS
