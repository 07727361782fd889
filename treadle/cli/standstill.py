"""What is doubtful in an execution, as nodes that no worker takes, said while it is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from uuid import UUID

import psycopg

from treadle.cli.cluster import Reader
from treadle.cli.plain_text import plain
from treadle.core.errors import TreadleError
from treadle.ledger.views.unserved import NO_WORKER
from treadle.wire.executions import ExecutionWarning

#: Seconds before the first look and between two: most executions never stand still.
_FIRST_SECONDS = 1.0
_PERIOD_SECONDS = 5.0
_END_SECONDS = 1.0
_SHOWN = 10


def warning_lines(warnings: Iterable[ExecutionWarning]) -> list[str]:
    """Return warnings for a person: a line for each thing that is doubtful, with its nodes."""
    nodes: dict[tuple[str, str, str], list[str]] = {}
    for each in warnings:
        waits = " waits" if each.reason == NO_WORKER else ""
        nodes.setdefault((waits, each.message, each.solution), []).append(each.node_id)
    return [
        plain(f"warning: {_listed(names)}{waits}: {message} {solution}")
        for (waits, message, solution), names in nodes.items()
    ]


@contextmanager
def warned_of(cluster: Reader, execution_id: UUID, show: Callable[[str], None]) -> Iterator[None]:
    """Show each warning of an execution once, as it comes, while the `with` block runs."""
    ended = Event()

    def look() -> None:
        shown: set[str] = set()
        seconds = _FIRST_SECONDS
        while not ended.wait(seconds):
            seconds = _PERIOD_SECONDS
            # What fails here fails whoever follows the execution too, who says so.
            with suppress(TreadleError, psycopg.Error):
                for line in warning_lines(cluster.warnings(execution_id)):
                    if line not in shown and not ended.is_set():
                        shown.add(line)
                        show(line)

    thread = Thread(target=look, name="standstill", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_END_SECONDS)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
