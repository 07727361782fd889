"""Callers: who calls, what for, and whose things a request names. The one gate of all routes.

`admit` runs before anything else of a request under `/v1`, its body included. It answers three
questions, in this order: is the key one that may be used, does it have the scope that the route
asks for, and is each thing that the path or the query names the caller's own? What is not is not
found: nobody learns that it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

import psycopg
from anyio.to_thread import run_sync
from fastapi import Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from treadle.core.errors import TreadleError
from treadle.gateway.resources import Resources
from treadle.ledger.engine.control import NoSuchExecution
from treadle.ledger.people.interactions import InteractionNotFound, interaction
from treadle.ledger.views import keys, paging
from treadle.ledger.views.keys import NoSuchKey
from treadle.ledger.views.library import NoSuchWorkflow
from treadle.planner.requests import PlanNotFound
from treadle.wire.keys import Scope


class KeyMissing(TreadleError):
    """The request bears no key."""

    reason: ClassVar[str] = "key_missing"
    solution: ClassVar[str] = "Send `Authorization: Bearer KEY`; `treadle keys create` makes a key."


class KeyInvalid(TreadleError):
    """The key is none, has expired, or was revoked."""

    reason: ClassVar[str] = "key_invalid"
    solution: ClassVar[str] = "Use a key that `treadle keys list` shows as usable, or make one."


class ScopeMissing(TreadleError):
    """The key may be used, but not for this."""

    reason: ClassVar[str] = "scope_missing"
    solution: ClassVar[str] = "Use a key that has the scope, or make one that has."


@dataclass(frozen=True, slots=True)
class Caller:
    """The account that calls, as its key says; what a route may reach, it reaches through this."""

    owner: str
    key_id: str
    scopes: frozenset[Scope]
    resources: Resources

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """Take a session to the ledger for as long as the block runs; never while waiting."""
        with self.resources.pool.connection() as connection:
            yield connection

    def own(self, connection: psycopg.Connection, name: str, value: str) -> None:
        """Refuse a thing that is not the caller's: for what a body names, not the path.

        Raises:
            TreadleError: there is no such thing, or it is another's; nobody can tell which.
        """
        OWNED[name].check(connection, self.owner, value)


Check = Callable[[psycopg.Connection, str, str], None]
"""Raises that there is no such thing, unless this owner has it."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A kind of thing that belongs to somebody."""

    missing: type[TreadleError]
    """What says that there is none."""
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
    """Let a name pass that means something only together with its owner: every query has both."""


#: What requests name, by the name of the parameter in path or query. A route with a path parameter
#: that is neither here nor in `PLAIN` cannot be made.
OWNED: Mapping[str, Owned] = {
    "execution_id": Owned(NoSuchExecution, _execution),
    "interaction_id": Owned(InteractionNotFound, _interaction),
    "plan_id": Owned(PlanNotFound, _plan),
    "workflow_id": Owned(NoSuchWorkflow, _by_owner),
    "key_id": Owned(NoSuchKey, _by_owner),
}

#: Parameters that name nothing of anybody's by themselves.
PLAIN = frozenset({"node_id", "node_type", "node_subtype", "number"})


async def admit(request: Request, scope: Scope) -> Caller:
    """Return who calls, if they may.

    Raises:
        KeyMissing, KeyInvalid, ScopeMissing
        TreadleError: something that the request names is not the caller's.
    """
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise KeyMissing("The request bears no key.")
    named = {
        name: str(value)
        for name, value in (*request.query_params.multi_items(), *request.path_params.items())
        if name in OWNED
    }
    resources: Resources = request.app.state.resources
    return await run_sync(_admit, resources, text.strip(), scope, named)


def _admit(resources: Resources, text: str, scope: Scope, named: Mapping[str, str]) -> Caller:
    with resources.pool.connection() as connection:
        key = keys.usable(connection, text)
        if key is None:
            raise KeyInvalid("The key is none, has expired, or was revoked.")
        if scope not in key.scopes:
            raise ScopeMissing(
                f"This takes the scope {scope}, which the key has not.",
                needed=scope,
                scopes=list(key.scopes),
            )
        caller = Caller(key.owner, key.id, frozenset(key.scopes), resources)
        for name, value in named.items():
            caller.own(connection, name, value)
        return caller


_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="A key that `treadle keys create` made."
)


async def admitted(request: Request, _: Annotated[object, Security(_bearer)]) -> Caller:
    """Return who calls, as `admit` has found out."""
    caller: Caller = request.state.caller
    return caller


Reader = Annotated[Caller, Security(admitted, scopes=[Scope.READ])]
"""A caller who may see."""
Runner = Annotated[Caller, Security(admitted, scopes=[Scope.RUN])]
"""A caller who may change."""
Answerer = Annotated[Caller, Security(admitted, scopes=[Scope.ANSWER])]
"""A caller who may answer questions."""
Admin = Annotated[Caller, Security(admitted, scopes=[Scope.ADMIN])]
"""A caller who may make and revoke keys."""


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
