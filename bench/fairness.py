"""Fairness: how long another owner's node waits behind a flood."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID

from bench.cluster import Cluster
from bench.shapes import document, nap_node
from treadle.dag.validation import validate
from treadle.ledger.engine.control import ExecutionIsFinal, cancel
from treadle.ledger.engine.submission import Submission

#: Seconds between two nodes of the other owner, and how many there are.
_PERIOD_SECONDS = 1.0
_OTHERS = 15
#: Seconds by which each of them must have run: far more than any should wait.
_LONGEST_SECONDS = 120.0

_WAITED = """
select extract(epoch from n.started_at - e.created_at)::float8
from node_executions n join executions e on e.id = n.execution_id
where n.execution_id = %(id)s and n.node = 'n0' and n.started_at is not null
"""


@dataclass(frozen=True)
class Flood:
    """What one owner submits at once."""

    name: str
    nodes: int
    """Of one execution, side by side."""
    at_once: int
    seconds: float
    """What each node takes."""


FLOODS = (
    Flood("900 nodes of 1 s", 900, 1, 1.0),
    Flood("30,000 nodes of 10 ms", 1_000, 30, 0.01),
    Flood("20,000 executions of one node", 1, 20_000, 0.0),
)


@dataclass(frozen=True)
class Waits:
    """How long nodes of another owner took from their submission to their start."""

    flood: str
    node_seconds: float
    """What a node of the flood takes."""
    median_seconds: float
    longest_seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(cluster: Cluster, flood: Flood) -> Waits:
    """Submit a flood, and then a node of another owner each second; cancel what is left of it."""
    flooding = _submit(cluster, flood.nodes, flood.seconds, owner="flood", at_once=flood.at_once)
    others: list[UUID] = []
    for _ in range(_OTHERS):
        time.sleep(_PERIOD_SECONDS)
        others += _submit(cluster, 1, 0.0, owner="other")
    waits = [_waited(cluster, each) for each in others]
    _cancel(cluster, flooding)
    return Waits(flood.name, flood.seconds, median(waits), max(waits))


def _submit(
    cluster: Cluster, nodes: int, seconds: float, *, owner: str, at_once: int = 1
) -> list[UUID]:
    names = [f"n{index}" for index in range(nodes)]
    found = validate(document(f"{owner} {nodes}", names, [], partial(nap_node, seconds=seconds)))
    assert found.workflow is not None
    assert found.graph is not None
    return cluster.submit([Submission(found.workflow, found.graph, owner=owner)] * at_once)


def _waited(cluster: Cluster, execution_id: UUID) -> float:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        row = cluster.session.execute(_WAITED, {"id": execution_id}).fetchone()
        if row is not None:
            return float(row[0])
        time.sleep(0.02)
    raise TimeoutError(f"execution {execution_id} does not start")


def _cancel(cluster: Cluster, executions: Sequence[UUID]) -> None:
    for execution_id in executions:
        try:
            cancel(cluster.connections.engine, cluster.session, execution_id)
        except ExecutionIsFinal:
            continue
