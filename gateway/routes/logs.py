"""Lines that tasks print and log: a page as JSON, or all as they come, as server-sent events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from starlette.responses import Response

from treadle.dag.model import NodeId
from treadle.gateway.auth import Reader
from treadle.gateway.parameters import Limit
from treadle.gateway.responses import Json
from treadle.gateway.routing import Routes
from treadle.ledger.views.node_logs import Lines, lines
from treadle.wire.logs import LogLines

routes = Routes("logs")


@dataclass
class Narrowing:
    """Which lines of an execution are wanted."""

    node: Annotated[NodeId | None, Query(description="Only lines of this node.")] = None
    scope: Annotated[
        str | None,
        Query(max_length=2_000, description="Only lines of this iteration; empty for the root."),
    ] = None
    attempt: Annotated[
        int | None, Query(ge=1, lt=2**31, description="Only lines of this try of the node.")
    ] = None


AfterLine = Annotated[int, Query(ge=0, lt=2**62, description="Only lines after this one.")]


@routes.get(
    "/executions/{execution_id}/logs",
    response_model=LogLines,
    summary="Read or follow what an execution's tasks print and log",
)
def logs(
    execution_id: UUID,
    caller: Reader,
    narrowing: Annotated[Narrowing, Depends()],
    after: AfterLine = 0,
    limit: Limit = 1_000,
) -> Response:
    """Return lines in order, each once."""
    wanted = Lines(execution_id, narrowing.node, narrowing.scope, narrowing.attempt)
    with caller.session() as connection:
        return Json(lines(connection, wanted, after=after, limit=limit))
