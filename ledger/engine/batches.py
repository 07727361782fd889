"""Batches: the settles and claims of many callers in one transaction (rules 5 and 6).

A request concerns one execution. Those whose execution another transaction holds are left out of
the batch and come again with the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import psycopg

from treadle.dag.events import EventType
from treadle.dag.values import Value
from treadle.ledger.engine.claims import ANY_LOSSES, Wanted, claim, passed_over, start_members
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.engine.hand_off import NO_HAND_OFF, Caller, HandOffBudget, Room
from treadle.ledger.engine.leases import NOBODY, Claim, Ref
from treadle.ledger.engine.locking import GraphsUnknown, lock_available, lock_waiting
from treadle.ledger.engine.node_logs import LogBatch, add_lines
from treadle.ledger.engine.settle_rows import Settlement
from treadle.ledger.engine.settlements import Settling, settle
from treadle.ledger.engine.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Report:
    """What an attempt has to say while it runs."""

    claim: Claim
    data: Value
    """Something that `dag.values.payload` takes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one caller wants of one execution: reports and lines added, outcomes settled, rows
    claimed.
    """

    execution_id: UUID
    budget: HandOffBudget = NO_HAND_OFF
    """The hand-offs it has room for; requests with the same one use that room together."""
    settlements: Sequence[Settlement] = ()
    starts: Sequence[Claim] = ()
    """Members of chunks that begin to run: rows that were claimed before."""
    claims: Sequence[Ref] = ()
    at_once: int | None = None
    """How many of the claims start to run at once; `None` for all."""
    lost_below: int = ANY_LOSSES
    """Rows with as many losses or more are not claimed; the result names them."""
    reports: Sequence[Report] = ()
    """What attempts say before anything is settled."""
    said: Sequence[LogBatch] = ()
    """What their tasks printed and logged."""


@dataclass(slots=True)
class CommitResult:
    """What became of a request."""

    settled: frozenset[UUID] = frozenset()
    """The leases whose outcome counted."""
    claims: list[Claim] = field(default_factory=list)
    """Leases on the rows that the request named."""
    passed_over: list[Ref] = field(default_factory=list)
    """Ready rows that it named and that have too many losses for it."""
    started: frozenset[UUID] = frozenset()
    """The leases of chunk members that begin to run by it."""
    handed_over: list[Claim] = field(default_factory=list)
    """Leases on what became ready by it and is the caller's to run now."""


class _Running(NamedTuple):
    """A lease under which an attempt is said to run."""

    execution_id: UUID
    scope: str
    node: str
    lease_id: UUID


def commit(
    engine: Engine,
    connection: psycopg.Connection,
    requests: Sequence[Request],
    *,
    wait: bool = False,
) -> list[CommitResult | None]:
    """Serve requests in one transaction; `None` stands for one whose execution was busy.

    Args:
        wait: wait for the execution instead; for requests of a single execution.

    Raises:
        psycopg.Error: nothing was committed, or (a connection error) it is not known; see
            `ledger.engine.claims.leases`.
    """
    try:
        return _commit(engine, connection, requests, wait=wait, at_hand=True)
    except GraphsUnknown as unknown:
        # Loaded while no row is locked. The lock said which: no query has to ask before each batch.
        for version_id in unknown.versions:
            engine.graphs.version(connection, version_id)
        return _commit(engine, connection, requests, wait=wait, at_hand=False)


def _commit(
    engine: Engine,
    connection: psycopg.Connection,
    requests: Sequence[Request],
    *,
    wait: bool,
    at_hand: bool,
) -> list[CommitResult | None]:
    executions = sorted({request.execution_id for request in requests})
    workers = (request.budget.worker_id for request in requests)
    worker_id = next((each for each in workers if each != NOBODY), NOBODY)

    def lock(session: psycopg.Connection) -> Iterable[LockedExecution]:
        if not wait:
            return lock_available(session, engine.graphs, executions, at_hand=at_hand)
        one = lock_waiting(session, engine.graphs, executions[0])
        return [one] if one else []

    with engine.acting(connection, lock, worker_id=worker_id) as unit:
        rooms = {id(request.budget): Room(request.budget) for request in requests}
        served = {
            index: Caller(rooms[id(request.budget)])
            for index, request in enumerate(requests)
            if request.execution_id in unit
        }
        _add_reports(unit, [each for i in served for each in requests[i].reports])
        add_lines(unit, [each for i in served for each in requests[i].said])
        settled = _settle(unit, requests, served)
        started = start_members(unit, [each for i in served for each in requests[i].starts])
        claims = _claim(unit, requests, served)
        handed_over = {
            index: [each for each in caller.claimed if unit.stands(each.ref)]
            for index, caller in served.items()
        }
        unit.keep_standing()
    if wait and not served:
        return [CommitResult() for _ in requests]  # retention has dropped the execution
    return [
        CommitResult(_own(request, settled), *claims.get(i, ([], [])), started, handed_over[i])
        if i in served
        else None
        for i, request in enumerate(requests)
    ]


def _add_reports(unit: UnitOfWork, reports: Sequence[Report]) -> None:
    """Add an event for each report whose attempt still has its lease (invariant 1)."""
    if not reports:
        return
    rows = [_Running(*each.claim.ref, each.claim.lease_id) for each in reports]
    running = {row.lease_id for row in unit.run_rows("running", rows).fetchall()}
    for each in reports:
        if each.claim.lease_id in running:
            unit.node_event(each.claim.ref, EventType.NODE_OUTPUT_UPDATE, data=each.data)


def _settle(
    unit: UnitOfWork, requests: Sequence[Request], served: Mapping[int, Caller]
) -> frozenset[UUID]:
    outcomes = [
        Settling(caller, each) for i, caller in served.items() for each in requests[i].settlements
    ]
    return settle(unit, outcomes) if outcomes else frozenset()


def _own(request: Request, settled: frozenset[UUID]) -> frozenset[UUID]:
    return settled.intersection(each.claim.lease_id for each in request.settlements)


def _claim(
    unit: UnitOfWork, requests: Sequence[Request], served: Iterable[int]
) -> dict[int, tuple[list[Claim], list[Ref]]]:
    """Return what each of the served requests claimed, and what was passed over."""
    claiming = [i for i in served if requests[i].claims]
    wanted = [
        Wanted(each.claims, each.budget.worker_id, each.at_once, each.lost_below)
        for each in (requests[i] for i in claiming)
    ]
    if not wanted:
        return {}
    return {
        i: (claims, passed_over(unit, each, claims))
        for i, each, claims in zip(claiming, wanted, claim(unit, wanted), strict=True)
    }
