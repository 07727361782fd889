"""Attempt metrics: what a worker process reports of its attempts, as metrics and a line each.

What counted is counted where it was committed (`monitoring.facts`). Here is what only the process
knows: how long an attempt took, what its node had waited, and what was refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import cache
from uuid import UUID

import structlog

from treadle.dag.outcomes import OUTCOME_NAMES, Failed, Retrying
from treadle.dag.specs import Lane
from treadle.ledger.engine.batches import CommitResult
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.settle_rows import Settlement
from treadle.monitoring.metrics import (
    CHUNK_NODES,
    HAND_OFFS,
    LEASES_LOST,
    NODE_SECONDS,
    NODES_STARTED,
    QUEUE_WAIT_SECONDS,
)

#: By node type, which is a closed set: looking a label up costs more than counting.
_started_of = cache(NODES_STARTED.labels)
_seconds_of = cache(NODE_SECONDS.labels)
_wait_seconds_of = cache(QUEUE_WAIT_SECONDS.labels)

_log = structlog.get_logger()


def claimed(claims: Sequence[Claim]) -> None:
    """Count what one message brought."""
    CHUNK_NODES.observe(len(claims))
    for claim in claims:
        if claim.waited_seconds is not None:
            _wait_seconds_of(claim.node.spec.key).observe(claim.waited_seconds)


def started(claim: Claim) -> None:
    """Count an attempt that begins to run."""
    _started_of(claim.node.spec.key).inc()


def settled(
    settlements: Iterable[Settlement], result: CommitResult, worker_id: UUID | None
) -> None:
    """Count attempts that were settled, and log one line for each.

    Inline nodes take microseconds and come by the thousand, so their lines are for DEBUG; what
    failed, also if it is tried again, is a WARNING in every lane.
    """
    for each in settlements:
        counts = each.claim.lease_id in result.settled
        if not counts:
            LEASES_LOST.inc()
        if each.seconds is not None:
            _seconds_of(each.claim.node.spec.key).observe(each.seconds)
        level = _level(each) if counts else logging.INFO
        if _log.is_enabled_for(level):
            outcome = OUTCOME_NAMES[type(each.outcome)] if counts else "lease_lost"
            _tell(level, each, outcome, worker_id)
    HAND_OFFS.inc(len(result.handed_over))


def _level(settlement: Settlement) -> int:
    if isinstance(settlement.outcome, Failed | Retrying):
        return logging.WARNING
    return logging.DEBUG if settlement.claim.node.lane is Lane.INLINE else logging.INFO


def _tell(level: int, settlement: Settlement, outcome: str, worker_id: UUID | None) -> None:
    claim = settlement.claim
    facts: dict[str, object] = {}
    if isinstance(settlement.outcome, Failed | Retrying):
        error = settlement.outcome.error
        facts["reason"], facts["error"] = error.get("error_code"), error.get("error_message")
        if lines := error.get("error_details", {}).get("traceback"):
            facts["traceback"] = lines
    _log.log(
        level,
        "attempt.settled",
        node_type=claim.node.spec.key,
        execution_id=str(claim.ref.execution_id),
        node_id=claim.ref.node,
        scope=claim.ref.scope,
        attempt=claim.attempt,
        outcome=outcome,
        seconds=_rounded(settlement.seconds),
        queue_wait_seconds=_rounded(claim.waited_seconds),
        worker_id=str(worker_id),
        **facts,
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
