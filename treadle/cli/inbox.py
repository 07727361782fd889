"""`treadle inbox` and `treadle answer`: what executions ask people."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

import typer
from pydantic import ValidationError

from treadle.cli.cluster import Cluster
from treadle.cli.connect import connected, connected_to_read
from treadle.cli.console import Fit, Titles, output_console, print_table
from treadle.cli.errors import problem_lines
from treadle.cli.execution_view import duration
from treadle.cli.files import (
    InputInvalid,
    argument_bytes,
    checked_object,
    input_invalid,
    parse_input,
    read_file,
    to_json,
)
from treadle.cli.ids import execution_named, id_text, question_named
from treadle.cli.plain_text import plain, say
from treadle.cli.prompts import Answer, asked_in_terminal, can_ask, value_of
from treadle.core.errors import TreadleError
from treadle.dag.problems import Hints
from treadle.dag.questions import Priority
from treadle.dag.shape import problems_of
from treadle.dag.states import InteractionStatus
from treadle.gateway.models.interactions import NewAnswer
from treadle.wire.interactions import Answered, Interaction, InteractionResponse
from treadle.wire.objects import members, unchecked

#: Titles, and how each column fits into a narrow terminal; see `print_table`.
_COLUMNS: Titles = {
    "id": Fit.WHOLE,
    "type": Fit.WHOLE,
    "title": Fit.SHORTENED,
    "priority": Fit.WHOLE,
}
_RESPONSE_COLUMNS: Titles = {
    "received": 10,
    "by": Fit.FOLDED,
    "via": Fit.WHOLE,
    "what became of it": 9,
    "decision": Fit.WHOLE,
    "why": Fit.FOLDED,
}

_PRIORITIES = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)

_answered = unchecked(Answered)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class AnswerMissing(TreadleError):
    """The command cannot ask here, and no option gives the answer."""

    reason: ClassVar[str] = "answer_missing"
    solution: ClassVar[str] = (
        "Give it with --decision, --value, --select, --content or --json-answer, "
        "or run this in a terminal."
    )


def inbox(
    interaction_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            parser=id_text,
            help="Show this question and all that was answered: an id, its beginning, or: last.",
        ),
    ] = None,
    status: Annotated[
        InteractionStatus, typer.Option(help="Only those.")
    ] = InteractionStatus.PENDING,
    execution_id: Annotated[
        str | None,
        typer.Option("--execution", metavar="ID", parser=id_text, help="Only those it asked."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the questions that wait for an answer, the most urgent first."""
    with connected_to_read() as cluster:
        if interaction_id is not None:
            wanted = question_named(cluster, interaction_id)
            question, came = cluster.question(wanted), cluster.responses(wanted)
            _show(question, came, as_json=as_json)
            return
        asker = None if execution_id is None else execution_named(cluster, execution_id)
        found = cluster.questions(status=status, execution_id=asker, limit=limit)
    found = sorted(found, key=lambda each: (_PRIORITIES.index(each.priority), each.timeout_at))
    if as_json:
        say(to_json(found))
        return
    now = time.time_ns() // 1_000_000
    # All have the status that was asked for; of those that wait the time left says more.
    is_open = status is InteractionStatus.PENDING
    rows = [
        (
            each.id,
            each.interaction_type,
            each.title,
            each.priority,
            duration(max(0, each.timeout_at - now)) if is_open else each.status,
        )
        for each in found
    ]
    last = "time left" if is_open else "status"
    print_table({**_COLUMNS, last: Fit.WHOLE}, rows, output_console())


def _show(question: Interaction, came: Sequence[InteractionResponse], *, as_json: bool) -> None:
    """Show a question, and a line for each response to it."""
    if as_json:
        say(to_json({**members(question), "responses": came}))
        return
    say(plain(f"{question.id}  {question.interaction_type}  {question.status}  {question.title}"))
    rows = [
        (
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.received_at / 1000)),
            each.answered_by,
            each.via,
            each.verdict,
            each.decision or "",
            each.error.error_message if each.error else "",
        )
        for each in came
    ]
    if rows:
        print_table(_RESPONSE_COLUMNS, rows, output_console())


def answer(  # noqa: PLR0913, PLR0917 - each parameter is an option of the command
    question_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", parser=id_text, help="The question's id, its beginning, or: last."
        ),
    ],
    decision: Annotated[
        str | None,
        typer.Option(help="confirmed or rejected, or the value of an approval's option."),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--value", metavar="NAME=VALUE", help="A field of a form; repeat it."),
    ] = None,
    selected: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="VALUE", help="An option that is chosen; repeat it."),
    ] = None,
    content: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="What was reviewed, as edited; - reads it in."),
    ] = None,
    comment: Annotated[str | None, typer.Option(help="A remark.")] = None,
    json_answer: Annotated[
        str | None,
        typer.Option("--json-answer", metavar="TEXT", help="The whole answer as JSON."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question: by the options, or, in a terminal, as it is asked there."""
    with connected() as cluster:
        interaction_id = question_named(cluster, question_id)
        if json_answer is not None:
            raw = _object(json_answer)
        elif decision is None and not values and not selected and content is None:
            _decide_in_terminal(cluster, interaction_id, as_json=as_json)
            return
        else:
            question = cluster.question(interaction_id)
            raw = {
                "decision": decision,
                "values": _values(question, values) if values else None,
                "selected": selected or None,
                "content": _content(question, content) if content is not None else None,
                "comment": comment,
            }
            raw = {name: value for name, value in raw.items() if value is not None}
        _tell(cluster.answer(interaction_id, _checked(raw)), as_json=as_json)


def _decide_in_terminal(cluster: Cluster, interaction_id: UUID, *, as_json: bool) -> None:
    """Ask until the answer fits."""
    question = cluster.question(interaction_id)
    if question.status is not InteractionStatus.PENDING:
        _tell(_answered(**members(question), repeated=True), as_json=as_json)
        return
    if not can_ask():
        raise AnswerMissing("No option says what the answer is.")
    while True:
        try:
            made = cluster.answer(interaction_id, _checked(asked_in_terminal(question)))
        except TreadleError as error:
            if error.reason not in ("reply_invalid", "input_invalid"):
                raise
            lines = problem_lines(error.context.get("problems"), shown=error.message)
            say("\n  ".join((error.message, *lines)), fg=typer.colors.RED)
        else:
            _tell(made, as_json=as_json)
            return


def _values(question: Interaction, given: list[str]) -> dict[str, Any]:
    fields = {each.name: each for each in question.input_fields}
    found: dict[str, Any] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise InputInvalid(f"{each!r} is no NAME=VALUE.", solution="Write --value NAME=VALUE.")
        found[name] = value_of(fields[name], text) if name in fields else text
    return found


def _content(question: Interaction, file: str) -> Any:
    data = read_file(file)
    if isinstance(question.content, str):
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputInvalid(
                f"{file}: byte {error.start} is not UTF-8.", solution="Save the text as UTF-8."
            ) from error
    return parse_input(data, file)


def _object(text: str) -> Answer:
    value = parse_input(argument_bytes(text), "--json-answer")
    if not isinstance(value, dict):
        raise InputInvalid("--json-answer must be an object.")
    return value


def _checked(raw: Answer) -> Answer:
    """Return an answer as the gateway takes it, whichever way it goes."""
    checked = checked_object(raw, "the answer")
    try:
        return NewAnswer.model_validate(checked).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise input_invalid("the answer", problems_of(error, NewAnswer, Hints())) from None


def _tell(made: Answered, *, as_json: bool) -> None:
    if as_json:
        say(to_json(made))
        return
    how = "had been decided before" if made.repeated else "is decided"
    by = f" by {made.answered_by} via {made.via}" if made.answered_by else ""
    say(plain(f"{made.id} {how}: {made.decision or made.status}{by}"))
