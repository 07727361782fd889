"""`treadle doctor`: is all up, and if not, how to fix it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from treadle.cli.checkup import checks
from treadle.cli.errors import ExitCode
from treadle.cli.files import to_json
from treadle.cli.plain_text import plain, say
from treadle.core.settings import Settings, variables_read


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print {ok, checks, variables_read}.")
    ] = False,
) -> None:
    """Look at the cluster: database, Redis, workers, scheduler. Exits with 0 if all is up, else 1.

    Where TREADLE_SERVER is set it asks that gateway instead, and whether it takes the key. Also
    prints which environment variables were read. Takes a few seconds, for it waits for a beat of
    each worker.
    """
    found = list(checks(Settings.load()))
    ok = all(each.ok for each in found)
    variables = variables_read()
    if as_json:
        report = {"ok": ok, "checks": [asdict(each) for each in found], "variables_read": variables}
        say(to_json(report))
    else:
        for each in found:
            say(plain(f"{'ok  ' if each.ok else 'FAIL'}  {each.check}: {each.detail}"))
            if not each.ok:
                say(f"      {each.solution}")
        for setting, variable in variables.items():
            say(f"      {setting} is read from {variable}")
    raise typer.Exit(ExitCode.OK if ok else ExitCode.NO)
