"""Replies: what counts as an answer to a question, read and checked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import unique
from typing import Any, ClassVar

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
from treadle.dag.forms import values_problems
from treadle.dag.problems import Problem, quoted
from treadle.dag.questions import DECISIONS, Decided, Decision, InteractionType, Question
from treadle.dag.values import NotAValue, Value, dumps
from treadle.dag.words import Word

#: Characters of the comment on an answer.
COMMENT_LENGTH = 10_000
#: Problems quoted in an error message, and those that its context lists.
_QUOTED, _REPORTED = 3, 100

#: The fields that an answer to each type must have.
ANSWER_NEEDS: Mapping[str, tuple[str, ...]] = {
    InteractionType.APPROVAL: ("decision",),
    InteractionType.INPUT: ("values",),
    InteractionType.SELECTION: ("selected",),
    InteractionType.REVIEW: ("decision",),
}
#: The fields that an answer to each type may have.
_ANSWER_FIELDS: Mapping[str, tuple[str, ...]] = {
    InteractionType.APPROVAL: ("decision", "comment"),
    InteractionType.INPUT: ("decision", "values", "comment"),
    InteractionType.SELECTION: ("decision", "selected", "comment"),
    InteractionType.REVIEW: ("decision", "content", "comment"),
}


@unique
class Via(Word):
    """How a decision came, unless by the channel of its question: then it is the channel's name."""

    API = "api"
    """An answer over HTTP, with a key."""
    CLI = "cli"
    """An answer on the command line, at the ledger."""
    TIMEOUT = "timeout"
    """No answer came in time, and the system decided."""


@unique
class Verdict(Word):
    """What became of a response to a question."""

    DECIDED = "decided"
    """It decided the question."""
    REPEATED = "repeated"
    """It said what had been decided before."""
    LATE = "late"
    """The question had been decided otherwise, or had ended."""
    REFUSED = "refused"
    """It does not fit the question, or whoever gave it may not answer."""


class ReplyInvalid(TreadleError):
    """An answer does not fit its question; the context lists every problem."""

    reason: ClassVar[str] = "reply_invalid"
    solution: ClassVar[str] = "Correct what `problems` names, and answer again."


@dataclass(frozen=True, slots=True)
class Reply:
    """A valid answer."""

    decision: Decided
    """The output key of its node."""
    answer: Value
    """approval: `{option, comment}`; input: `{values, comment}`; selection: `{selected, comment}`;
    review: `{content, edited, comment}`. No comment is null."""


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
    problems += _storage_problems(response)
    if not problems:
        problems += _comment_problems(response.get("comment"))
        decision, answer = _READERS[kind](question, response, problems)
        if not problems:
            return Reply(decision, {**answer, "comment": response.get("comment")})
    details = " ".join(f"{each.path}: {each.message}" for each in problems[:_QUOTED])
    more = f" And {len(problems) - _QUOTED} more." if len(problems) > _QUOTED else ""
    raise ReplyInvalid(
        f"The answer does not fit the question. {details}{more}",
        problems=[asdict(each) for each in problems[:_REPORTED]],
    )


def default_problems(question: Question) -> Iterator[Problem]:
    """Report why the `default_response` of a valid question is not a valid answer to it."""
    if question.default_response is not None:
        try:
            reply(question, question.default_response)
        except ReplyInvalid as error:
            for each in error.context["problems"]:
                yield Problem(**each).under("default_response")


def _storage_problems(response: Mapping[str, Any]) -> Iterator[Problem]:
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
