"""Scaling: what a node costs as nodes, executions at once and workers grow.

The promise is a cost that is flat: within a fifth of that of the first step of its series, in CPU
time of all processes. Rates depend on how many cores there are, so they are shown and not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from bench.cluster import running_cluster
from bench.shapes import Shape, fan
from bench.throughput import Throughput


@dataclass(frozen=True)
class Step:
    """One size of what grows."""

    series: str
    name: str
    nodes: int
    nodes_per_second: float
    cpu_ms_per_node: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _fans(width: int, at_once: int) -> Shape:
    return Shape(f"{at_once} fans of {width:,}", "", fan(width), at_once=at_once)


#: Five thousand nodes, in ever more executions.
_BY_EXECUTIONS = [_fans(5_000 // count, count) for count in (1, 10, 100, 500)]
_BY_NODES = [_fans(1_000, count) for count in (1, 10, 100)]
_BY_WORKERS = (1, 2, 4, 8)
#: Nodes that are run for a figure, one time after the other if one time has fewer.
_LEAST_NODES = 20_000


def measure() -> Iterator[Step]:
    """Yield each step of the three series, of task nodes that do nothing."""
    with running_cluster() as cluster:
        throughput = Throughput(cluster)
        throughput.warm_up()
        for series, shapes in (("nodes", _BY_NODES), ("executions at once", _BY_EXECUTIONS)):
            for shape in shapes:
                yield _step(throughput, series, shape.name, shape)
    for workers in _BY_WORKERS:
        with running_cluster(workers=workers) as cluster:
            throughput = Throughput(cluster)
            throughput.warm_up()
            yield _step(throughput, "workers", f"{workers}", _fans(1_000, 20))


def _step(throughput: Throughput, series: str, name: str, shape: Shape) -> Step:
    """Run a shape until the kernel's ticks of CPU time weigh nothing in its figure."""
    throughput.run(shape, "task")  # the first run compiles the graph in each process
    runs = [throughput.run(shape, "task") for _ in range(ceil(_LEAST_NODES / shape.total))]
    nodes = shape.total * len(runs)
    rate = nodes / sum(each.seconds for each in runs)
    cost = 1000 * sum(each.cpu_seconds for each in runs) / nodes
    return Step(series, name, shape.total, rate, cost)
