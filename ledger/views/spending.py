"""Spending: what the models that an execution asked took, summed from its records when read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg

from treadle.dag.graph import CompiledGraph
from treadle.ledger.queries import fetching

_fetch = fetching("spending")

#: Credits of a US dollar.
_CREDITS_OF_DOLLAR = 100


def spent(
    connection: psycopg.Connection, graph: CompiledGraph, execution_id: UUID
) -> dict[str, Any]:
    """Return `{tokens_used, credits_consumed}`; a price that is not known counts for nothing."""
    nodes = [name for name, node in graph.nodes.items() if node.spec.asks_models]
    if not nodes:
        return {"tokens_used": 0, "credits_consumed": 0.0}
    (row,) = _fetch(connection, "spent", id=execution_id, nodes=nodes)
    return {"tokens_used": row.tokens, "credits_consumed": _credits(row.cost_usd)}


def credits_of(details: Mapping[str, Any]) -> float:
    """Return what the attempt of a record consumed, by its details."""
    cost_usd = details.get("cost_usd")
    return _credits(cost_usd) if cost_usd else 0.0


def _credits(cost_usd: float) -> float:
    return round(cost_usd * _CREDITS_OF_DOLLAR, 6)
