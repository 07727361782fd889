"""Lines that tasks print and log: a page as JSON, or all as they come, as server-sent events."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import Query, Request
from starlette.responses import Response

from treadle.dag.model import NodeId
from treadle.gateway.auth import Caller, Reader
from treadle.gateway.live import Live, LogStream, ReadingLines
from treadle.gateway.models.events import LINE_STREAM
from treadle.gateway.parameters import Limit
from treadle.gateway.responses import Json
from treadle.gateway.routes.events import Accept, LastEventId, still_admitted
from treadle.gateway.routing import Routes
from treadle.ledger.views.node_logs import Lines, lines
from treadle.ledger.views.paging import reached
from treadle.wire.logs import LogLines

routes = Routes("logs")


OfNode = Annotated[NodeId | None, Query(description="Only lines of this node.")]
OfScope = Annotated[
    str | None,
    Query(max_length=2_000, description="Only lines of this iteration; empty for the root."),
]
OfAttempt = Annotated[
    int | None, Query(ge=1, lt=2**31, description="Only lines of this try of the node.")
]
AfterLine = Annotated[int, Query(ge=0, lt=2**62, description="Only lines after this one.")]


@routes.get(
    "/executions/{execution_id}/logs",
    response_model=LogLines,
    responses=LINE_STREAM,
    summary="Read or follow what an execution's tasks print and log",
)
async def list_logs(  # noqa: PLR0913, PLR0917 - each is a parameter of the query
    execution_id: UUID,
    caller: Reader,
    request: Request,
    node: OfNode = None,
    scope: OfScope = None,
    attempt: OfAttempt = None,
    after: AfterLine = 0,
    limit: Limit = 1_000,
    last_event_id: LastEventId = None,
    accept: Accept = None,
) -> Response:
    """Return lines in order, each once. A stream ends with the execution."""
    wanted = Lines(execution_id, node, scope, attempt)
    if "text/event-stream" not in (accept or "").lower():
        return await run_sync(_page, caller, wanted, after, limit)
    after = int(last_event_id) if last_event_id else after
    live: Live = request.app.state.live
    if await run_sync(_is_over, caller, wanted, after):
        return Response(status_code=204)
    return LogStream(ReadingLines(live, wanted, after, partial(still_admitted, request)))


def _page(caller: Caller, wanted: Lines, after: int, limit: int) -> Response:
    with caller.session() as connection:
        return Json(lines(connection, wanted, after=after, limit=limit))


def _is_over(caller: Caller, wanted: Lines, after: int) -> bool:
    """Return whether nothing follows a line any more: a 204 ends a browser's tries to reconnect."""
    with caller.session() as connection:
        is_over = reached(connection, wanted.execution_id).is_over
        return is_over and not lines(connection, wanted, after=after, limit=1).lines
