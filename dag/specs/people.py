"""Human in the loop: nodes that ask a person and wait for the answer, without a worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from treadle.dag.channels import (
    CHANNELS,
    DEFAULT_CHANNEL,
    PLANNED,
    ChannelFields,
    ChannelType,
)
from treadle.dag.fields import Fixed, has_template
from treadle.dag.forms import PARTS, InputField
from treadle.dag.problems import Problem
from treadle.dag.questions import (
    APPROVE_OR_REJECT,
    OF_TYPE,
    ApprovalOption,
    Decision,
    InteractionType,
    Priority,
    Question,
    SelectionOption,
    TimeoutAction,
    question_problems,
)
from treadle.dag.replies import ANSWER_NEEDS, default_problems
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import Config, Lane, NodeSpec

Account = Annotated[str, Field(min_length=1, max_length=200)]


def _available(channel: Any) -> Any:
    if channel in PLANNED:
        raise PydanticCustomError(
            "feature_not_implemented",
            "The channel `{name}` is not in this release; `in_app` and `webhook` are.",
            {"name": channel},
        )
    return channel


class _Question(Configuration):
    """What every question has, by whatever channel it is asked."""

    interaction_type: Annotated[InteractionType, Fixed()] = InteractionType.APPROVAL
    """Yes or no; a form; a choice; a review of content that may be edited."""
    channel_type: Annotated[ChannelType, BeforeValidator(_available), Fixed()] = DEFAULT_CHANNEL
    """How people learn of it: they look (API, `treadle inbox`), or your server is called."""
    title: Annotated[str, Field(min_length=1, max_length=200)]
    """What is asked, in a line."""
    message: Annotated[str, Field(max_length=20_000)] = ""
    """What people need to know to answer."""
    priority: Priority = Priority.NORMAL
    """Its urgency, which orders the inbox."""
    assignees: list[Account] = Field(default_factory=list, max_length=100)
    """The accounts that may answer; the execution's owner if empty."""
    timeout_seconds: int = Field(default=3600, ge=60, le=86_400)
    """Seconds from when it is asked, also while the execution is paused."""
    timeout_action: Annotated[TimeoutAction, Fixed()] = TimeoutAction.FAIL
    """When time is over: fail with `hil_timeout`, leave by `timeout`, or take the default."""
    default_response: dict[str, Any] | None = None
    """`default_response`: the system's answer, as a person would send it."""
    approval_options: list[ApprovalOption] = Field(default_factory=list, max_length=PARTS)
    """`approval`: `{value, label, decision}` each; without any, `approve` and `reject`."""
    input_fields: list[InputField] = Field(default_factory=list, max_length=PARTS)
    """`input`: `{name, label, type, required, …}` each."""
    selection_options: list[SelectionOption] = Field(default_factory=list, max_length=PARTS)
    """`selection`: `{value, label}` each."""
    min_selections: int = Field(default=1, ge=0, le=PARTS)
    """`selection`: the fewest to choose."""
    max_selections: int = Field(default=1, ge=1, le=PARTS)
    """`selection`: the most to choose."""
    content: Any = None
    """`review`: what is shown."""


class Asking(ChannelFields, _Question):
    """A question to a person, with the fields of every channel."""


class Reviewing(Asking):
    """A question with content to review."""

    interaction_type: Annotated[InteractionType, Fixed()] = InteractionType.REVIEW
    """Yes or no; a form; a choice; a review of content that may be edited."""


def question_of(config: Asking) -> Question:
    """Return the question that rendered configurations ask."""
    fields = config.model_dump(include=set(Question.model_fields), exclude_none=True)
    return Question.model_validate(fields)


def _type_of(config: Config, default: str) -> str:
    """Return a question's type; the default where it is none, which the model reports."""
    kind = config.get("interaction_type", default)
    return kind if isinstance(kind, str) else default


def _problems(config: Config, default: str) -> Iterator[Problem]:
    kind = _type_of(config, default)
    for name, belongs in _belonging(config, kind):
        if not belongs and config.get(name) not in (None, [], Question.model_fields[name].default):
            message = f"It has no effect in a question of type {kind}."
            yield Problem(name, "not_used_here", message, f"Remove `{name}`.")
        elif belongs and name in _NEEDED and config.get(name) is None:
            message = f"`{name}` is missing."
            yield Problem(name, "missing", message, f"Add `{name}`.")
    for channel in CHANNELS.values():
        yield from channel.check(config)
    yield from _carrying(config, kind)
    question = _known(config, kind)
    if question is not None:
        yield from list(question_problems(question)) or default_problems(question)


def _carrying(config: Config, kind: str) -> Iterator[Problem]:
    """Report a channel that cannot carry a question, or its answer."""
    name = config.get("channel_type", DEFAULT_CHANNEL)
    channel = CHANNELS.get(name) if isinstance(name, str) else None
    if channel and kind in OF_TYPE and not channel.can_ask(kind, ANSWER_NEEDS[kind]):
        message = f"A question of type {kind} cannot be asked by `{name}`."
        yield Problem("channel_type", "not_carried", message, "Use another channel.")


_NEEDED = ("default_response", *(name for each in CHANNELS.values() for name in each.needed))


def _belonging(config: Config, kind: str) -> Iterator[tuple[str, bool]]:
    """Yield the fields that not every question uses, and whether this one does."""
    for each, names in OF_TYPE.items():
        yield from ((name, each == kind) for name in names)
    yield "default_response", config.get("timeout_action") == TimeoutAction.DEFAULT_RESPONSE
    for channel in CHANNELS.values():
        of_it = config.get("channel_type") == channel.name
        yield from ((name, of_it) for name in channel.fields.model_fields)


def _known(config: Config, kind: str) -> Question | None:
    """Return the parts of the question that answers depend on; `None` if they hold templates."""
    names = [*OF_TYPE.get(kind, ()), "default_response"]
    parts = {name: config[name] for name in names if config.get(name) not in (None, [])}
    if has_template(parts):
        return None
    try:
        return Question.model_validate({"interaction_type": kind, "title": "", **parts})
    except ValidationError:
        return None


def _derived(config: Config, default: str) -> Config:
    if _type_of(config, default) == InteractionType.APPROVAL and not config["approval_options"]:
        return {"approval_options": [each.model_dump() for each in APPROVE_OR_REJECT]}
    return {}


def _keys(_: Config) -> tuple[str, ...]:
    return (Decision.CONFIRMED, Decision.REJECTED, "unrelated", Decision.TIMEOUT)


_PUTS_OUT = (
    "confirmed, rejected, timeout: "
    "{interaction_id, decision, answer, answered_by, via, at, timed_out, input}"
)

IN_APP_APPROVAL = NodeSpec(
    "HUMAN_IN_THE_LOOP",
    "IN_APP_APPROVAL",
    "Asks a person, by default for a yes or no, and leaves by the decision.",
    Asking,
    Lane.INLINE,
    keys=_keys,
    check=lambda config: _problems(config, InteractionType.APPROVAL),
    derived=lambda config: _derived(config, InteractionType.APPROVAL),
    puts_out=_PUTS_OUT,
    example={
        "title": "Refund {{ input.amount }} to {{ input.customer }}?",
        "assignees": ["ana"],
        "timeout_seconds": 7200,
    },
)

MANUAL_REVIEW = NodeSpec(
    "HUMAN_IN_THE_LOOP",
    "MANUAL_REVIEW",
    "Shows content to a person, who may edit it before it is passed on.",
    Reviewing,
    Lane.INLINE,
    keys=_keys,
    check=lambda config: _problems(config, InteractionType.REVIEW),
    derived=lambda config: _derived(config, InteractionType.REVIEW),
    puts_out=_PUTS_OUT,
    example={"title": "Send this answer?", "content": "{{ input.draft }}"},
)

PEOPLE_SPECS = frozenset({IN_APP_APPROVAL, MANUAL_REVIEW})
