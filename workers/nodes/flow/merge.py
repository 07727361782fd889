"""FLOW.MERGE: the lists of several branches become one."""

from __future__ import annotations

from treadle.dag.graph import Edge
from treadle.dag.outcomes import Completed
from treadle.dag.results import reference_in
from treadle.dag.specs.flow import MERGE, Merge
from treadle.dag.values import Value
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.data.lists import concatenated, intersection, joined, union, zipped
from treadle.workers.nodes.implementation import implements
from treadle.workers.nodes.results import whole


@implements(MERGE)
def run_merge(attempt: Attempt) -> Completed:
    """Put out the items of all taken sources, brought together by the strategy."""
    config = attempt.config
    assert isinstance(config, Merge)
    parts = [_items_of(attempt, edge, output) for edge, output in attempt.sources]
    return Completed({"data": _merged(config, parts)})


def _items_of(attempt: Attempt, edge: Edge, output: Value) -> list[Value]:
    """Return what a source adds: its `data` if that is a list, a loop's results, else itself."""
    ref = reference_in(output) if edge.from_loop else None
    if ref is not None:
        return whole(attempt.results(ref))
    if isinstance(output, dict):
        data = output.get("data")
        if isinstance(data, list):
            return data
        results = output.get("results")
        if edge.from_loop and isinstance(results, list):
            return results
    return [output]


def _merged(config: Merge, parts: list[list[Value]]) -> list[Value]:
    match config.merge_strategy:
        case "concatenate":
            return concatenated(parts)
        case "union":
            return union(parts, config.key)
        case "intersection":
            return intersection(parts, config.key)
        case "zip":
            return zipped(parts)
        case "join":
            assert config.key is not None  # the spec's check sees to it
            return joined(parts, config.key, config.how)
