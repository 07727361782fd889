"""Progress: what attempts that still run have to say becomes events, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from treadle.ledger.engine.rows import Report
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.wire.events import EventType


def tell(unit: UnitOfWork, reports: Sequence[Report]) -> None:
    """Add an event for each report whose attempt still has its lease (invariant 1)."""
    rows = [(*each.claim.ref, each.claim.lease_id) for each in reports]
    names = ("execution_id", "scope", "node", "lease_id")
    running = {row.lease_id for row in unit.run_rows("running", names, rows).fetchall()}
    for each in reports:
        if each.claim.lease_id in running:
            ref = each.claim.ref
            place = {"node_id": ref.node, "scope": ref.scope}
            unit.event(
                unit.locked[ref.execution_id], EventType.NODE_OUTPUT_UPDATE, **place, data=each.data
            )
