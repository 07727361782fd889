"""Ownership: checks that what a request names is the caller's; else it is not found.

Every path parameter is in one of two lists, so that no route can omit the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.ledger.engine.execution_rows import NoSuchExecution
from treadle.ledger.people.interactions import InteractionNotFound, interaction
from treadle.ledger.views import paging
from treadle.ledger.views.keys import NoSuchKey
from treadle.ledger.views.library import NoSuchWorkflow
from treadle.planner.requests import PlanNotFound

Check = Callable[[psycopg.Connection, str, str], None]
"""Raises the error for a missing resource, unless this owner has it."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A kind of resource that belongs to an account."""

    missing: type[TreadleError]
    """The error for one that does not exist."""
    check: Check


def _execution(connection: psycopg.Connection, owner: str, value: str) -> None:
    if not _runs(connection, owner, value):
        raise NoSuchExecution(value)


def _plan(connection: psycopg.Connection, owner: str, value: str) -> None:
    if not _runs(connection, owner, value):
        raise PlanNotFound(value)


def _runs(connection: psycopg.Connection, owner: str, value: str) -> bool:
    """Return whether a value is the id of an owner's execution; a plan is one too."""
    execution_id = _uuid(value)
    return execution_id is not None and paging.owner(connection, execution_id) == owner


def _interaction(connection: psycopg.Connection, owner: str, value: str) -> None:
    interaction_id = _uuid(value)
    if interaction_id is None:
        raise InteractionNotFound(value)
    found = interaction(connection, interaction_id)
    if owner != found.owner and owner not in found.assignees:
        raise InteractionNotFound(interaction_id)


def _by_owner(connection: psycopg.Connection, owner: str, value: str) -> None:
    """Let a name pass that is unique only for its owner: every query has both."""


#: The checked parameters of paths and queries. A route with a path parameter that is neither here
#: nor in `PLAIN` cannot be defined.
OWNED: Mapping[str, Owned] = {
    "execution_id": Owned(NoSuchExecution, _execution),
    "interaction_id": Owned(InteractionNotFound, _interaction),
    "plan_id": Owned(PlanNotFound, _plan),
    "workflow_id": Owned(NoSuchWorkflow, _by_owner),
    "key_id": Owned(NoSuchKey, _by_owner),
}

#: Path parameters that name nothing of an account by themselves.
PLAIN = frozenset({"node_id", "node_type", "node_subtype", "number"})


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
