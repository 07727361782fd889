"""Errors as responses: one table from reason to HTTP status, one body for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import ClassVar, cast

import psycopg
import structlog
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.core.postgres import LOST
from treadle.dag.problems import Hints, quoted
from treadle.dag.shape import problem_of
from treadle.wire.errors import Problem, error_of
from treadle.wire.objects import members, to_json, unchecked

_problem = unchecked(Problem)

_log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

#: Problems that the refusal of a request lists; a definition's own have their own limit.
MOST_PROBLEMS = 100

#: The status of every reason that an answer may carry. A reason that is not here is a defect, and
#: is answered as one.
STATUS: Mapping[str, HTTPStatus] = {
    "not_json": HTTPStatus.BAD_REQUEST,
    "request_cut": HTTPStatus.BAD_REQUEST,
    "key_missing": HTTPStatus.UNAUTHORIZED,
    "key_invalid": HTTPStatus.UNAUTHORIZED,
    "scope_missing": HTTPStatus.FORBIDDEN,
    "not_asked": HTTPStatus.FORBIDDEN,
    "link_not_valid": HTTPStatus.FORBIDDEN,
    "route_not_found": HTTPStatus.NOT_FOUND,
    "execution_not_found": HTTPStatus.NOT_FOUND,
    "node_execution_not_found": HTTPStatus.NOT_FOUND,
    "workflow_not_found": HTTPStatus.NOT_FOUND,
    "node_type_not_found": HTTPStatus.NOT_FOUND,
    "key_not_found": HTTPStatus.NOT_FOUND,
    "plan_not_found": HTTPStatus.NOT_FOUND,
    "interaction_not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "request_too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "too_many_requests": HTTPStatus.TOO_MANY_REQUESTS,
    "idempotency_conflict": HTTPStatus.CONFLICT,
    "execution_is_final": HTTPStatus.CONFLICT,
    "execution_not_final": HTTPStatus.CONFLICT,
    "nothing_to_retry": HTTPStatus.CONFLICT,
    "interaction_decided": HTTPStatus.CONFLICT,
    "workflow_exists": HTTPStatus.CONFLICT,
    "row_not_understood": HTTPStatus.CONFLICT,
    "plan_not_ready": HTTPStatus.CONFLICT,
    "request_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "answer_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not_json_content": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "request_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "workflow_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "workflow_differs": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_key_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "deadline_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "trigger_not_found": HTTPStatus.UNPROCESSABLE_ENTITY,
    "prompt_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "plan_input_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "output_not_storable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reply_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "not_available": HTTPStatus.NOT_IMPLEMENTED,
    "ledger_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "ledger_not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "outcome_unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "release_differs": HTTPStatus.SERVICE_UNAVAILABLE,
    "gateway_busy": HTTPStatus.SERVICE_UNAVAILABLE,
}


class RequestInvalid(TreadleError):
    """The request does not match this route's schema; `problems` lists every error."""

    reason: ClassVar[str] = "request_invalid"
    solution: ClassVar[str] = "Fix what `problems` lists; /openapi.json describes the request."


class RouteNotFound(TreadleError):
    """No route has this path."""

    reason: ClassVar[str] = "route_not_found"
    solution: ClassVar[str] = "/openapi.json lists all routes."


class MethodNotAllowed(TreadleError):
    """The path exists, but not with this method."""

    reason: ClassVar[str] = "method_not_allowed"
    solution: ClassVar[str] = "Use a method from the header `Allow`."


class LedgerUnavailable(TreadleError):
    """The database does not answer, or the connection was lost during the request."""

    reason: ClassVar[str] = "ledger_unavailable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Try again in a moment; /health/ready says what is wrong."


class LedgerNotReady(TreadleError):
    """The database has no ledger of this release."""

    reason: ClassVar[str] = "ledger_not_ready"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Start a process of this release; it migrates the database."


class GatewayBusy(TreadleError):
    """No connection to the ledger became free in time."""

    reason: ClassVar[str] = "gateway_busy"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Try again in a moment, or start another gateway."


class Defect(TreadleError):
    """An unexpected error in Treadle; the details are in the gateway's log."""

    reason: ClassVar[str] = "internal_error"


def status_of(error: TreadleError) -> HTTPStatus:
    """Return the status that an error is answered with."""
    return STATUS.get(error.reason, HTTPStatus.INTERNAL_SERVER_ERROR)


def refusal(error: Exception, request: Request) -> Response:
    """Return the response to a request that ended with an error."""
    wrapped = _as_treadle_error(error, request)
    request.state.reason = wrapped.reason
    status = status_of(wrapped)
    if wrapped.reason not in STATUS or status == HTTPStatus.INTERNAL_SERVER_ERROR:
        route = getattr(request.scope.get("route"), "path_format", None)
        _log.error("request.crashed", method=request.method, route=route, exc_info=error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(wrapped.context["retry_after_seconds"])
    named = {"request_id": request.state.request_id} if "request_id" in request.state else {}
    body = problem(wrapped, **named)
    return Response(to_json(body), status, headers, MEDIA_TYPE)


def problem(error: TreadleError, **facts: str) -> Problem:
    """Return an error as `application/problem+json`: RFC 9457's members and the wire's Error.

    `facts` are those of the request, which stand beside the error's own.
    """
    status = status_of(error)
    found = error.to_wire()
    found["error_details"] |= facts
    wire_error = members(error_of(found))
    return _problem(title=status.phrase, status=int(status), detail=error.message, **wire_error)


def refuse_crowd(document: Mapping[str, object], known: Collection[str]) -> None:
    """Refuse a body with many members that a route does not take: each would be an error.

    Raises:
        RequestInvalid
    """
    unknown = [name for name in document if name not in known]
    if len(unknown) <= MOST_PROBLEMS:
        return
    message = f"The body has {len(unknown):,} members that are not known here."
    problem = {
        "path": "",
        "reason": "too_many_problems",
        "message": message,
        "solution": f"Known here: {', '.join(known) or 'none'}.",
    }
    raise RequestInvalid(message, problems=[problem])


def _as_treadle_error(error: Exception, request: Request) -> TreadleError:
    """Return an error as Treadle's own: the exceptions of libraries are translated here."""
    path = quoted(request.url.path)
    wrapped: TreadleError = Defect("The request failed by a defect in Treadle.")
    match error:
        case TreadleError():
            wrapped = error
        case RequestValidationError():
            wrapped = _invalid(error, request)
        case HTTPException(status_code=404):
            wrapped = RouteNotFound(f"Nothing is served at {path}.")
        case HTTPException(status_code=405):
            wrapped = MethodNotAllowed(f"{path} does not take {quoted(request.method)}.")
        case PoolTimeout():
            wrapped = GatewayBusy("All sessions to the ledger are in use.")
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn():
            wrapped = LedgerNotReady("The database is not migrated.")
        case _ if isinstance(error, LOST):
            wrapped = LedgerUnavailable("The ledger does not answer.")
    return wrapped


def _invalid(error: RequestValidationError, request: Request) -> RequestInvalid:
    field = getattr(request.scope.get("route"), "body_field", None)
    model = field.field_info.annotation if field is not None else BaseModel
    hints = Hints()
    problems = []
    for detail in error.errors()[:MOST_PROBLEMS]:
        place, *rest = detail["loc"]
        found = problem_of(cast(ErrorDetails, {**detail, "loc": tuple(rest)}), model, hints)
        where = found.path if place == "body" else ".".join(str(step) for step in detail["loc"])
        problems.append(
            {
                "path": where,
                "reason": found.reason,
                "message": found.message,
                "solution": found.solution,
            }
        )
    first = problems[0]
    message = f"{first['path']}: {first['message']}" if first["path"] else first["message"]
    return RequestInvalid(message, problems=problems)
