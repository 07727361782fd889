"""Events of an execution: a page as JSON, or all as they come, as server-sent events."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import Header, Query, Request
from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.gateway.auth import Caller, Reader, admit
from treadle.gateway.live import EventStream, Live, Reading
from treadle.gateway.models.events import EVENT_STREAM
from treadle.gateway.responses import Json
from treadle.gateway.routing import Routes
from treadle.ledger.views import executions, paging
from treadle.wire.events import Events
from treadle.wire.keys import Scope
from treadle.wire.objects import unchecked

routes = Routes("events")

_events = unchecked(Events)

#: Transactions whose events make one page.
_PAGE_ROWS = 1_000

AfterSeq = Annotated[int, Query(ge=0, lt=2**62, description="Only events after this one.")]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9]{1,18}$",
        description="Sent by a reader that reconnects; takes precedence over `after_seq`.",
    ),
]
Accept = Annotated[
    str | None,
    Header(description="`text/event-stream` for events as they come, else a page of JSON."),
]


@routes.get(
    "/executions/{execution_id}/events",
    response_model=Events,
    responses=EVENT_STREAM,
    summary="Read or follow an execution's events",
)
async def list_execution_events(
    execution_id: UUID,
    caller: Reader,
    request: Request,
    after_seq: AfterSeq = 0,
    last_event_id: LastEventId = None,
    accept: Accept = None,
) -> Response:
    """Return events in order, each once. A stream ends with the last event of its execution."""
    after = int(last_event_id) if last_event_id else after_seq
    if "text/event-stream" in (accept or "").lower():
        return await follow(request, caller, execution_id, after)
    return await run_sync(_page, caller, execution_id, after)


async def follow(request: Request, caller: Caller, execution_id: UUID, after: int) -> Response:
    """Return an execution's events as a stream; 204 when there is nothing more to come.

    A 204 ends the attempts of a browser to reconnect.
    """
    reached = await run_sync(_reached, caller, execution_id)
    if reached.is_over and after >= reached.last_seq:
        return Response(status_code=204)
    live: Live = request.app.state.live
    admitted = partial(still_admitted, request)
    return EventStream(Reading(live, execution_id, after, reached.last_seq, admitted))


def _page(caller: Caller, execution_id: UUID, after: int) -> Response:
    with caller.session() as connection:
        found = executions.events(connection, execution_id, after_seq=after, rows=_PAGE_ROWS)
    return Json(_events(events=found, after_seq=found[-1].seq if found else after))


def _reached(caller: Caller, execution_id: UUID) -> paging.Reached:
    with caller.session() as connection:
        return paging.reached(connection, execution_id)


async def still_admitted(request: Request) -> bool:
    """Return whether the key of a request may still read."""
    try:
        await admit(request, Scope.READ)
    except TreadleError:
        return False
    return True
