"""Batches: the settles and claims of many callers in one transaction (rules 5 and 6).

A request concerns one execution. Those whose execution another transaction holds are left out of
the batch and come again with the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from treadle.core.postgres import pipelined_transaction
from treadle.ledger.engine.claims import Wanted, claim
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.locking import GraphsUnknown, lock_available, lock_waiting
from treadle.ledger.engine.progress import tell
from treadle.ledger.engine.rows import (
    Claim,
    DispatchQueue,
    HandOffBudget,
    PostCommit,
    Ref,
    Report,
    Settlement,
)
from treadle.ledger.engine.settlements import settle
from treadle.ledger.engine.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Request:
    """What one caller wants of one execution: reports told, outcomes settled, rows claimed."""

    execution_id: UUID
    budget: HandOffBudget
    """The hand-offs it has room for; no room at all is `seconds=0, alone=False`."""
    settlements: Sequence[Settlement] = ()
    claims: Sequence[Ref] = ()
    start_all: bool = False
    """Whether all claims start to run at once, or one after the other."""
    reports: Sequence[Report] = ()
    """What attempts say before anything is settled."""


@dataclass(slots=True)
class CommitResult:
    """What became of a request."""

    settled: frozenset[UUID]
    """The leases whose outcome counted."""
    claims: list[Claim] = field(default_factory=list)
    """Leases on the rows that the request named."""
    started: frozenset[UUID] = frozenset()
    """The leases of chunk members that the settle of the one before them started."""
    post_commit: PostCommit = field(default_factory=PostCommit)
    """What became ready by it."""


def commit(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
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
        return _commit(connection, graphs, queue, requests, wait=wait, at_hand=True)
    except GraphsUnknown as unknown:
        # Loaded while no row is locked. The lock told which: no query has to ask before each batch.
        for version_id in unknown.versions:
            graphs.version(connection, version_id)
        return _commit(connection, graphs, queue, requests, wait=wait, at_hand=False)


def _commit(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
    requests: Sequence[Request],
    *,
    wait: bool,
    at_hand: bool,
) -> list[CommitResult | None]:
    ids = sorted({request.execution_id for request in requests})
    with pipelined_transaction(connection):
        if wait:
            one = lock_waiting(connection, graphs, ids[0])
            locked = [one] if one else []
        else:
            locked = lock_available(connection, graphs, ids, at_hand=at_hand)
        unit = UnitOfWork(
            connection, locked, queue=queue, budgets=[request.budget for request in requests]
        )
        served = [i for i, request in enumerate(requests) if request.execution_id in unit.locked]
        _tell(unit, requests, served)
        settled, started = _settle(unit, requests, served)
        claims = dict(zip(served, _claim(unit, requests, served), strict=True))
        unit.save()
    unit.committed()
    if wait and not locked:
        return [CommitResult(frozenset()) for _ in requests]  # retention has dropped the execution
    return [
        CommitResult(_own(request, settled), claims[i], started, _standing(unit, i))
        if i in claims
        else None
        for i, request in enumerate(requests)
    ]


def _tell(unit: UnitOfWork, requests: Sequence[Request], served: Sequence[int]) -> None:
    reports = [each for i in served for each in requests[i].reports]
    if reports:
        tell(unit, reports)


def _settle(
    unit: UnitOfWork, requests: Sequence[Request], served: Sequence[int]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    outcomes = [(i, each) for i in served for each in requests[i].settlements]
    return settle(unit, outcomes) if outcomes else (frozenset(), frozenset())


def _own(request: Request, settled: frozenset[UUID]) -> frozenset[UUID]:
    return settled.intersection(each.claim.lease_id for each in request.settlements)


def _claim(
    unit: UnitOfWork, requests: Sequence[Request], served: Sequence[int]
) -> list[list[Claim]]:
    """Return what each of the served requests claimed."""
    claiming = [i for i in served if requests[i].claims]
    wanted = [
        Wanted(each.claims, each.budget.worker_id, each.start_all)
        for each in (requests[i] for i in claiming)
    ]
    claims = dict(zip(claiming, claim(unit, wanted), strict=True)) if wanted else {}
    return [claims.get(i, []) for i in served]


def _standing(unit: UnitOfWork, cause: int) -> PostCommit:
    """Return what a caller goes on with, without what the same transaction ended after all."""
    post_commit = unit.post_commit[cause]
    post_commit.claimed = [each for each in post_commit.claimed if unit.stands(each.ref)]
    post_commit.noted = [each for each in post_commit.noted if unit.stands(each.ref)]
    return post_commit
