"""The access log: one line for each request, with an id by which whoever sent it can ask about it.

The id is the request's `X-Request-ID` if that is one, else a new one. It stands in the response's
header, in the body of an error, and in every line that is logged for the request. The line names
the route by its template, and nothing else of what was sent: no path, query, header or body.
"""

from __future__ import annotations

import logging
import re
import time
from http import HTTPMethod
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from treadle.core.ids import new_id

HEADER = "X-Request-ID"
#: The status of a request whose client left before the response began: nobody received one.
CLIENT_LEFT = 499
#: Set in the scope of a request whose connection ended before its response did.
LEFT = "treadle.client_left"

#: Asked every few seconds by machines: a line for each would hide the others.
_WITHOUT_LINE = frozenset({"/health", "/health/ready", "/metrics"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_METHODS = frozenset(HTTPMethod)

_log = structlog.get_logger()


class AccessLog:
    """Logs the requests of an application; outermost, so that it knows how each one ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with its id, and log how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        request_id = state["request_id"] = _id_of(scope)
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = seen(scope, message["status"])
                headers = (
                    *message.get("headers", ()),
                    (HEADER.lower().encode(), request_id.encode()),
                )
                message = {**message, "headers": headers}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:  # noqa: BLE001 - the edge: uvicorn would log it once more
                if "reason" not in state:  # else it was logged where it was answered
                    _log.error("request.crashed", **_place(scope), exc_info=error)
            finally:
                if scope["path"] not in _WITHOUT_LINE:
                    _tell(scope, status or seen(scope, 500), time.perf_counter() - began)


def seen(scope: Scope, status: int) -> int:
    """Return the status that a response has in log and metrics when it begins with `status`."""
    return CLIENT_LEFT if scope.get(LEFT) else status


def _tell(scope: Scope, status: int, seconds: float) -> None:
    state = scope["state"]
    facts: dict[str, Any] = {name: state[name] for name in ("key_id", "reason") if name in state}
    if status < 400 and scope.get(LEFT):
        facts["client_left"] = True  # in the middle of a stream, which is how most of them end
    _log.log(
        _level(status),
        "request.answered",
        **_place(scope),
        status=int(status),  # a member of HTTPStatus would be shown by its name
        milliseconds=round(seconds * 1000, 3),
        **facts,
    )


def _level(status: int) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.WARNING if status >= 400 and status != CLIENT_LEFT else logging.INFO


def _place(scope: Scope) -> dict[str, str | None]:
    """Return the method and the route: of what no route knows, neither is quoted."""
    route, method = scope.get("route"), scope["method"]
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    return {"method": method if method in _METHODS else None, "route": template}


def _id_of(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _ID.fullmatch(given) else str(new_id())
