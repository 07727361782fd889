"""Questions: what a node asks a person. `dag.replies` reads and checks the answers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import unique
from typing import Any, Literal, TypeAlias

from pydantic import Field

from treadle.dag.answer_problems import out_of_range
from treadle.dag.channels import DEFAULT_CHANNEL, ChannelFields, ChannelType
from treadle.dag.forms import PARTS, InputField, OptionValue, form_problems
from treadle.dag.model import Strict
from treadle.dag.problems import Problem, quoted
from treadle.dag.words import Word


@unique
class InteractionType(Word):
    """The type of a question, which decides the form of its answer."""

    APPROVAL = "approval"
    """A choice of one option; each option confirms or rejects."""
    INPUT = "input"
    """A form to fill in."""
    SELECTION = "selection"
    """A choice of options, as many as the question permits."""
    REVIEW = "review"
    """Content to confirm, as it is or edited, or to reject."""


@unique
class TimeoutAction(Word):
    """What happens if nobody answers a question in time."""

    FAIL = "fail"
    """The node fails with `hil_timeout`."""
    CONTINUE = "continue"
    """The node leaves by the output key `timeout`."""
    DEFAULT_RESPONSE = "default_response"
    """The `default_response` of the question counts as the answer."""


@unique
class Priority(Word):
    """The urgency of a question, which orders the inbox."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@unique
class Decision(Word):
    """The output keys of a node that asks a question."""

    CONFIRMED = "confirmed"
    """The answer is yes, a filled form, or a choice."""
    REJECTED = "rejected"
    """The answer is no."""
    TIMEOUT = "timeout"
    """Nobody answered in time, and `timeout_action` is `continue`; no answer contains it."""


Decided: TypeAlias = Literal[Decision.CONFIRMED, Decision.REJECTED]
"""The decisions that an answer can contain."""
DECISIONS: tuple[Decided, ...] = (Decision.CONFIRMED, Decision.REJECTED)


class ApprovalOption(Strict):
    """One option of an approval."""

    value: OptionValue
    """Its name in an answer."""
    label: str = ""
    """The text that is shown; its value if empty."""
    decision: Decided
    """The decision when it is chosen."""


class SelectionOption(Strict):
    """One option of a selection."""

    value: OptionValue
    """Its name in an answer."""
    label: str = ""
    """The text that is shown; its value if empty."""


APPROVE_OR_REJECT = (
    ApprovalOption(value="approve", label="Approve", decision=Decision.CONFIRMED),
    ApprovalOption(value="reject", label="Reject", decision=Decision.REJECTED),
)


class Question(ChannelFields):
    """A question as it is asked: texts rendered, defaults filled in.

    It has the fields of every channel; those of its own channel are filled in.
    """

    interaction_type: InteractionType
    channel_type: ChannelType = DEFAULT_CHANNEL
    title: str
    message: str = ""
    timeout_seconds: int = Field(3600, ge=60, le=86_400)
    timeout_action: TimeoutAction = TimeoutAction.FAIL
    priority: Priority = Priority.NORMAL
    assignees: tuple[str, ...] = Field(default=(), strict=False)
    """The accounts that may answer; its execution's owner if there are none."""
    approval_options: list[ApprovalOption] = Field(default_factory=lambda: [*APPROVE_OR_REJECT])
    input_fields: list[InputField] = Field(default_factory=list)
    selection_options: list[SelectionOption] = Field(default_factory=list)
    min_selections: int = 1
    max_selections: int = 1
    content: Any = None
    """`review`: the content that is shown and may be edited."""
    default_response: dict[str, Any] | None = None
    """The answer that counts if nobody answers in time."""

    def stored(self) -> bytes:
        """Return it as the ledger stores it; `Question.model_validate_json` reads it back.

        Defaults are left out, so changing a default here changes stored questions.
        """
        return self.model_dump_json(exclude_defaults=True).encode()


#: The fields that only one type of question has.
OF_TYPE: Mapping[str, tuple[str, ...]] = {
    InteractionType.APPROVAL: ("approval_options",),
    InteractionType.INPUT: ("input_fields",),
    InteractionType.SELECTION: ("selection_options", "min_selections", "max_selections"),
    InteractionType.REVIEW: ("content",),
}


def question_problems(question: Question) -> Iterator[Problem]:
    """Report why no answer could decide a question; its default is for `default_problems`."""
    match question.interaction_type:
        case InteractionType.APPROVAL:
            yield from _approval_problems(question.approval_options)
        case InteractionType.INPUT:
            if not question.input_fields:
                message = "A form needs at least one field."
                yield Problem("input_fields", "missing", message, "Add one or more fields.")
            yield from (each.under("input_fields") for each in form_problems(question.input_fields))
        case InteractionType.SELECTION:
            yield from _selection_problems(question)


def _approval_problems(options: Sequence[ApprovalOption]) -> Iterator[Problem]:
    yield from _options_problems("approval_options", [each.value for each in options])
    for decision in DECISIONS:
        if not any(each.decision == decision for each in options):
            message = f"No option means {quoted(decision)}."
            solution = "Add options for both decisions."
            yield Problem("approval_options", "missing", message, solution)
    for index, each in enumerate(options):
        if each.value in DECISIONS and each.value != each.decision:
            message = f"It is called {quoted(each.value)} and means {each.decision}."
            problem = Problem("value", "ambiguous", message, "Rename the option.")
            yield problem.under("approval_options", index)


def _selection_problems(question: Question) -> Iterator[Problem]:
    values = [each.value for each in question.selection_options]
    yield from _options_problems("selection_options", values)
    low, high = question.min_selections, question.max_selections
    if not 0 <= low <= high or high < 1 or (values and low > len(values)):
        message = f"{low} to {high} of {len(values)} options cannot be chosen."
        solution = "Let 0 ≤ `min_selections` ≤ `max_selections`, within the options."
        yield Problem("min_selections", "out_of_range", message, solution)


def _options_problems(path: str, values: list[str]) -> Iterator[Problem]:
    if not values:
        yield Problem(path, "missing", "There is nothing to choose from.", "Add options.")
    elif len(values) > PARTS:
        yield out_of_range(path, f"at most {PARTS} options")
    for index, value in enumerate(values):
        if value in values[:index]:
            message = f"Two options have the value {quoted(value)}."
            yield Problem("value", "duplicate", message, "Give each its own.").under(path, index)
