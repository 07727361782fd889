"""Routes: what all routes under `/v1` have in common, so that none can omit it.

A `Routes` is FastAPI's router with three rules: one parameter of the function says which scope a
caller needs (`Reader`, `Runner`, `Answerer`, `Admin`); every path parameter is known to
`gateway.ownership`; and any error becomes a problem. A route that breaks the first two cannot be
defined.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any, get_args, get_type_hints

from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from pydantic import BaseModel, RootModel
from starlette.requests import Request
from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.dag.values import loads
from treadle.gateway.access import seen
from treadle.gateway.auth import admit
from treadle.gateway.errors import (
    MEDIA_TYPE,
    STATUS,
    problem,
    refusal,
    refuse_crowd,
)
from treadle.gateway.ownership import OWNED, PLAIN
from treadle.gateway.query import refuse_repeated, refuse_unknown, refuse_unstorable
from treadle.gateway.request_body import OF_KEYED, BodyLimits, BoundedRequest
from treadle.monitoring import metrics
from treadle.wire.keys import Scope
from treadle.wire.objects import to_json

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class RouteIncomplete(TypeError):
    """A route under `/v1` has no scope, or a path parameter unknown to `gateway.ownership`."""


class BoundedRoute(APIRoute):
    """A route whose body is bounded, whose errors are problems, and whose calls are counted."""

    async def authorize(self, request: Request) -> BodyLimits:
        """Check who calls, before anything is read of the body; return how large it may be."""
        raise NotImplementedError

    def get_route_handler(self) -> Handler:
        """Return the handler of a request: the function, wrapped in what all routes share."""
        answer = super().get_route_handler()
        has_body, members = self.body_field is not None, self._members()
        known = [each.alias for each in self.dependant.query_params]

        async def answered(request: Request) -> Response:
            try:
                limits = await self.authorize(request)
                refuse_unstorable(request)
                refuse_unknown(request, known)
                refuse_repeated(request)
                bounded = BoundedRequest(request.scope, request.receive, limits)
                if has_body and await bounded.body():
                    # Here, because FastAPI makes a plain 400 of any error.
                    document = await bounded.json()
                    if members is not None:
                        refuse_crowd(document, members)
                return await answer(bounded)
            except Exception as error:  # noqa: BLE001 - any error becomes a response
                return refusal(error, request)

        async def counted(request: Request) -> Response:
            with metrics.GATEWAY_SECONDS.labels(request.method, self.path_format).time():
                response = await answered(request)
            status = str(seen(request.scope, response.status_code))
            if request.app.state.stopping:
                response.headers["Connection"] = "close"  # the next request goes elsewhere
            metrics.GATEWAY_REQUESTS.labels(request.method, self.path_format, status).inc()
            return response

        return counted

    def _members(self) -> list[str] | None:
        """Return the members that a body may have; `None` if any."""
        model = self.body_field.field_info.annotation if self.body_field is not None else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
        return None if issubclass(model, RootModel) else list(model.model_fields)


class GatedRoute(BoundedRoute):
    """A route that needs a key."""

    @cached_property
    def scope_needed(self) -> Scope:
        """The scope that a key must have.

        Raises:
            RouteIncomplete: the function has no parameter that says so.
        """
        for hint in get_type_hints(self.endpoint, include_extras=True).values():
            for mark in get_args(hint)[1:]:
                if isinstance(mark, params.Security) and mark.scopes:
                    return Scope(mark.scopes[0])
        raise RouteIncomplete(f"{self.path} does not say who may call it; see gateway/__init__.py")

    async def authorize(self, request: Request) -> BodyLimits:
        """Refuse a request without a key of the scope, or for a resource of another account."""
        request.state.caller = await admit(request, self.scope_needed)
        return OF_KEYED

    def get_route_handler(self) -> Handler:
        """Return the handler of a request, if the route is complete."""
        unknown = self.param_convertors.keys() - OWNED.keys() - PLAIN
        if unknown:
            raise RouteIncomplete(f"{self.path}: gateway.ownership knows no {', '.join(unknown)}")
        assert self.scope_needed
        return super().get_route_handler()


class Routes(APIRouter):
    """A router of routes that need a key."""

    def __init__(self, tag: str) -> None:
        super().__init__(prefix="/v1", route_class=GatedRoute, tags=[tag])


def refusals(*reasons: type[TreadleError]) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of a route, for its documentation.

    What every route can answer (no key, wrong scope, an invalid request, a ledger that is away) is
    added by `gateway.openapi`.
    """
    return by_status(reasons)


def by_status(reasons: Iterable[type[TreadleError]]) -> dict[int | str, dict[str, Any]]:
    """Return documented responses, one a status, with an example of each reason."""
    found: dict[int | str, dict[str, Any]] = {}
    for each in reasons:
        status = STATUS[each.reason]
        response = found.setdefault(int(status), _response(status))
        summary = (each.__doc__ or each.reason).splitlines()[0]
        response["content"][MEDIA_TYPE]["examples"][each.reason] = {
            "summary": summary,
            "value": _example(each, summary),
        }
    return found


def _response(status: HTTPStatus) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}
    return {"description": status.phrase, "content": content}


def _example(kind: type[TreadleError], message: str) -> dict[str, Any]:
    error = kind.__new__(kind)
    TreadleError.__init__(error, message)
    shown: dict[str, Any] = loads(to_json(problem(error)))
    return {**shown, "timestamp": 1_767_225_600_000}
