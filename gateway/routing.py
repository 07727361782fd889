"""Routes: what all of them under `/v1` have in common, so that none can forget it.

A `Routes` is FastAPI's router with three rules: who may call is said by one parameter of the
function (`Reader`, `Runner`, `Answerer`, `Admin`); every parameter of the path is known to the
gate; and whatever is raised becomes a problem. A route that breaks the first two cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any, get_args, get_type_hints

from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.dag.values import loads
from treadle.gateway.auth import admit
from treadle.gateway.errors import MEDIA_TYPE, STATUS, problem, refusal, refuse_unknown
from treadle.gateway.ownership import OWNED, PLAIN
from treadle.gateway.request_body import BoundedRequest
from treadle.monitoring import metrics
from treadle.wire.keys import Scope
from treadle.wire.objects import to_json

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class RouteIncomplete(TypeError):
    """A route under `/v1` does not say who may call it, or names what the gate does not know."""


class BoundedRoute(APIRoute):
    """A route whose body is bounded, whose errors are problems, and whose calls are counted."""

    async def let_in(self, request: Request) -> None:
        """Look at who calls, before anything else: here anybody may."""

    def get_route_handler(self) -> Handler:
        """Return what answers a request: the function, with what stands around it."""
        answer = super().get_route_handler()
        has_body = self.body_field is not None
        known = [each.alias for each in self.dependant.query_params]

        async def edged(request: Request) -> Response:
            try:
                await self.let_in(request)
                refuse_unknown(request, known)
                bounded = BoundedRequest(request.scope, request.receive)
                if has_body and await bounded.body():
                    await bounded.json()  # here, because FastAPI makes a plain 400 of any error
                return await answer(bounded)
            except Exception as error:  # noqa: BLE001 - the edge: whatever it is, it is answered
                return refusal(error, request)

        async def counted(request: Request) -> Response:
            with metrics.GATEWAY_SECONDS.labels(request.method, self.path_format).time():
                response = await edged(request)
            status = str(response.status_code)
            metrics.GATEWAY_REQUESTS.labels(request.method, self.path_format, status).inc()
            return response

        return counted


class GatedRoute(BoundedRoute):
    """A route behind the gate."""

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

    async def let_in(self, request: Request) -> None:
        """Let in who has a key of the scope, and names nothing of another's."""
        request.state.caller = await admit(request, self.scope_needed)

    def get_route_handler(self) -> Handler:
        """Return what answers a request, if the route is complete."""
        unknown = self.param_convertors.keys() - OWNED.keys() - PLAIN
        if unknown:
            raise RouteIncomplete(f"{self.path}: gateway.ownership knows no {', '.join(unknown)}")
        assert self.scope_needed
        return super().get_route_handler()


class Routes(APIRouter):
    """A router of gated routes."""

    def __init__(self, tag: str) -> None:
        super().__init__(prefix="/v1", route_class=GatedRoute, tags=[tag])


class OpenRoutes(APIRouter):
    """A router of routes that need no key: whoever calls shows something else in the body."""

    def __init__(self, tag: str) -> None:
        super().__init__(prefix="/v1", route_class=BoundedRoute, tags=[tag])


def refusals(*reasons: type[TreadleError]) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a route that these errors make, for its documentation.

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
