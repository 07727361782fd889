"""`treadle plan`: a prompt becomes a workflow, drawn here, and run if wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

import typer
from rich.text import Text

from treadle.cli.cluster import Cluster
from treadle.cli.connect import connected
from treadle.cli.console import PlainConsole, output_console
from treadle.cli.files import read_input, to_json, write_file
from treadle.cli.plain_text import plain, say
from treadle.cli.plan_view import drawn, stage_line
from treadle.cli.submit import invalid
from treadle.cli.validate import checked
from treadle.cli.watch import watch_to_end
from treadle.core.errors import TreadleError
from treadle.dag.events import EventType
from treadle.dag.states import ExecutionStatus
from treadle.ledger.engine.submission import Submission
from treadle.planner.requests import workflow_to_run
from treadle.wire.plans import Plan, PlanResult

ReportSink: TypeAlias = Callable[[str], None]

#: Seconds after which a plan that nobody makes is remarked on.
_PATIENCE_SECONDS = 10.0
_INTERRUPTED = 130


class PlanFailed(TreadleError):
    """The plan could not be made; if the plan has an error, its reason is shown instead."""

    reason: ClassVar[str] = "plan_not_ready"
    solution: ClassVar[str] = "Ask for another plan."


def plan(  # noqa: PLR0913, PLR0917 - each parameter is an option of the command
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="What is to be done; or the id of a plan.")
    ],
    run: Annotated[
        bool, typer.Option("--run", help="Run the plan, and show its progress.")
    ] = False,
    input_file: Annotated[
        str | None,
        typer.Option("--input", metavar="FILE", help="What it runs with, as JSON; - reads it in."),
    ] = None,
    input_json: Annotated[
        str | None, typer.Option("--input-json", metavar="TEXT", help="The input itself.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the workflow there, to submit it.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: the same prompt under it is planned once.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; with --run the ended execution.")
    ] = False,
) -> None:
    """Have a workflow planned that does what a prompt says, and draw it.

    With --run it exits with 0 if the execution ends as SUCCESS, else with 1.
    """
    given = read_input(input_file, input_json)
    with connected() as cluster:
        plan_id = _known(prompt) or cluster.ask_for_plan(prompt, key=key).id
        found, made = _planned(cluster, plan_id, quiet=as_json)
        if save is not None:
            write_file(save, to_json(made.workflow) + "\n")
        if not (run and as_json):
            _show(found, made, as_json=as_json)
        if run:
            workflow = workflow_to_run(plan_id, ExecutionStatus.SUCCESS, made, given)
            started = cluster.submit(_submission(workflow, given))
            raise typer.Exit(watch_to_end(cluster, started.id, as_json=as_json))


def _known(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _planned(cluster: Cluster, plan_id: UUID, *, quiet: bool) -> tuple[Plan, PlanResult]:
    """Follow a plan to its end; return it, and what was planned.

    Raises:
        PlanFailed: it ended without one, for the reason that the plan has.
    """
    console = PlainConsole(stderr=True)
    try:
        with _stages(console, quiet=quiet) as show:
            _follow(cluster, plan_id, show)
    except KeyboardInterrupt:
        say(f"Planning goes on; look at it with: treadle plan {plan_id}", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    found = cluster.plan(plan_id)
    if found.plan is None:
        raise _failure(found)
    return found, found.plan


def _follow(cluster: Cluster, plan_id: UUID, show: ReportSink) -> None:
    begun, taken = time.monotonic(), False
    for events in cluster.follow(plan_id):
        for event in events:
            kind, data = event.event_type, event.data
            taken = taken or kind == EventType.NODE_STARTED
            if kind == EventType.NODE_OUTPUT_UPDATE:
                for stage in data["data"]["stages"]:
                    show(stage_line(stage))
            elif kind == EventType.NODE_RETRYING:
                show(plain(f"trying again: {data['error']['error_message']}"))
        if not taken and time.monotonic() - begun > _PATIENCE_SECONDS:
            taken = True
            show("no planner has taken it yet; is a `treadle planner` running?")


@contextmanager
def _stages(console: PlainConsole, *, quiet: bool) -> Iterator[ReportSink]:
    """Yield what shows a stage: in one line that changes on a terminal, else a line each."""
    if quiet:
        yield lambda line: None
    elif console.is_terminal:
        with console.status("planning") as status:
            yield lambda line: status.update(Text(line))
    else:
        yield lambda line: console.print(line, soft_wrap=True)


def _show(found: Plan, made: PlanResult, *, as_json: bool) -> None:
    if as_json:
        say(to_json(found))
        return
    console = output_console()
    console.print(drawn(made), soft_wrap=True)
    if console.is_terminal:
        say(f"Run it with: treadle plan {found.id} --run", err=True)


def _submission(workflow: Any, given: Any) -> Submission:
    validation = checked(workflow)
    if validation.workflow is None or validation.graph is None:
        raise invalid("The plan", validation)
    return Submission(validation.workflow, validation.graph, given)


def _failure(found: Plan) -> TreadleError:
    error = found.error
    if error is None:
        return PlanFailed(f"The plan {found.id} is {found.status}.")
    details = error.error_details
    failed: type[PlanFailed] = type("PlanFailed", (PlanFailed,), {"reason": details.reason})
    return failed(error.error_message, solution=details.solution, **details.facts)
