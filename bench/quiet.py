"""The cost of an idle cluster, its latency, and the duration of a large submission."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from bench import counters
from bench.cluster import Cluster
from bench.shapes import document, task_node
from treadle.dag.validation import validate
from treadle.ledger.engine.control import cancel
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.views import executions

_IDLE_SECONDS = 10.0
#: Seconds until a cluster is idle; a backend reports its statistics within ten.
_REST_SECONDS = 11.0
_STARTS = 30
#: Nodes of the large workflow, its trigger among them.
_LARGE = 10_000


@dataclass(frozen=True)
class Quiet:
    """The figures of an idle cluster."""

    statements_per_second: float
    cpu_percent: float
    """Of one core, for workers, scheduler and servers together."""
    worker_resident_mb: float
    start_ms: float
    """Median from the call that submits to the first line of the node's function."""
    large_submission_seconds: float
    """Validate, compile and submit a workflow of 10,000 nodes."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(cluster: Cluster) -> Quiet:
    """Measure an idle cluster; nothing was submitted to it yet."""
    statements, cpu = _idle(cluster)
    workers = [process for name, process in cluster.treadle.items() if name.startswith("worker")]
    resident = max(counters.resident_bytes(process.pid) for process in workers)
    return Quiet(
        statements_per_second=statements,
        cpu_percent=cpu,
        worker_resident_mb=resident / 2**20,
        start_ms=1000 * median(_starts(cluster)),
        large_submission_seconds=_large_submission(cluster),
    )


def _idle(cluster: Cluster) -> tuple[float, float]:
    time.sleep(_REST_SECONDS)
    raw_pids = [cluster.raw_workers.pid, *counters.descendants(cluster.raw_workers.pid)]
    pids = set(counters.descendants(os.getpid())) - set(raw_pids)
    before, cpu = counters.statements(cluster.session), counters.cpu_seconds(pids)
    started = time.monotonic()
    time.sleep(_IDLE_SECONDS)
    seconds = time.monotonic() - started
    used = counters.cpu_seconds(pids) - cpu
    executed = counters.statements(cluster.session) - before
    return executed / seconds, 100 * used / seconds


def _starts(cluster: Cluster) -> list[float]:
    node = {**task_node("only"), "configurations": {"task": "stamp"}}
    found = validate(document("start", ["only"], [], lambda _: node))
    assert found.workflow is not None
    assert found.graph is not None
    engine = cluster.connections.engine
    seconds = []
    for _ in range(_STARTS):
        time.sleep(0.2)
        started = time.time()
        submitted = submit(engine, cluster.session, Submission(found.workflow, found.graph))
        ended = None
        while ended is None:
            time.sleep(0.01)
            found_now = executions.execution(cluster.session, engine.graphs, submitted.execution_id)
            ended = found_now.output
        seconds.append(ended["only"]["data"] - started)
    return seconds


def _large_submission(cluster: Cluster) -> float:
    """Submit a chain: its first node is the only one that becomes ready, so little else runs."""
    nodes = [f"n{i}" for i in range(_LARGE - 1)]
    edges = list(pairwise(nodes))
    large = document("large", nodes, edges, lambda each: {**task_node(each)})
    started = time.perf_counter()
    found = validate(large)
    assert found.workflow is not None
    assert found.graph is not None
    engine = cluster.connections.engine
    submitted = submit(engine, cluster.session, Submission(found.workflow, found.graph))
    seconds = time.perf_counter() - started
    cancel(engine, cluster.session, submitted.execution_id)
    return seconds
