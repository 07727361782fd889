"""`treadle why`: what an execution waits for, and the step that frees it."""

from __future__ import annotations

import sys
import time

from treadle.cli.connect import connected_to_read
from treadle.cli.executions import AsJson
from treadle.cli.files import to_json
from treadle.cli.ids import ExecutionId, execution_named
from treadle.cli.plain_text import plain, say, wrapped
from treadle.wire.causes import Cause


def why(execution_id: ExecutionId, as_json: AsJson = False) -> None:
    """Say what an execution waits for, node by node, and what would free it."""
    with connected_to_read() as cluster:
        found = cluster.causes(execution_named(cluster, execution_id))
    if as_json:
        say(to_json(found))
        return
    say(f"{found.id} is {found.status}")
    if not found.causes:
        say("Nothing holds it: what is to be done is on its way. Look again.")
    for each in found.causes:
        for line in _lines(each):
            say(wrapped(line, sys.stdout))


def _lines(cause: Cause) -> list[str]:
    place = plain(cause.node_id or "the execution")
    if cause.count > 1:
        place += f" in {cause.count:,} iterations"
    elif cause.scope:
        place += f" [{plain(cause.scope)}]"
    until = ""
    if cause.due_at is not None:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(cause.due_at / 1000))
        until = f" Until {moment}."
    return [
        f"{place}: {cause.reason}",
        f"  {plain(cause.message)}{until}",
        f"  solution: {plain(cause.solution)}",
    ]
