"""Definitions in requests: valid, or refused with all their problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, ClassVar

from treadle.core.errors import TreadleError
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.problems import Problem
from treadle.dag.validation import Validation, validate
from treadle.dag.values import dumps
from treadle.wire.errors import DefinitionProblem
from treadle.wire.objects import unchecked

_problem = unchecked(DefinitionProblem)

#: Definitions whose validation is kept, and how large one may be: together a few tens of MB.
_KEPT, _KEPT_BYTES = 128, 32 * 1024


class WorkflowInvalid(TreadleError):
    """The workflow is not valid; `problems` lists every error."""

    reason: ClassVar[str] = "workflow_invalid"
    solution: ClassVar[str] = "Fix what `problems` lists."


def valid(document: Any, *under: str) -> tuple[Workflow, CompiledGraph]:
    """Return a definition and its graph; `under` is its place in the request.

    Raises:
        WorkflowInvalid: `problems` has each with its path, reason, message and solution.
    """
    text = dumps(document)
    found = _validated(text) if len(text) <= _KEPT_BYTES else validate(document)
    if found.workflow is None or found.graph is None:
        problems = [each.under(*under) for each in found.problems]
        first = problems[0]
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise WorkflowInvalid(
            f"The workflow is not valid: {first.path}: {first.message}{more}",
            problems=[asdict(each) for each in problems],
        )
    return found.workflow, found.graph


@lru_cache(maxsize=_KEPT)
def _validated(text: bytes) -> Validation:
    """Validate a definition, and cache the result for when it is submitted again."""
    return validate(text)


def wire_problems(problems: Sequence[Problem]) -> list[DefinitionProblem]:
    """Return problems of a definition in their form on the wire."""
    return [_problem(**asdict(each)) for each in problems]
