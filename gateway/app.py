"""The app: every route, with its resources, error handlers and documentation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from treadle.core.settings import Settings
from treadle.gateway.errors import refusal
from treadle.gateway.live import Live
from treadle.gateway.openapi import document
from treadle.gateway.pages import add_pages
from treadle.gateway.resources import Resources
from treadle.gateway.routes.registry import routers

#: Threads that answer requests beyond those that hold a session: they parse, or wait for one.
_FURTHER_THREADS = 24


class Gateway(FastAPI):
    """FastAPI with Treadle's OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return document(self)


def build(settings: Settings, *, owner: str | None = None) -> FastAPI:
    """Return the gateway as an ASGI application; it connects when it is started.

    Args:
        owner: The account of every request, for an application on no port: whoever asks it has the
            ledger's address at hand. With `None` each request needs a key.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        limiter = current_default_thread_limiter()
        limiter.total_tokens = settings.gateway_sessions + _FURTHER_THREADS
        resources = app.state.resources = Resources(settings)
        live = app.state.live = Live(resources.pool, settings.redis_url)
        app.state.stopping = False
        live.start()
        resources.vital.watch(*live.vital)
        try:
            yield
        finally:
            resources.vital.release()
            await live.close()
            await run_sync(resources.close)

    app = Gateway(
        title="Treadle",
        version=version("treadle"),
        lifespan=lifespan,
        exception_handlers={HTTPException: _refused, Exception: _refused},
        separate_input_output_schemas=False,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a client that does not follow would see an empty success
    )
    app.state.owner = owner
    for each in routers():
        app.router.routes.extend(each.routes)
    add_pages(app)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    answer = refusal(error, request)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return answer


def _methods_at(request: Request) -> set[str]:
    """Return the methods that a path takes: Starlette names those of its first route only."""
    routes = [each for each in request.app.routes if isinstance(each, Route)]
    first = next(each for each in routes if each.matches(request.scope)[0] is not Match.NONE)
    return {method for each in routes if each.path == first.path for method in each.methods or ()}
