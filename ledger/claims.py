"""Claims: leases on rows that a message named."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.ids import new_id
from dag.states import FINAL_EXECUTION_STATUSES, LoopPhase
from dag.values import loads
from ledger.rows import Claim, Held, Ref
from ledger.unit import Unit

_KEYS = ("execution_id", "scope", "node")


def claim(
    unit: Unit, held: Held, refs: Sequence[Ref], *, worker_id: UUID, start_all: bool
) -> list[Claim]:
    """Take leases on those of `refs` that are ready, in their order.

    Only the first is started, unless `start_all`: the settle of each member of a chunk starts the
    next. Behind a closed gate nothing is claimed, and the rows' notes are taken back, so that a
    resume sends them anew (rule 9).
    """
    if held.status in FINAL_EXECUTION_STATUSES:
        return []
    if held.paused:
        unit.run_rows("clear_notes", _KEYS, list(refs))
        return []
    rows = [
        (
            *ref,
            new_id(),
            start_all or not index,
            held.graph.nodes[ref.node].timeout.total_seconds(),
        )
        for index, ref in enumerate(refs)
    ]
    names = (*_KEYS, "lease_id", "starts", "limit_seconds")
    found = unit.run_rows("claim", names, rows, worker_id=worker_id).fetchall()
    leases = {Ref(*row[:3]): row[3] for row in rows}
    claims = {}
    for row in found:
        ref = Ref(row.execution_id, row.scope, row.node)
        claims[ref] = Claim(
            ref=ref,
            lease_id=leases[ref],
            graph=held.graph,
            attempt=row.attempt,
            retry_count=row.retry_count,
            lost_count=row.lost_count,
            chosen=row.chosen,
            phase=LoopPhase(row.phase) if row.phase else None,
            turn=row.loop_next or 0,
            started=start_all or ref == refs[0],
            error=loads(row.error) if row.error and row.phase == LoopPhase.GATHER else None,
            waited_seconds=row.waited_seconds,
        )
    in_order = [claims[ref] for ref in refs if ref in claims]
    if in_order and not start_all and in_order[0].ref != refs[0]:
        start(unit, in_order[:1])
    for index, each in enumerate(in_order):
        if start_all or not index:
            unit.event(held, "node_started", node_id=each.ref.node, scope=each.ref.scope)
    return in_order


def start(unit: Unit, members: Sequence[Claim]) -> frozenset[UUID]:
    """Note that claimed members of a chunk begin to run now (rule 8); return the leases that do."""
    rows = [(*each.ref, each.lease_id, each.node.timeout.total_seconds()) for each in members]
    started = unit.run_rows("start_next", (*_KEYS, "lease_id", "limit_seconds"), rows)
    return frozenset(row.lease_id for row in started.fetchall())
