"""The service itself: liveness, readiness and metrics. These routes need no key."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from treadle.gateway.errors import refusal
from treadle.gateway.resources import Resources
from treadle.gateway.responses import Json
from treadle.gateway.routing import refusals
from treadle.monitoring.health import NotReady
from treadle.monitoring.metrics import pool_used
from treadle.wire.objects import unchecked
from treadle.wire.service import Alive, Ready

routes = APIRouter(tags=["service"])


@routes.get("/health", response_model=Alive, summary="Check liveness")
async def get_health() -> Response:
    """Return that the process answers."""
    return Json(Alive(status="alive"))


@routes.get(
    "/health/ready",
    response_model=Ready,
    responses=refusals(NotReady),
    summary="Check readiness",
)
def get_readiness(request: Request) -> Response:
    """Check each dependency; if one fails, `dependencies` of the refusal says why."""
    resources: Resources = request.app.state.resources
    try:
        return Json(unchecked(Ready)(**resources.readiness.check()))
    except NotReady as error:
        return refusal(error, request)


@routes.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Metrics for Prometheus.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": "# TYPE treadle_executions_started counter",
                }
            },
        }
    },
    summary="Get the metrics",
)
def get_metrics(request: Request) -> Response:
    """Return the metrics of this gateway, in the format that is asked for."""
    resources: Resources = request.app.state.resources
    pool_used(resources.pool.get_stats())
    body, content_type = resources.exposition.page(request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": content_type})
