"""Node records of an execution, and the outputs of its nodes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from treadle.dag.model import NodeId
from treadle.dag.states import NodeStatus
from treadle.gateway.auth import Reader
from treadle.gateway.parameters import Cursor, Limit
from treadle.gateway.responses import Json, page, position_in
from treadle.gateway.routing import Routes, refusals
from treadle.gateway.truncation import records_left_out
from treadle.ledger.views import paging
from treadle.ledger.views.executions import INLINE_PAYLOAD_BYTES
from treadle.ledger.views.paging import NoSuchNodeExecution
from treadle.wire.executions import NodeExecutions
from treadle.wire.objects import unchecked

routes = Routes("nodes")

_page = unchecked(NodeExecutions)


@routes.get(
    "/executions/{execution_id}/nodes",
    response_model=NodeExecutions,
    summary="List an execution's node records",
)
def list_node_executions(
    execution_id: UUID,
    caller: Reader,
    status: Annotated[NodeStatus | None, Query(description="Only those.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return node records by scope and node, an order that does not change while they run."""
    position = position_in(cursor, str, str)
    with caller.session() as connection:
        found = paging.records(
            connection,
            caller.resources.graphs.execution_shown(connection, execution_id),
            execution_id,
            paging.Window(
                after=position or ("", ""),
                limit=limit + 1,
                status=status,
                inline_bytes=INLINE_PAYLOAD_BYTES,
            ),
        )
    shown, following = page(found, limit, "scope", "node_id")
    return Json(
        _page(
            node_executions=shown,
            left_out=records_left_out(str(execution_id), shown),
            next_cursor=following,
        )
    )


@routes.get(
    "/executions/{execution_id}/nodes/{node_id}/output",
    responses={
        200: {
            "description": "The output of the node, whatever its size.",
            "content": {"application/json": {"schema": {}, "example": {"text": "Hello Ada"}}},
        },
        **refusals(NoSuchNodeExecution),
    },
    summary="Get a node's output",
)
def get_node_output(
    execution_id: UUID,
    node_id: NodeId,
    caller: Reader,
    scope: Annotated[
        str, Query(max_length=2_000, description="The iteration; empty for the root.")
    ] = "",
) -> Response:
    """Return one node execution's output, whatever its size."""
    with caller.session() as connection:
        return Json(paging.output(connection, execution_id, scope, node_id))
