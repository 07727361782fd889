"""Claims: leases on rows that a message named."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from treadle.core.ids import new_id
from treadle.dag.events import EventType
from treadle.dag.states import LoopPhase, NodeState
from treadle.dag.values import loads
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.row_errors import understanding
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.queries import fetching

_fetch = fetching("work")


#: The bound on losses of a claim that takes any row.
ANY_LOSSES = 2**31 - 1


class ClaimRow(NamedTuple):
    """A lease that is asked for."""

    execution_id: UUID
    scope: str
    node: str
    lease_id: UUID
    worker_id: UUID
    starts: bool
    limit_seconds: float
    lost_below: int


class StartRow(NamedTuple):
    """A claimed member of a chunk that begins to run."""

    execution_id: UUID
    scope: str
    node: str
    lease_id: UUID
    limit_seconds: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of one execution that one process wants leases on."""

    refs: Sequence[Ref]
    worker_id: UUID
    at_once: int | None
    """How many of them start to run at once; `None` for all. The others are members of a chunk,
    which `start_members` starts one after the other.
    """
    lost_below: int = ANY_LOSSES
    """Rows with as many losses or more are passed over."""

    def rows(self, locked: LockedExecution) -> list[ClaimRow]:
        """Return the leases that are asked for.

        A node that the version does not have is left out: a message is no row, and ends nothing.
        """
        nodes = locked.graph.nodes
        known = [ref for ref in self.refs if ref.node in nodes]
        return [
            ClaimRow(
                *ref,
                lease_id=new_id(),
                worker_id=self.worker_id,
                starts=self.at_once is None or index < self.at_once,
                limit_seconds=nodes[ref.node].timeout.total_seconds(),
                lost_below=self.lost_below,
            )
            for index, ref in enumerate(known)
        ]


def claim(unit: UnitOfWork, wanted: Sequence[Wanted]) -> list[list[Claim]]:
    """Take leases on the rows that are ready; return them for each caller, in the order it named.

    Behind a closed gate nothing is claimed, and the rows' notes are cleared, so that a resume
    sends them anew (rule 9).
    """
    asked = [_asked(unit, each) for each in wanted]
    rows = [row for each in asked for row in each]
    found = {}
    if rows:
        found = {row.lease_id: row for row in unit.run_rows("claim", rows).fetchall()}
    claims = [
        [_taken(unit, row, found[row.lease_id]) for row in each if row.lease_id in found]
        for each in asked
    ]
    begin = [
        one for each, of_it in zip(wanted, claims, strict=True) for one in of_it[: each.at_once]
    ]
    late = [each for each in begin if not each.started]
    if late:  # those that were to start first were not ready any more
        _start(unit, late)
    for one in begin:
        unit.node_event(one.ref, EventType.NODE_STARTED)
    return claims


def passed_over(unit: UnitOfWork, wanted: Wanted, claims: Sequence[Claim]) -> list[Ref]:
    """Return what was not claimed for its losses alone, and is still ready."""
    left = set(wanted.refs).difference(each.ref for each in claims)
    if not left or wanted.lost_below == ANY_LOSSES:
        return []
    rows = unit.run_rows("passed_over", sorted(left), lost_below=wanted.lost_below).fetchall()
    return [Ref(*row) for row in rows]


def _asked(unit: UnitOfWork, wanted: Wanted) -> list[ClaimRow]:
    locked = unit.of(wanted.refs[0].execution_id)
    if locked.is_final:
        return []
    if locked.paused:
        unit.run_rows("clear_notes", wanted.refs)
        return []
    return wanted.rows(locked)


def _taken(unit: UnitOfWork, asked: ClaimRow, row: Any) -> Claim:
    locked = unit.of(asked.execution_id)
    unit.open_counts.move(locked, row.queue, NodeState.READY, NodeState.RUNNING)
    return Claim(
        ref=Ref(asked.execution_id, asked.scope, asked.node),
        lease_id=row.lease_id,
        graph=locked.graph,
        attempt=row.attempt,
        retry_count=row.retry_count,
        lost_count=row.lost_count,
        chosen=row.chosen,
        phase=LoopPhase(row.phase) if row.phase else None,
        turn=row.loop_next or 0,
        started=asked.starts,
        error=_gathered_error(asked, row),
        waited_seconds=row.waited_seconds,
    )


def _gathered_error(asked: ClaimRow, row: Any) -> Any:
    """Return the failure that a loop gives up for, once it has gathered."""
    if not row.error or row.phase != LoopPhase.GATHER:
        return None
    place = {"node_id": asked.node, "scope": asked.scope}
    with understanding("The error of a loop", **place, execution_id=str(asked.execution_id)):
        return loads(row.error)


def start_members(unit: UnitOfWork, members: Sequence[Claim]) -> frozenset[UUID]:
    """Rule 8: start claimed members of chunks; return the leases of those that run now.

    Behind a closed gate none does: its worker releases it. Neither does one that has ended.
    """
    open_ones = [each for each in members if not unit.of(each.ref.execution_id).paused]
    started = _start(unit, open_ones) if open_ones else frozenset()
    for each in open_ones:
        if each.lease_id in started:
            unit.node_event(each.ref, EventType.NODE_STARTED)
    return started


def _start(unit: UnitOfWork, members: Sequence[Claim]) -> frozenset[UUID]:
    rows = [
        StartRow(*each.ref, each.lease_id, each.node.timeout.total_seconds()) for each in members
    ]
    started = unit.run_rows("start_next", rows)
    return frozenset(row.lease_id for row in started.fetchall())


def leases(
    connection: psycopg.Connection, executions: Collection[UUID], wanted: Collection[UUID]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Return which of `wanted` are running, and which were settled under their lease (rule 7)."""
    rows = _fetch(connection, "leases", ids=list(executions), leases=list(wanted))
    running = frozenset(row.lease_id for row in rows if row.lease_id)
    settled = frozenset(row.settled_by for row in rows if row.settled_by)
    return running & frozenset(wanted), settled & frozenset(wanted)
