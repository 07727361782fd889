"""Authentication and authorization of all requests under `/v1`.

`admit` runs before a request's body is read. It checks, in this order: that the key is usable, that
it has the scope of the route, and that each resource that path or query names is the caller's own.
A resource of another account is not found, so nobody learns that it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar

import psycopg
from anyio.to_thread import run_sync
from fastapi import Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from treadle.core.errors import TreadleError
from treadle.dag.model import NAME_LENGTH
from treadle.gateway.ownership import OWNED
from treadle.gateway.resources import Resources
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

#: Characters of a resource's name that are looked up and told: one more than any name has.
_NAMED_LENGTH = NAME_LENGTH + 1


class KeyMissing(TreadleError):
    """The request has no key."""

    reason: ClassVar[str] = "key_missing"
    solution: ClassVar[str] = (
        "Send `Authorization: Bearer KEY`; `treadle keys create` creates a key."
    )


class KeyInvalid(TreadleError):
    """The key does not exist, has expired, or was revoked."""

    reason: ClassVar[str] = "key_invalid"
    solution: ClassVar[str] = "Use a key that `treadle keys list` shows as usable, or create one."


class ScopeMissing(TreadleError):
    """The key is valid, but does not have the scope that this request needs."""

    reason: ClassVar[str] = "scope_missing"
    solution: ClassVar[str] = "Use a key with this scope, or create one."


@dataclass(frozen=True, slots=True)
class Caller:
    """The account of the key, with the resources that a route may use."""

    owner: str
    key_id: str
    scopes: frozenset[Scope]
    resources: Resources

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """Take a session to the ledger while the block runs; never hold one while waiting."""
        with self.resources.pool.connection() as connection:
            yield connection

    def own(self, connection: psycopg.Connection, name: str, value: str) -> None:
        """Refuse a resource that is not the caller's; for those that a body names.

        Raises:
            TreadleError: it does not exist, or is another's; the caller cannot tell which.
        """
        OWNED[name].check(connection, self.owner, value)


def bearer(request: Request) -> str:
    """Return the text of `Authorization: Bearer`; empty if there is none."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""


async def admit(request: Request, scope: Scope) -> Caller:
    """Return the caller of a request, if the request is permitted.

    Raises:
        KeyMissing, KeyInvalid, ScopeMissing
        TreadleError: a resource that the request names is not the caller's.
    """
    text = bearer(request)
    if not text and request.app.state.owner is None:
        raise KeyMissing("The request has no key.")
    named = {
        name: str(value)[:_NAMED_LENGTH]
        for name, value in (*request.query_params.multi_items(), *request.path_params.items())
        if name in OWNED
    }
    return await run_sync(_admit, request, text, scope, named)


def _admit(request: Request, text: str, scope: Scope, named: Mapping[str, str]) -> Caller:
    resources: Resources = request.app.state.resources
    owner: str | None = request.app.state.owner
    with resources.pool.connection() as connection:
        if owner is not None:
            caller = Caller(owner, "", frozenset(Scope), resources)
        else:
            key = _usable(connection, request, text, scope)
            caller = Caller(key.owner, key.id, frozenset(key.scopes), resources)
        for name, value in named.items():
            caller.own(connection, name, value)
        return caller


def _usable(connection: psycopg.Connection, request: Request, text: str, scope: Scope) -> keys.Key:
    key = keys.usable(connection, text)
    if key is None:
        raise KeyInvalid("The key does not exist, has expired, or was revoked.")
    request.state.key_id = key.id  # for the log, also where the request is refused
    if scope not in key.scopes:
        raise ScopeMissing(
            f"This needs the scope {scope}, which the key does not have.",
            needed=scope,
            scopes=list(key.scopes),
        )
    return key


_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="A key that `treadle keys create` created."
)


async def admitted(request: Request, _: Annotated[object, Security(_bearer)]) -> Caller:
    """Return the caller, as `admit` found it."""
    caller: Caller = request.state.caller
    return caller


Reader = Annotated[Caller, Security(admitted, scopes=[Scope.READ])]
"""A caller who may read."""
Runner = Annotated[Caller, Security(admitted, scopes=[Scope.RUN])]
"""A caller who may change."""
Answerer = Annotated[Caller, Security(admitted, scopes=[Scope.ANSWER])]
"""A caller who may answer questions."""
Admin = Annotated[Caller, Security(admitted, scopes=[Scope.ADMIN])]
"""A caller who may create and revoke keys."""
