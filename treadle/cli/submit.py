"""`treadle submit`: run a workflow once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, ClassVar

import psycopg
import typer

from treadle.cli.cluster import Cluster
from treadle.cli.connect import connected
from treadle.cli.files import read_file, read_input, to_json
from treadle.cli.plain_text import plain, say, wrapped
from treadle.cli.validate import checked
from treadle.cli.watch import watch_to_end
from treadle.core.errors import TreadleError
from treadle.dag.model import Workflow
from treadle.dag.problems import Problem
from treadle.dag.validation import Validation
from treadle.ledger.engine.submission import DEFAULT_PRIORITY, Submission, fired_trigger
from treadle.ledger.engine.submission_check import check_key, deadline_of


class WorkflowInvalid(TreadleError):
    """The workflow is not valid; `problems` lists every error."""

    reason: ClassVar[str] = "workflow_invalid"
    solution: ClassVar[str] = (
        "Fix what is listed; `treadle validate` checks a workflow without running it."
    )


def submit(  # noqa: PLR0913, PLR0917 - each parameter is an option of the command
    file: Annotated[str, typer.Argument(metavar="FILE", help="A workflow as JSON; - reads it in.")],
    input_file: Annotated[
        str | None,
        typer.Option("--input", metavar="FILE", help="The input as JSON; - reads it in."),
    ] = None,
    input_json: Annotated[
        str | None, typer.Option("--input-json", metavar="TEXT", help="The input itself.")
    ] = None,
    trigger: Annotated[
        str | None, typer.Option(metavar="NODE", help="The trigger that fires, if not the manual.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Idempotency key: the same request under it runs only once."),
    ] = None,
    priority: Annotated[int, typer.Option(min=0, max=9, help="0 is first.")] = DEFAULT_PRIORITY,
    deadline: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="It ends as TIMEOUT if not over by then."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show progress until its end.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; with --watch the ended execution.")
    ] = False,
) -> None:
    """Run a workflow once. Prints the execution's id, or with --watch how it goes and ends.

    With --watch it exits with 0 if the execution ends as SUCCESS, else with 1.
    """
    validation = checked(read_file(file))
    if validation.workflow is None or validation.graph is None:
        raise invalid(file, validation)
    request = Submission(
        validation.workflow,
        validation.graph,
        read_input(input_file, input_json),
        trigger=trigger,
        priority=priority,
        deadline=deadline_of(deadline),
        idempotency_key=key,
    )
    fired_trigger(request)
    check_key(key)
    with connected() as cluster:
        started = cluster.submit(request)
        if watch:
            raise typer.Exit(watch_to_end(cluster, started.id, as_json=as_json))
        # A script that submits before it starts its workers is not in doubt.
        doubtful = _task_warnings(cluster, request.workflow) if sys.stderr.isatty() else ()
    if as_json:
        document = {"id": str(started.id), "status": started.status, "repeated": started.repeated}
        say(to_json(document))
        return
    say(started.id)
    for each in doubtful:
        warning = plain(f"warning: {each.path}: {each.message} {each.solution}")
        say(wrapped(warning, sys.stderr), err=True)
    if sys.stdout.isatty():
        say(f"Follow it with: treadle watch {started.id}", err=True)


def _task_warnings(cluster: Cluster, workflow: Workflow) -> Sequence[Problem]:
    """Return what is doubtful in its tasks; the execution has begun in any case."""
    with suppress(TreadleError, psycopg.Error):
        return cluster.check(workflow).warnings
    return ()


def invalid(file: str, validation: Validation) -> WorkflowInvalid:
    """Return the error of a workflow that is not valid, with all its problems."""
    return WorkflowInvalid(
        f"{file} is no valid workflow.",
        problems=[asdict(problem) for problem in validation.problems],
    )
