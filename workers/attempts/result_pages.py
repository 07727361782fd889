"""A loop's results: what each of its scopes came to, read from the ledger in pages."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from treadle.dag.graph import CompiledGraph
from treadle.dag.results import ResultsRef
from treadle.dag.specs.loops import ErrorAction
from treadle.dag.states import ScopeState
from treadle.dag.values import Value
from treadle.ledger.engine.leases import Ref
from treadle.ledger.views.iterations import Iteration
from treadle.workers.attempts.records import Records
from treadle.workers.nodes.errors import ResultsNotFound
from treadle.workers.nodes.results import Results

#: Scopes of a page at most: many small results a round trip, by a bounded list of names.
_PAGE_SCOPES = 500


def referred_to(
    records: Records, graph: CompiledGraph, execution_id: UUID, ref: ResultsRef
) -> Results:
    """Return the results that a reference names, within the execution that reads them.

    Raises:
        ResultsNotFound: no loop of this execution has left them.
    """
    node = graph.nodes.get(ref.loop)
    loop = Ref(execution_id, ref.scope, ref.loop)
    count = records.loop_count(loop, ref.lease_id) if node is not None and node.is_loop else None
    if count is None:
        raise ResultsNotFound(
            f"No loop {ref.loop!r} of this execution has left these results.",
            loop=ref.loop,
            scope=ref.scope,
        )
    return results_of(records, graph, loop, ref.lease_id, count)


def results_of(
    records: Records, graph: CompiledGraph, loop: Ref, lease_id: UUID, count: int
) -> Results:
    """Return the results of a loop's first `count` scopes, all of which have ended.

    Args:
        lease_id: the lease under which the loop is settled; it names the results.
    """
    ref = ResultsRef(loop.node, loop.scope, lease_id)
    return Results(ref, count, partial(_page, records, graph, loop))


def result_of(graph: CompiledGraph, loop: str, iteration: Iteration) -> Value:
    """Return an iteration's result: its leaf's output, an object of several, or null of none.

    One that failed is null, or its `{error}` where the loop collects errors.
    """
    if iteration.status == ScopeState.ENDED:
        leaves = iteration.leaves
        return leaves if len(leaves) > 1 else next(iter(leaves.values()), None)
    on_error = graph.nodes[loop].configurations.literal.get("on_error")
    collects = on_error == ErrorAction.COLLECT
    return {"error": iteration.error} if collects and iteration.error else None


def _page(records: Records, graph: CompiledGraph, loop: Ref, ordinals: range) -> list[Value]:
    page = records.iterations(graph, loop, ordinals[:_PAGE_SCOPES])
    return [result_of(graph, loop.node, each) for each in page]
