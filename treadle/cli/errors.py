"""How a command says what went wrong: three lines for a person, the wire's Error for a program."""

from __future__ import annotations

import json
from enum import IntEnum

from treadle.cli.plain_text import json_text, plain_lines, say
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
    "gateway_differs": ExitCode.UNREACHABLE,
    "workflow_invalid": ExitCode.NO,
    "settings_invalid": ExitCode.USAGE,
    "file_unreadable": ExitCode.USAGE,
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


def error_lines(message: str, reason: str, solution: str) -> str:
    """Return an error for a person; further lines of its texts stand further in than ours."""
    further = "\n" + " " * len("error: ")
    said = (f"error: {message}", f"  reason: {reason}", f"  solution: {solution}")
    return "\n".join(plain_lines(each).replace("\n", further) for each in said)


def exit_code(error: TreadleError) -> ExitCode:
    """Return the code that a process exits with which ends by an error."""
    return _CODES.get(error.reason, ExitCode.REFUSED)


def print_error(error: TreadleError, *, as_json: bool) -> ExitCode:
    """Write `error` to standard error; return the code to exit with."""
    if as_json:
        text = json_text(json.dumps(error.to_wire(), ensure_ascii=False, default=str))
    else:
        text = error_lines(error.message, error.reason, error.advice)
    say(text, err=True)
    return exit_code(error)
