"""`treadle cancel`, `pause`, `resume`, `retry`: what a person does to an execution."""

from __future__ import annotations

from typing import Annotated

import typer

from treadle.cli.cluster import Control
from treadle.cli.connect import connected
from treadle.cli.executions import AsJson
from treadle.cli.files import to_json
from treadle.cli.ids import ExecutionId, execution_named
from treadle.cli.plain_text import say
from treadle.cli.watch import watch_to_end
from treadle.ledger.engine.submission_check import check_key


def cancel(execution_id: ExecutionId, as_json: AsJson = False) -> None:
    """End an execution as CANCELED, with everything in it that runs."""
    _act(Control.CANCEL, execution_id, as_json=as_json)


def pause(execution_id: ExecutionId, as_json: AsJson = False) -> None:
    """Begin nothing new of an execution; what runs ends, and its deadline goes on."""
    _act(Control.PAUSE, execution_id, as_json=as_json)


def resume(execution_id: ExecutionId, as_json: AsJson = False) -> None:
    """Let a paused execution go on."""
    _act(Control.RESUME, execution_id, as_json=as_json)


def retry(
    execution_id: ExecutionId,
    key: Annotated[
        str | None,
        typer.Option(help="Idempotency key: the same retry under it runs only once."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show progress until its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run an ended execution again from where it failed, as a new execution. Prints its id."""
    check_key(key)
    with connected() as cluster:
        repeated = execution_named(cluster, execution_id)
        started = cluster.retry(repeated, key=key)
        if watch:
            raise typer.Exit(watch_to_end(cluster, started.id, as_json=as_json))
    document = {"id": str(started.id), "status": started.status, "retry_of": str(repeated)}
    say(to_json(document) if as_json else started.id)


def _act(action: Control, given: str, *, as_json: bool) -> None:
    with connected() as cluster:
        execution_id = execution_named(cluster, given)
        status = cluster.control(action, execution_id)
    document = {"id": str(execution_id), "status": status}
    say(to_json(document) if as_json else f"{execution_id} is {status}")
