"""Definitions in requests: valid, or refused with everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from core.errors import TreadleError
from dag.graph import CompiledGraph
from dag.model import Workflow
from dag.problems import Problem
from dag.validation import validate


class WorkflowInvalid(TreadleError):
    """The workflow has problems; all of them are told."""

    reason: ClassVar[str] = "workflow_invalid"
    solution: ClassVar[str] = "Mend what `problems` lists."


def valid(document: Any, *under: str) -> tuple[Workflow, CompiledGraph]:
    """Return a definition and its graph; `under` is where in the request it stands.

    Raises:
        WorkflowInvalid: `problems` has each with its path, reason, message and solution.
    """
    found = validate(document)
    if found.workflow is None or found.graph is None:
        problems = [each.under(*under) for each in found.problems]
        first = problems[0]
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise WorkflowInvalid(
            f"The workflow is not valid: {first.path}: {first.message}{more}",
            problems=as_wire(problems),
        )
    return found.workflow, found.graph


def as_wire(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return problems as the wire model says them."""
    return [asdict(each) for each in problems]
