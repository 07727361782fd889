"""Human in the loop: nodes that ask a person and wait for the answer, without a worker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from treadle.dag.forms import PARTS, InputField
from treadle.dag.problems import Problem
from treadle.dag.questions import (
    APPROVE_OR_REJECT,
    OF_TYPE,
    ApprovalOption,
    ChannelType,
    Decision,
    InteractionType,
    Priority,
    Question,
    SelectionOption,
    TimeoutAction,
    question_problems,
)
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.fields import Fixed, has_template
from treadle.dag.specs.spec import Config, Lane, NodeSpec

#: Ways to reach people that a later release has.
_LATER_CHANNELS = ("slack", "email", "discord", "telegram")

#: What names a secret; one that signs webhooks begins as no name may.
_SECRET_NAME = re.compile(r"(?!whsec_)[A-Za-z_][A-Za-z0-9_]*\Z")

Account = Annotated[str, Field(min_length=1, max_length=200)]


def _available(channel: Any) -> Any:
    if channel in _LATER_CHANNELS:
        raise PydanticCustomError(
            "feature_not_implemented", "This release reaches nobody by `{name}`.", {"name": channel}
        )
    return channel


class Asking(Configuration):
    """A question to a person."""

    interaction_type: Annotated[InteractionType, Fixed()] = InteractionType.APPROVAL
    """Yes or no; a form; a choice; a look at something that may be edited."""
    channel_type: Annotated[ChannelType, BeforeValidator(_available), Fixed()] = ChannelType.IN_APP
    """How people learn of it: they look (API, `treadle inbox`), or a server of yours is called."""
    title: Annotated[str, Field(min_length=1, max_length=200)]
    """What is asked, in a line."""
    message: Annotated[str, Field(max_length=20_000)] = ""
    """What one must know to answer."""
    priority: Priority = Priority.NORMAL
    """How urgent it is to people; the order in which an inbox shows it."""
    assignees: list[Account] = Field(default_factory=list, max_length=100)
    """The accounts that may answer; without any it is the execution's owner."""
    timeout_seconds: int = Field(default=3600, ge=60, le=86_400)
    """From when it is asked, also while the execution is paused."""
    timeout_action: Annotated[TimeoutAction, Fixed()] = TimeoutAction.FAIL
    """When time is over: fail with `hil_timeout`, leave by `timeout`, or take the default."""
    default_response: dict[str, Any] | None = None
    """`default_response`: the answer that the system gives, as a person would send it."""
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
    """`review`: what is looked at."""
    webhook_url: Annotated[str, Field(max_length=8_192)] | None = None
    """`webhook`: where the question is posted, with the link that answers it."""
    webhook_secret: Annotated[str | None, Fixed(), Field(max_length=64)] = None
    """`webhook`: the name of the secret that signs it (TREADLE_SECRET_<NAME> of the scheduler)."""


class Reviewing(Asking):
    """A question to a person who looks at something."""

    interaction_type: Annotated[InteractionType, Fixed()] = InteractionType.REVIEW
    """Yes or no; a form; a choice; a look at something that may be edited."""


def question_of(config: Asking) -> Question:
    """Return the question that rendered configurations ask."""
    asked = config.model_dump(include=set(Question.model_fields), exclude_none=True)
    return Question.model_validate(asked)


def _type_of(config: Config, default: str) -> Any:
    return config.get("interaction_type", default)


def _problems(config: Config, default: str) -> Iterator[Problem]:
    kind = _type_of(config, default)
    for name, belongs in _belonging(config, kind):
        if not belongs and config.get(name) not in (None, [], Question.model_fields[name].default):
            message = f"It means nothing in this question of type {kind}."
            yield Problem(name, "not_used_here", message, f"Remove `{name}`.")
        elif belongs and name in _NEEDED and config.get(name) is None:
            message = f"`{name}` is missing."
            yield Problem(name, "missing", message, f"Add `{name}`.")
    url = config.get("webhook_url")
    if isinstance(url, str) and not url.startswith(("http://", "https://", "{{")):
        message = "It is not an address that can be called."
        yield Problem("webhook_url", "invalid_url", message, "Begin it with https:// or http://.")
    secret = config.get("webhook_secret")
    if isinstance(secret, str) and not has_template(secret) and not _SECRET_NAME.match(secret):
        message = "It is not the name of a secret; a secret itself has no place here."
        solution = "Set TREADLE_SECRET_<NAME>, and write NAME: letters, digits and _."
        yield Problem("webhook_secret", "invalid_name", message, solution)
    question = _known(config, kind)
    if question is not None:
        yield from question_problems(question)


_NEEDED = ("default_response", "webhook_url", "webhook_secret")


def _belonging(config: Config, kind: Any) -> Iterator[tuple[str, bool]]:
    """Yield the fields that not every question has, and whether this one does."""
    for each, names in OF_TYPE.items():
        yield from ((name, each == kind) for name in names)
    yield "default_response", config.get("timeout_action") == TimeoutAction.DEFAULT_RESPONSE
    for name in ("webhook_url", "webhook_secret"):
        yield name, config.get("channel_type") == ChannelType.WEBHOOK


def _known(config: Config, kind: Any) -> Question | None:
    """Return the question as far as answers to it go; `None` while templates keep it open."""
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
    "Asks a person, by default for a yes or no, and goes on by what they decide.",
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
    "Shows something to a person, who may edit it before it goes on.",
    Reviewing,
    Lane.INLINE,
    keys=_keys,
    check=lambda config: _problems(config, InteractionType.REVIEW),
    derived=lambda config: _derived(config, InteractionType.REVIEW),
    puts_out=_PUTS_OUT,
    example={"title": "Send this answer?", "content": "{{ input.draft }}"},
)

PEOPLE_SPECS = frozenset({IN_APP_APPROVAL, MANUAL_REVIEW})
