"""`treadle executions`, `show`, `watch`: what ran and runs."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from treadle.cli.connect import connected, connected_to_read
from treadle.cli.console import Fit, Titles, output_console, print_table
from treadle.cli.errors import ExitCode
from treadle.cli.execution_view import duration, status_text
from treadle.cli.files import InputInvalid, checked_object, to_json
from treadle.cli.ids import ExecutionId, execution_named
from treadle.cli.node_view import print_node, records_of
from treadle.cli.plain_text import say
from treadle.cli.watch import show_end, watch_to_end
from treadle.dag.model import NAME_LENGTH
from treadle.dag.problems import quoted
from treadle.dag.states import ExecutionStatus, NodeStatus

#: Titles, and how each column fits into a narrow terminal; see `print_table`.
_COLUMNS: Titles = {
    "id": Fit.WHOLE,
    "workflow": Fit.SHORTENED,
    "v": Fit.WHOLE,
    "status": Fit.WHOLE,
    "started": 10,
    "took": Fit.WHOLE,
}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def executions(
    status: Annotated[
        ExecutionStatus | None, typer.Option(help="Only those.", case_sensitive=False)
    ] = None,
    workflow: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those of this workflow.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List executions, the newest first."""
    if workflow is not None:
        checked_object({"workflow_id": workflow}, "--workflow")
        if not 0 < len(workflow) <= NAME_LENGTH:
            raise InputInvalid(
                f"--workflow: {quoted(workflow)} is no id of a workflow.",
                solution=f"Use an id of 1 to {NAME_LENGTH} characters, or leave --workflow out.",
            )
    with connected_to_read() as cluster:
        found = cluster.executions(status=status, workflow_id=workflow, limit=limit)
    if as_json:
        say(to_json(found))
        return
    rows = [
        (
            each.id,
            each.workflow_id,
            each.workflow_version,
            status_text(each.status),
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.start_time / 1000)),
            duration(each.duration_ms),
        )
        for each in found
    ]
    print_table(_COLUMNS, rows, output_console())


def show(
    execution_id: ExecutionId,
    node: Annotated[
        str | None,
        typer.Argument(metavar="NODE", help="Show this node: its input, output and error."),
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(metavar="SCOPE", help="The node in this iteration, such as each_item:3."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show an execution as it stands: its nodes, error and output; or one of its nodes.

    Exits with 1 if the execution ended other than as SUCCESS, or the node as failed.
    """
    if node is None and scope is not None:
        raise typer.BadParameter("--scope is of a node: treadle show ID NODE --scope SCOPE")
    with connected_to_read() as cluster:
        wanted = execution_named(cluster, execution_id)
        if node is None:
            raise typer.Exit(show_end(cluster, wanted, as_json=as_json))
        execution = cluster.execution(wanted, whole=True)
        graph = cluster.graph(execution)
    found = records_of(execution, graph, node, scope)
    if as_json:
        say(to_json(found))
    else:
        print_node(execution, graph, node, found)
    failed = any(each.status is NodeStatus.FAILED for each in found)
    raise typer.Exit(ExitCode.NO if failed else ExitCode.OK)


def watch(execution_id: ExecutionId, as_json: AsJson = False) -> None:
    """Show an execution's progress until it ends.

    Exits with 0 if it ends as SUCCESS, else with 1.
    """
    with connected() as cluster:
        raise typer.Exit(
            watch_to_end(cluster, execution_named(cluster, execution_id), as_json=as_json)
        )
