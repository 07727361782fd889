"""Nodes per second: each shape on both sides in turn, and the cost of a node."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any
from uuid import UUID

from bench import counters, raw
from bench.cluster import Cluster
from bench.shapes import LONE_CHAIN, Shape, document, inline_node, task_node
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.validation import validate
from treadle.ledger.engine.submission import Submission

_POLL_SECONDS = 0.005
#: No shape takes that long; a run that does is hanging.
_LONGEST_SECONDS = 400.0
KINDS = {"task": task_node, "inline": inline_node}

_ROWS = """
select (select count(*) from node_executions where execution_id = any(%(ids)s))
     + (select count(*) from events where execution_id = any(%(ids)s))
     + (select count(*) from scopes where execution_id = any(%(ids)s))
     + (select count(*) from executions where id = any(%(ids)s))
"""
_HOP = """
select percentile_cont(0.5) within group (order by hop) from (
    select extract(epoch from started_at - lag(started_at) over (order by started_at)) as hop
    from node_executions where execution_id = any(%(ids)s)) as hops
"""


@dataclass(frozen=True)
class Run:
    """One run of a shape."""

    seconds: float
    cpu_seconds: float
    commits: int = 0
    wal_bytes: int = 0
    rows: int = 0
    hop_seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """A shape's medians on both sides."""

    shape: str
    kind: str
    nodes: int
    raw_nodes_per_second: float
    nodes_per_second: float
    ratio: float
    raw_cpu_ms_per_node: float
    cpu_ms_per_node: float
    commits_per_node: float
    rows_per_node: float
    wal_bytes_per_node: float
    hop_ms: float | None
    """Median time from the start of a node to the start of the next; for the lone chain."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Throughput:
    """Runs shapes on one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._validated: dict[str, tuple[Workflow, CompiledGraph]] = {}

    def warm_up(self) -> None:
        """Run a short shape on both sides, so that no measured run loads code or plans."""
        for kind in KINDS:
            self._run_raw(LONE_CHAIN)
            self.run(LONE_CHAIN, kind)

    def measure(self, shape: Shape, kind: str, repeats: int) -> Result:
        """Run a shape on both sides in turn, and return the medians."""
        raws, runs = [], []
        for _ in range(repeats):
            raws.append(self._run_raw(shape))
            runs.append(self.run(shape, kind))
        raw_rate = shape.total / median(each.seconds for each in raws)
        rate = shape.total / median(each.seconds for each in runs)

        def per_node(of: Sequence[Run], field: str) -> float:
            return float(median(getattr(each, field) for each in of)) / shape.total

        return Result(
            shape=shape.name,
            kind=kind,
            nodes=shape.total,
            raw_nodes_per_second=raw_rate,
            nodes_per_second=rate,
            ratio=rate / raw_rate,
            raw_cpu_ms_per_node=1000 * per_node(raws, "cpu_seconds"),
            cpu_ms_per_node=1000 * per_node(runs, "cpu_seconds"),
            commits_per_node=per_node(runs, "commits"),
            rows_per_node=per_node(runs, "rows"),
            wal_bytes_per_node=per_node(runs, "wal_bytes"),
            hop_ms=1000 * median(each.hop_seconds for each in runs)
            if shape is LONE_CHAIN
            else None,
        )

    def _run_raw(self, shape: Shape) -> Run:
        before = _cpu()
        seconds = raw.run(shape, self._cluster.raw_broker)
        return Run(seconds, _cpu() - before)

    def run(self, shape: Shape, kind: str) -> Run:
        """Run a shape once, on Treadle alone."""
        workflow, graph = self._valid(shape, kind)
        session = self._cluster.session
        before, cpu = counters.read(session), _cpu()
        started = time.perf_counter()
        ids = self._cluster.submit([Submission(workflow, graph)] * shape.at_once)
        self._wait_for(ids)
        seconds = time.perf_counter() - started
        cpu = _cpu() - cpu
        spent = counters.read(session).since(before)
        rows = session.execute(_ROWS, {"ids": ids}).fetchone()
        hop = session.execute(_HOP, {"ids": ids}).fetchone()
        assert rows is not None
        assert hop is not None
        return Run(seconds, cpu, spent.commits, spent.wal_bytes, rows[0], float(hop[0]))

    def _valid(self, shape: Shape, kind: str) -> tuple[Workflow, CompiledGraph]:
        name = f"{kind} {shape.name}"
        if name not in self._validated:
            found = validate(document(name, shape.nodes, shape.edges, KINDS[kind]))
            assert found.workflow is not None, found.problems[:3]
            assert found.graph is not None
            self._validated[name] = found.workflow, found.graph
        return self._validated[name]

    def _wait_for(self, ids: Sequence[UUID]) -> None:
        """Wait for executions one after the other, so that each poll reads one row."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        for execution_id in ids:
            while self._status(execution_id) == "RUNNING":
                if time.monotonic() > deadline:
                    raise TimeoutError(f"execution {execution_id} does not end")
                time.sleep(_POLL_SECONDS)
            assert self._status(execution_id) == "SUCCESS"

    def _status(self, execution_id: UUID) -> str:
        query = "select status from executions where id = %s"
        row = self._cluster.session.execute(query, (execution_id,)).fetchone()
        assert row is not None
        return str(row[0])


def _cpu() -> float:
    """Return the CPU time of this process and its descendants; both sides are driven from it."""
    pid = os.getpid()
    return counters.cpu_seconds([pid, *counters.descendants(pid)])
