"""Questions: what a node asks a person, and what counts as an answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import unique
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from treadle.core.errors import TreadleError
from treadle.dag.answer_problems import (
    foreign,
    kind_of,
    listed,
    missing,
    no_choice,
    out_of_range,
    wrong_type,
)
from treadle.dag.channels import DEFAULT_CHANNEL, ChannelFields, ChannelType
from treadle.dag.forms import PARTS, InputField, OptionValue, form_problems, values_problems
from treadle.dag.model import Strict
from treadle.dag.problems import Problem, quoted
from treadle.dag.values import NotAValue, Value, dumps
from treadle.dag.words import Word


@unique
class InteractionType(Word):
    """What a question asks for."""

    APPROVAL = "approval"
    """One of some options, each of which means yes or no."""
    INPUT = "input"
    """A form that is filled in."""
    SELECTION = "selection"
    """Some of several things."""
    REVIEW = "review"
    """A review of content, which may be edited."""


@unique
class TimeoutAction(Word):
    """What happens when nobody answered in time."""

    FAIL = "fail"
    CONTINUE = "continue"
    """The node leaves by `timeout`."""
    DEFAULT_RESPONSE = "default_response"
    """The system answers as the question says."""


@unique
class Priority(Word):
    """How urgent a question is to people."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@unique
class Decision(Word):
    """The keys by which a node leaves that has asked."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    """Nobody answered, and it is to go on; no person decides so."""


Decided: TypeAlias = Literal[Decision.CONFIRMED, Decision.REJECTED]
"""What a person decides."""
DECISIONS: tuple[Decided, ...] = (Decision.CONFIRMED, Decision.REJECTED)

#: Characters of the comment on an answer.
COMMENT_LENGTH = 10_000
#: Problems quoted in an error message; the context has all of them.
_QUOTED = 3


class ReplyInvalid(TreadleError):
    """An answer does not fit its question; the context lists every problem."""

    reason: ClassVar[str] = "reply_invalid"
    solution: ClassVar[str] = "Correct what `problems` names, and answer again."


class ApprovalOption(Strict):
    """One of the ways to decide an approval."""

    value: OptionValue
    """Its name in an answer."""
    label: str = ""
    """What is shown; its value if empty."""
    decision: Decided
    """What choosing it means."""


class SelectionOption(Strict):
    """One of the things to choose from."""

    value: OptionValue
    """Its name in an answer."""
    label: str = ""
    """What is shown; its value if empty."""


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
    """`review`: what is shown, and may be edited."""
    default_response: dict[str, Any] | None = None
    """The system's answer when time is over."""

    def stored(self) -> bytes:
        """Return it as the ledger keeps it; `Question.model_validate_json` reads it back.

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

#: What an answer to each type cannot do without.
ANSWER_NEEDS: Mapping[str, tuple[str, ...]] = {
    InteractionType.APPROVAL: ("decision",),
    InteractionType.INPUT: ("values",),
    InteractionType.SELECTION: ("selected",),
    InteractionType.REVIEW: ("decision",),
}


def question_problems(question: Question) -> Iterator[Problem]:
    """Report why no answer could decide a question, and a default that is not a valid answer."""
    found = list(_part_problems(question))
    yield from found
    if question.default_response is not None and not found:
        try:
            reply(question, question.default_response)
        except ReplyInvalid as error:
            for each in error.context["problems"]:
                yield Problem(**each).under("default_response")


def _part_problems(question: Question) -> Iterator[Problem]:
    match question.interaction_type:
        case InteractionType.APPROVAL:
            options = question.approval_options
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
        case InteractionType.INPUT:
            if not question.input_fields:
                message = "A form needs at least one field."
                yield Problem("input_fields", "missing", message, "Add one or more fields.")
            yield from (each.under("input_fields") for each in form_problems(question.input_fields))
        case InteractionType.SELECTION:
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


@dataclass(frozen=True, slots=True)
class Reply:
    """A valid answer."""

    decision: Decided
    """The output key of its node."""
    answer: Value
    """approval: `{option, comment}`; input: `{values, comment}`; selection: `{selected, comment}`;
    review: `{content, edited, comment}`. No comment is null."""


#: The fields of an answer to each type.
_ANSWER_FIELDS: Mapping[str, tuple[str, ...]] = {
    InteractionType.APPROVAL: ("decision", "comment"),
    InteractionType.INPUT: ("decision", "values", "comment"),
    InteractionType.SELECTION: ("decision", "selected", "comment"),
    InteractionType.REVIEW: ("decision", "content", "comment"),
}


def reply(question: Question, raw: Mapping[str, Any]) -> Reply:
    """Check an answer and return its decision.

    Args:
        question: the question.
        raw: `{decision, values, selected, content, comment}`, as far as the type needs them; null
            means left out. The decision is `confirmed` or `rejected`, or, for an approval, the
            value of an option; an answered input or selection is confirmed.

    Raises:
        ReplyInvalid: with every problem.
    """
    response = {key: value for key, value in raw.items() if value is not None}
    kind = question.interaction_type
    problems = list(foreign(response, _ANSWER_FIELDS[kind], f"an answer to this {kind}"))
    problems += _storable(response)
    if not problems:
        problems += _comment_problems(response.get("comment"))
        decision, answer = _READERS[kind](question, response, problems)
        if not problems:
            return Reply(decision, {**answer, "comment": response.get("comment")})
    details = " ".join(f"{each.path}: {each.message}" for each in problems[:_QUOTED])
    more = f" And {len(problems) - _QUOTED} more." if len(problems) > _QUOTED else ""
    raise ReplyInvalid(
        f"The answer does not fit the question. {details}{more}",
        problems=[asdict(each) for each in problems],
    )


def _storable(response: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        dumps(response)
    except NotAValue as error:
        yield Problem("", error.reason, error.message, "Answer with JSON.")


def _comment_problems(comment: Value) -> Iterator[Problem]:
    if comment is not None and not isinstance(comment, str):
        yield wrong_type("comment", "text", comment)
    elif comment is not None and len(comment) > COMMENT_LENGTH:
        yield out_of_range("comment", f"at most {COMMENT_LENGTH:,} characters")


def _approval(
    question: Question, response: Mapping[str, Any], problems: list[Problem]
) -> tuple[Decided, dict[str, Value]]:
    decision, options = response.get("decision"), question.approval_options
    named = [option for option in options if option.value == decision]
    meant = named or [option for option in options if option.decision == decision]
    if len(meant) == 1:
        return meant[0].decision, {"option": meant[0].value}
    values = [option.value for option in meant or options]
    if decision is None:
        problems.append(missing("decision", values))
    elif meant:
        message = f"Several options mean {quoted(decision)}."
        problems.append(Problem("decision", "ambiguous", message, f"Use one of {listed(values)}."))
    else:
        problems.append(no_choice("decision", decision, values))
    return Decision.REJECTED, {}


def _input(
    question: Question, response: Mapping[str, Any], problems: list[Problem]
) -> tuple[Decided, dict[str, Value]]:
    _check_confirmed(response, problems)
    values = response.get("values", {})
    if not isinstance(values, Mapping):
        problems.append(wrong_type("values", "an object", values))
        values = {}
    else:
        found = values_problems(question.input_fields, values)
        problems += (each.under("values") for each in found)
    return Decision.CONFIRMED, {
        "values": {f.name: values.get(f.name) for f in question.input_fields}
    }


def _selection(
    question: Question, response: Mapping[str, Any], problems: list[Problem]
) -> tuple[Decided, dict[str, Value]]:
    _check_confirmed(response, problems)
    selected = response.get("selected", [])
    values = [option.value for option in question.selection_options]
    if not isinstance(selected, list):
        problems.append(wrong_type("selected", "a list", selected))
        return Decision.CONFIRMED, {}
    for index, value in enumerate(selected):
        if value not in values:
            problems.append(no_choice(f"selected[{index}]", value, values))
        elif value in selected[:index]:
            message = f"{quoted(value)} is chosen twice."
            problems.append(Problem(f"selected[{index}]", "duplicate", message, "Choose it once."))
    low, high = question.min_selections, question.max_selections
    if not low <= len(selected) <= high:
        bounds = f"{low}" if low == high else f"{low} to {high}"
        problems.append(out_of_range("selected", f"{bounds} of {listed(values)}"))
    # In the order of the options, so that the same choice is the same answer.
    return Decision.CONFIRMED, {"selected": [value for value in values if value in selected]}


def _review(
    question: Question, response: Mapping[str, Any], problems: list[Problem]
) -> tuple[Decided, dict[str, Value]]:
    decision = response.get("decision")
    if decision is None:
        problems.append(missing("decision", DECISIONS))
    elif decision not in DECISIONS:
        problems.append(no_choice("decision", decision, DECISIONS))
    content, original = response.get("content", question.content), question.content
    if original is not None and kind_of(content) != kind_of(original):
        problems.append(wrong_type("content", kind_of(original), content))
    answer = {"content": content, "edited": content != original}
    if decision == Decision.CONFIRMED:
        return Decision.CONFIRMED, answer
    return Decision.REJECTED, answer


_READERS = {
    InteractionType.APPROVAL: _approval,
    InteractionType.INPUT: _input,
    InteractionType.SELECTION: _selection,
    InteractionType.REVIEW: _review,
}


def _check_confirmed(response: Mapping[str, Any], problems: list[Problem]) -> None:
    if response.get("decision", Decision.CONFIRMED) != Decision.CONFIRMED:
        problems.append(no_choice("decision", response["decision"], [Decision.CONFIRMED]))
