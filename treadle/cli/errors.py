"""How a command says what went wrong: three lines for a person, the wire's Error for a program."""

from __future__ import annotations

import json
import sys
from enum import IntEnum

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
}


def print_error(error: TreadleError, *, as_json: bool) -> ExitCode:
    """Write `error` to standard error; return the code to exit with."""
    if as_json:
        text = json.dumps(error.to_wire(), ensure_ascii=False, default=str)
    else:
        text = f"error: {error.message}\n  reason: {error.reason}\n  solution: {error.advice}"
    print(text, file=sys.stderr)  # noqa: T201 - a command's own voice
    return _CODES.get(error.reason, ExitCode.REFUSED)
