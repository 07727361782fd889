"""Watching an execution to its end, and showing how it ended."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import typer
from rich.console import Console
from rich.live import Live

from ledger import reading
from treadle.cli.cluster import Link
from treadle.cli.drawing import event_line, headline, tree_of
from treadle.cli.errors import ExitCode
from treadle.cli.files import to_json
from treadle.cli.following import follow
from treadle.cli.progress import Progress

#: Seconds between two pictures.
_PICTURE_SECONDS = 0.1
#: Lines of a terminal that the tree leaves free.
_FREE_LINES = 4
#: Characters of an output that are shown to a person.
_OUTPUT_CHARACTERS = 2_000
_INTERRUPTED = 130


def watch_to_end(link: Link, execution_id: UUID, *, as_json: bool) -> ExitCode:
    """Show an execution's progress until it ends, then its end; return the code to exit with.

    With `as_json` standard output gets the ended execution alone, as one document; progress goes
    to standard error if that is a terminal.

    Raises:
        NoSuchExecution: there is none.
        typer.Exit: Ctrl-C; the execution goes on.
    """
    console = Console(stderr=as_json, highlight=False)
    try:
        if console.is_terminal:
            _draw(link, execution_id, console)
        else:
            _list(link, execution_id, console, quiet=as_json)
    except KeyboardInterrupt:
        typer.echo(f"The execution goes on; follow it with: treadle watch {execution_id}", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    return show_end(link, execution_id, as_json=as_json)


def show_end(link: Link, execution_id: UUID, *, as_json: bool) -> ExitCode:
    """Print an execution as it stands, with all its records; return the code for its status."""
    execution = reading.execution(
        link.session(), link.graphs, execution_id, records=None, inline_bytes=None
    )
    if as_json:
        typer.echo(to_json(execution))
    else:
        _print_execution(link, execution)
    unfinished = execution["end_time"] is None
    return ExitCode.OK if unfinished or execution["status"] == "SUCCESS" else ExitCode.NO


def _progress(link: Link, execution_id: UUID, *, records: int | None) -> tuple[Progress, int]:
    """Return how far an execution is, and the seq of the last event in that."""
    execution = reading.execution(
        link.session(), link.graphs, execution_id, records=records, inline_bytes=0
    )
    graph = link.graphs.execution(link.session(), execution_id)
    return Progress(graph, execution), execution["last_seq"]


def _draw(link: Link, execution_id: UUID, console: Console) -> None:
    """Redraw a tree as events come; it leaves the screen at the end."""
    progress, seq = _progress(link, execution_id, records=None)
    if progress.ended is not None:
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        drawn = 0.0
        for events in follow(link, execution_id, after_seq=seq):
            progress.apply(events)
            if time.monotonic() - drawn >= _PICTURE_SECONDS:
                drawn = time.monotonic()
                lines = console.height - _FREE_LINES
                live.update(tree_of(progress, now=_now(), lines=lines), refresh=True)


def _list(link: Link, execution_id: UUID, console: Console, *, quiet: bool) -> None:
    """Print a line for each event from the first one on; nothing if `quiet`."""
    progress, _ = _progress(link, execution_id, records=0)
    if not quiet:
        console.print(headline(progress, _now()), soft_wrap=True)
    for events in follow(link, execution_id):
        for event in events:
            line = None if quiet else event_line(event, progress)
            if line is not None:
                console.print(line, markup=False, soft_wrap=True)
            progress.apply([event])


def _print_execution(link: Link, execution: dict[str, Any]) -> None:
    graph = link.graphs.execution(link.session(), UUID(execution["id"]))
    console = Console(highlight=False)
    console.print(tree_of(Progress(graph, execution), now=_now()), soft_wrap=True)
    if execution["error"]:
        error = execution["error"]
        details = error["error_details"]
        console.print(f"error: {error['error_message']}", markup=False, soft_wrap=True)
        console.print(f"  reason: {details['reason']}", markup=False, soft_wrap=True)
        console.print(f"  solution: {details['solution']}", markup=False, soft_wrap=True)
    if execution["output"] is not None:
        text = to_json(execution["output"])
        if len(text) > _OUTPUT_CHARACTERS:
            more = f"… (all of it: treadle show {execution['id']} --json)"
            text = f"{text[:_OUTPUT_CHARACTERS]}{more}"
        console.print(f"output: {text}", markup=False, soft_wrap=True)


def _now() -> int:
    return time.time_ns() // 1_000_000
