"""Watching an execution to its end, and showing how it ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import typer
from rich.live import Live

from treadle.cli.cluster import Cluster, Reader
from treadle.cli.console import PlainConsole, output_console
from treadle.cli.errors import ExitCode, error_lines, traceback_text
from treadle.cli.execution_view import event_line, headline, tree_of
from treadle.cli.files import to_json
from treadle.cli.plain_text import plain, say, wrapped
from treadle.cli.progress import Progress
from treadle.cli.standstill import warned_of, warning_lines
from treadle.dag.events import EventType
from treadle.dag.states import ExecutionStatus
from treadle.ledger.views.node_logs import Lines
from treadle.wire.events import Event
from treadle.wire.executions import ExecutionRecord

#: Seconds between two pictures.
_PICTURE_SECONDS = 0.1
#: Lines of a terminal that the tree leaves free.
_FREE_LINES = 4
#: Characters of an output that are shown to a person.
_OUTPUT_CHARACTERS = 2_000
_INTERRUPTED = 130
#: Columns of what stands below a tree.
_COLUMNS = 80

Answer = Callable[[UUID], None]
"""Sees to a question of the execution, by its id, while its progress waits."""


def watch_to_end(
    cluster: Cluster, execution_id: UUID, *, as_json: bool, answer: Answer | None = None
) -> ExitCode:
    """Show an execution's progress until it ends, then its end; return the code to exit with.

    With `as_json` standard output gets the ended execution alone, as one document; progress goes
    to standard error if that is a terminal.

    Args:
        answer: called for each question; without it they wait for people elsewhere.

    Raises:
        NoSuchExecution: there is none.
        typer.Exit: Ctrl-C; the execution goes on.
    """
    console = PlainConsole(stderr=as_json)
    show = partial(console.print, soft_wrap=True)
    try:
        if console.is_terminal:
            with warned_of(cluster, execution_id, show):
                _draw(cluster, execution_id, console, answer)
        elif as_json:
            _list(cluster, execution_id, console, answer, quiet=True)
        else:
            with warned_of(cluster, execution_id, show):
                _list(cluster, execution_id, console, answer, quiet=False)
    except KeyboardInterrupt:
        say(f"The execution goes on; follow it with: treadle watch {execution_id}", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    return show_end(cluster, execution_id, as_json=as_json)


def show_end(cluster: Reader, execution_id: UUID, *, as_json: bool) -> ExitCode:
    """Print an execution as it stands, with all its records; return the code for its status."""
    execution = cluster.execution(execution_id, whole=True)
    if as_json:
        say(to_json(execution))
    else:
        _print_execution(cluster, execution)
    is_well = execution.end_time is None or execution.status is ExecutionStatus.SUCCESS
    return ExitCode.OK if is_well else ExitCode.NO


def _draw(
    cluster: Cluster, execution_id: UUID, console: PlainConsole, answer: Answer | None
) -> None:
    """Redraw a tree as events come; it leaves the screen at the end."""
    execution = cluster.execution(execution_id, whole=False)
    progress, seq = Progress(cluster.graph(execution), execution), execution.last_seq
    if progress.ended is not None:
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        drawn = 0.0
        for events in cluster.follow(execution_id, after_seq=seq):
            progress.apply(events)
            if time.monotonic() - drawn >= _PICTURE_SECONDS:
                drawn = time.monotonic()
                lines = console.height - _FREE_LINES
                live.update(tree_of(progress, now=_now(), lines=lines), refresh=True)
            if answer is not None and (questions := _questions(events)):
                live.stop()
                for question in questions:
                    answer(question)
                live.start()


def _list(
    cluster: Cluster,
    execution_id: UUID,
    console: PlainConsole,
    answer: Answer | None,
    *,
    quiet: bool,
) -> None:
    """Print a line for each event from the first one on; nothing if `quiet`."""
    execution = cluster.execution(execution_id, whole=False)
    # Told from the first event on, so nothing is known at first.
    begun = execution.model_copy(update={"node_executions": []})
    progress = Progress(cluster.graph(execution), begun)
    if not quiet:
        console.print(headline(progress, _now()), soft_wrap=True)
    for events in cluster.follow(execution_id):
        for event in events:
            line = None if quiet else event_line(event, progress)
            if line is not None:
                console.print(line, soft_wrap=True)
            progress.apply([event])
        if answer is not None:
            for question in _questions(events):
                answer(question)


def _questions(events: list[Event]) -> list[UUID]:
    """Return the questions among events."""
    asked = [each for each in events if each.event_type == EventType.USER_INPUT_REQUIRED]
    return [UUID(each.data["interaction_id"]) for each in asked]


def _print_execution(cluster: Reader, execution: ExecutionRecord) -> None:
    graph = cluster.graph(execution)
    output_console().print(tree_of(Progress(graph, execution), now=_now()), soft_wrap=True)
    for line in warning_lines(execution.warnings):
        say(wrapped(line, sys.stdout))
    if cluster.lines(Lines(UUID(execution.id)), after=0, limit=1).lines:
        say(f"logs: treadle logs {execution.id}")
    if execution.error is not None:
        error, details = execution.error, execution.error.error_details
        problems = details.facts.get("problems")
        lines = error_lines(error.error_message, details.reason, details.solution, problems)
        say(wrapped(lines, sys.stdout))
        for each in traceback_text(details.facts.get("traceback"), _COLUMNS - 2):
            say(f"  {each}")
        if place := _place_of(details.facts):
            say(f"  node: {place}")
    if execution.output is not None:
        text = to_json(execution.output)
        if len(text) > _OUTPUT_CHARACTERS:
            more = f"… (all of it: treadle show {execution.id} --json)"
            text = f"{text[:_OUTPUT_CHARACTERS]}{more}"
        say(f"output: {text}")


def _place_of(facts: Mapping[str, Any]) -> str:
    """Return where an execution failed: the node, its type, and its iteration if it has one."""
    if "node_id" not in facts:
        return ""
    scope = f", iteration {plain(facts['scope'])}" if facts.get("scope") else ""
    return f"{plain(facts['node_id'])} ({plain(facts.get('node_type', ''))}){scope}"


def _now() -> int:
    return time.time_ns() // 1_000_000
