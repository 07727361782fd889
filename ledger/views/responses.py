"""Responses as they are shown: what people answered to a question, and what became of each."""

from __future__ import annotations

from uuid import UUID

import psycopg

from treadle.dag.values import loads
from treadle.ledger.queries import fetching
from treadle.ledger.views.executions import milliseconds
from treadle.wire.errors import error_of
from treadle.wire.interactions import InteractionResponse
from treadle.wire.objects import unchecked

_fetch = fetching("people")
_wire = unchecked(InteractionResponse)


def responses(connection: psycopg.Connection, interaction_id: UUID) -> list[InteractionResponse]:
    """Return what people answered to a question, in the order it came."""
    return [
        _wire(
            received_at=milliseconds(row.received_at),
            answered_by=row.responder,
            via=row.via,
            verdict=row.verdict,
            decision=row.decision,
            answer=loads(row.answer) if row.answer is not None else None,
            error=error_of(loads(row.error)) if row.error is not None else None,
        )
        for row in _fetch(connection, "responses", id=interaction_id)
    ]
