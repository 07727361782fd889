"""`treadle validate`, everything that is wrong with a workflow; `treadle schema`, its shape."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from treadle.cli.connect import connected_to_read
from treadle.cli.errors import ExitCode, problem_lines
from treadle.cli.files import read_file, to_json
from treadle.cli.plain_text import counted, say, wrapped
from treadle.core.errors import TreadleError
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings
from treadle.dag.model import Workflow
from treadle.dag.problems import Problem
from treadle.dag.schema import workflow_schema
from treadle.dag.specs.tasks import PYTHON_TASK
from treadle.dag.validation import Validation, for_owner
from treadle.dag.validation import validate as check


def validate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A workflow as JSON; - reads it in.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print {valid, problems}.")] = False,
) -> None:
    """Check a workflow without running it. Exits with 0 if it is valid, with 1 if not."""
    validation = checked(read_file(file))
    unasked = ""
    if validation.workflow is not None:
        validation, unasked = _checked_by_cluster(validation, validation.workflow)
    if as_json:
        say(to_json(document_of(validation)))
    elif validation.workflow is None:
        say(f"{file}: {counted(len(validation.problems), 'problem')}")
        say(listed(validation.problems))
    else:
        workflow = validation.workflow
        nodes = counted(len(workflow.nodes), "node")
        say(f"{file}: valid, {nodes}, {counted(len(workflow.connections), 'connection')}")
        if validation.warnings:
            say(f"warnings\n{listed(validation.warnings)}")
        if unasked:
            say(f"What its cluster says of it is not known: {unasked}")
    raise typer.Exit(ExitCode.OK if validation.workflow is not None else ExitCode.NO)


def checked(document: object) -> Validation:
    """Validate what is to run in this folder's cluster; a gateway knows itself whom it serves."""
    validation, settings = check(document), Settings.load()
    if settings.server is not None:
        return validation
    return for_owner(validation, LOCAL_OWNER, settings.offered_secrets)


def schema() -> None:
    """Print the JSON Schema of a workflow, for editors and other programs."""
    say(to_json(workflow_schema()))


def _checked_by_cluster(validation: Validation, workflow: Workflow) -> tuple[Validation, str]:
    """Return a validation with what the cluster adds, or with why no cluster was asked.

    A gateway knows which secrets its caller may use; the ledger, which tasks workers have.
    """
    has_tasks = any(node.subtype == PYTHON_TASK.subtype for node in workflow.nodes)
    if not has_tasks and Settings.load().server is None:
        return validation, ""
    try:
        with connected_to_read() as cluster:
            found = cluster.check(workflow)
    except TreadleError as error:  # a definition can be checked without a cluster
        return validation, error.message
    if found.problems:
        return Validation(None, None, tuple(found.problems), validation.warnings), ""
    return replace(validation, warnings=(*validation.warnings, *found.warnings)), ""


def document_of(validation: Validation) -> dict[str, Any]:
    """Return `{valid, problems}`, and the warnings where there are any."""
    document: dict[str, Any] = {
        "valid": validation.workflow is not None,
        "problems": [asdict(problem) for problem in validation.problems],
    }
    if validation.warnings:
        document["warnings"] = [asdict(problem) for problem in validation.warnings]
    return document


def listed(problems: Sequence[Problem]) -> str:
    """Return problems for a person: where and why, what, and how to fix it."""
    lines = problem_lines([asdict(each) for each in problems])
    return wrapped("\n".join(f"  {each}" for each in lines), sys.stdout)
