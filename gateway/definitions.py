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
from treadle.dag.validation import Validation, for_owner, validate
from treadle.dag.validation.offers import refused_secrets
from treadle.dag.values import dumps
from treadle.gateway.auth import Caller
from treadle.monitoring.secret_refusals import REASONS, secret_refused
from treadle.wire.errors import DefinitionProblem
from treadle.wire.objects import unchecked

_problem = unchecked(DefinitionProblem)

#: Definitions whose validation is kept, and how large one may be: together a few tens of MB.
_KEPT, _KEPT_BYTES = 128, 32 * 1024


class WorkflowInvalid(TreadleError):
    """The workflow is not valid; `problems` lists every error."""

    reason: ClassVar[str] = "workflow_invalid"
    solution: ClassVar[str] = "Fix what `problems` lists."


def valid(caller: Caller, document: Any, *under: str) -> tuple[Workflow, CompiledGraph]:
    """Return a definition and its graph; `under` is its place in the request.

    Raises:
        WorkflowInvalid: `problems` has each with its path, reason, message and solution.
    """
    text = dumps(document)
    found = _validated(text) if len(text) <= _KEPT_BYTES else validate(document)
    found = for_caller(caller, found)
    if found.workflow is None or found.graph is None:
        raise _invalid(caller, found.problems, *under)
    return found.workflow, found.graph


def for_caller(caller: Caller, found: Validation) -> Validation:
    """Return a validation that knows which secrets the caller may use."""
    return for_owner(found, caller.owner, caller.resources.settings.offered_secrets)


def check_stored(caller: Caller, graph: CompiledGraph) -> None:
    """Refuse a stored version with secrets that the caller may not use any more.

    Raises:
        WorkflowInvalid: as `valid` does.
    """
    offers = caller.resources.settings.offered_secrets
    if problems := refused_secrets(graph, caller.owner, offers):
        raise _invalid(caller, problems)


def _invalid(caller: Caller, problems: Sequence[Problem], *under: str) -> WorkflowInvalid:
    for reason in sorted(REASONS.intersection(each.reason for each in problems)):
        secret_refused("submission", reason, owner=caller.owner, key_id=caller.key_id)
    placed = [each.under(*under) for each in problems]
    first = placed[0]
    more = f", and {len(placed) - 1} more" if len(placed) > 1 else ""
    return WorkflowInvalid(
        f"The workflow is not valid: {first.path}: {first.message}{more}",
        problems=[asdict(each) for each in placed],
    )


@lru_cache(maxsize=_KEPT)
def _validated(text: bytes) -> Validation:
    """Validate a definition, and cache the result for when it is submitted again."""
    return validate(text)


def wire_problems(problems: Sequence[Problem]) -> list[DefinitionProblem]:
    """Return problems of a definition in their form on the wire."""
    return [_problem(**asdict(each)) for each in problems]
