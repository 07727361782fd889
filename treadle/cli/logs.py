"""`treadle logs`: what an execution's tasks print and log."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from treadle.cli.connect import connected_to_read
from treadle.cli.executions import AsJson, ExecutionId
from treadle.cli.files import to_json
from treadle.cli.plain_text import plain, say
from treadle.ledger.views.node_logs import Lines
from treadle.wire.logs import LogLine


def logs(
    execution_id: ExecutionId,
    node: Annotated[
        str | None, typer.Argument(metavar="[NODE]", help="Only lines of this node.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what an execution's tasks print and log."""
    with connected_to_read() as cluster:
        wanted, after = Lines(execution_id, node), 0
        while True:
            page = cluster.lines(wanted, after=after)
            for each in page.lines:
                say(to_json(each) if as_json else readable(each))
            if page.after == after:
                return
            after = page.after


def readable(line: LogLine) -> str:
    """Return a line for a person: the time of day, where it was said, and the text."""
    at = time.strftime("%H:%M:%S", time.localtime(line.timestamp / 1000))
    place = f"{line.node_id} [{line.scope}]" if line.scope else line.node_id
    level = f"{line.level} " if line.level else ""
    return plain(f"{at}  {place}  {level}{line.text}")
