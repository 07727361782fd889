"""How a command says what went wrong: three lines for a person, the wire's Error for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from treadle.cli.plain_text import json_text, plain, plain_lines, say, wrapped
from treadle.core.errors import TreadleError


class ExitCode(IntEnum):
    """What a script learns from a command's end."""

    OK = 0
    """Done, and all is well."""
    NO = 1
    """Done, and the answer is no."""
    USAGE = 2
    """The command was not understood."""
    UNREACHABLE = 3
    """No cluster can be reached."""
    REFUSED = 4
    """The request was understood and refused."""


#: Reasons whose exit code says more than that the request was refused.
_CODES = {
    "no_servers": ExitCode.UNREACHABLE,
    "cluster_unreachable": ExitCode.UNREACHABLE,
    "cluster_not_ready": ExitCode.UNREACHABLE,
    "gateway_unreachable": ExitCode.UNREACHABLE,
    "gateway_not_found": ExitCode.UNREACHABLE,
    "gateway_differs": ExitCode.UNREACHABLE,
    "workflow_invalid": ExitCode.NO,
    "settings_invalid": ExitCode.USAGE,
    "file_unreadable": ExitCode.USAGE,
    "import_not_readable": ExitCode.USAGE,
    "input_invalid": ExitCode.USAGE,
    "answer_missing": ExitCode.USAGE,
    "validity_invalid": ExitCode.USAGE,
    "argument_invalid": ExitCode.USAGE,
    "deadline_invalid": ExitCode.USAGE,
    "file_unwritable": ExitCode.USAGE,
    "idempotency_key_invalid": ExitCode.USAGE,
    "output_closed": ExitCode.USAGE,
    "tasks_name_invalid": ExitCode.USAGE,
}


def error_lines(message: str, reason: str, solution: str, problems: object = None) -> str:
    """Return an error for a person; further lines of its texts stand further in than ours.

    Args:
        problems: as the error's context has them: a list of what is wrong, in whichever form.
    """
    further = "\n" + " " * len("error: ")
    said = (f"error: {message}", f"  reason: {reason}", f"  solution: {solution}")
    first, *rest = [plain_lines(each).replace("\n", further) for each in said]
    listed = list(problem_lines(problems, shown=f"{message}\n{solution}"))
    if listed:
        rest.insert(1, "\n".join(["  problems:", *(f"    {each}" for each in listed)]))
    return "\n".join([first, *rest])


def problem_lines(problems: object, *, shown: str = "") -> Iterator[str]:
    """Yield lines for an error's problems: where and why, what, and how to fix it, if they say it.

    Args:
        shown: what has been said; a single problem that stands in it is left out.
    """
    if not isinstance(problems, list):
        return
    texts = [_texts(each) for each in problems]
    if len(texts) == 1 and all(each in shown for each in texts[0][1:]):
        return
    for first, *rest in texts:
        yield plain(first)
        yield from (f"  {plain(each)}" for each in rest)


def _texts(problem: Any) -> list[str]:
    """Return what a problem says, its place first."""
    if not isinstance(problem, dict):
        return [str(problem)]
    place = str(problem.get("path") or "the document")
    why = f": {problem['reason']}" if problem.get("reason") else ""
    parts = (problem.get("message"), problem.get("solution"))
    return [f"{place}{why}", *(str(each) for each in parts if each)]


def traceback_text(lines: object, columns: int) -> list[str]:
    """Return the traceback of a task for a person, each line within so many columns."""
    if not isinstance(lines, list):
        return []
    shown = [plain(each) for each in lines]
    return [each if len(each) <= columns else f"{each[: columns - 1]}…" for each in shown]


def exit_code(error: TreadleError) -> ExitCode:
    """Return the code that a process exits with which ends by an error."""
    return _CODES.get(error.reason, ExitCode.REFUSED)


def print_error(error: TreadleError, *, as_json: bool) -> ExitCode:
    """Write `error` to standard error; return the code to exit with."""
    if as_json:
        text = json_text(json.dumps(error.to_wire(), ensure_ascii=False, default=str))
    else:
        problems = error.context.get("problems")
        lines = error_lines(error.message, error.reason, error.advice, problems)
        text = wrapped(lines, sys.stderr)
    say(text, err=True)
    return exit_code(error)
