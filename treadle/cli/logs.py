"""`treadle logs`: what an execution's tasks print and log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer

from treadle.cli.cluster import Reader
from treadle.cli.connect import connected_to_read
from treadle.cli.executions import AsJson
from treadle.cli.files import to_json
from treadle.cli.ids import ExecutionId, execution_named
from treadle.cli.plain_text import plain, say
from treadle.ledger.views.node_logs import Lines
from treadle.wire.logs import LogLine


def logs(
    execution_id: ExecutionId,
    node: Annotated[
        str | None, typer.Argument(metavar="[NODE]", help="Only lines of this node.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(metavar="SCOPE", help="Only lines of this iteration.")
    ] = None,
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Only lines of this try of the node.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until the execution ends.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print what an execution's tasks print and log."""
    with connected_to_read() as cluster:
        wanted = Lines(execution_named(cluster, execution_id), node, scope, attempt)
        for each in cluster.follow_lines(wanted) if follow else _kept(cluster, wanted):
            say(to_json(each) if as_json else readable(each))


def _kept(cluster: Reader, wanted: Lines) -> Iterator[LogLine]:
    """Yield the lines that there are, and one that says how many were not kept."""
    after = 0
    while (page := cluster.lines(wanted, after=after)).lines:
        yield from page.lines
        after = page.after
        if page.left_out:
            say(
                f"{page.left_out:,} lines after these were left out: the execution has no room.",
                err=True,
            )


def readable(line: LogLine) -> str:
    """Return a line for a person: the time of day, where it was said, and the text."""
    at = time.strftime("%H:%M:%S", time.localtime(line.timestamp / 1000))
    place = f"{line.node_id} [{line.scope}]" if line.scope else line.node_id
    level = f"{line.level} " if line.level else ""
    return plain(f"{at}  {place}  {level}{line.text}")
