"""`treadle doctor`: is all up, and if not, how to fix it."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer

from treadle.cli.checkup import Check, Severity, checks
from treadle.cli.errors import ExitCode
from treadle.cli.files import to_json
from treadle.cli.plain_text import plain, say
from treadle.core.settings import Settings, variables_read

_COLUMNS = 80
_MARGIN = "      "
_MARKS = {Severity.OK: "ok    ", Severity.WARNING: "warn  ", Severity.ERROR: "FAIL  "}


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print {ok, checks, variables_read}.")
    ] = False,
) -> None:
    """Look at the cluster: database, Redis, processes, work. Exits with 1 if something fails.

    A warning does not change that. Where TREADLE_SERVER is set it asks that gateway instead, and
    whether it takes the key. Also prints which environment variables were read. Takes a few
    seconds, for it waits for a beat of each worker.
    """
    found = list(checks(Settings.load()))
    ok = all(each.ok for each in found)
    variables = variables_read()
    if as_json:
        documents = [each.document() for each in found]
        say(to_json({"ok": ok, "checks": documents, "variables_read": variables}))
    else:
        for each in found:
            say(_lines(each))
        if variables:
            say("\nsettings that are read from the environment")
        for setting, variable in variables.items():
            say(f"{_MARGIN}{setting}: {variable}")
    raise typer.Exit(ExitCode.OK if ok else ExitCode.NO)


def _lines(check: Check) -> str:
    """Return a finding in lines of at most `_COLUMNS`; what cannot be broken stays whole."""
    texts = [f"{_MARKS[check.severity]}{plain(check.check)}: {plain(check.detail)}"]
    if check.solution:
        texts.append(f"{_MARGIN}{plain(check.solution)}")
    return "\n".join(
        textwrap.fill(
            each,
            _COLUMNS,
            subsequent_indent=_MARGIN,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for each in texts
    )
