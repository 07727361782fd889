"""Gathering: a loop collects the results of its scopes, in input order, and leaves."""

from __future__ import annotations

from dag.outcomes import Completed, Failed
from dag.specs.spec import DONE_KEY
from dag.values import Value, fits
from ledger.reading import Iteration
from ledger.rows import Claim
from workers.arriving import result_of
from workers.records import Records


def gather(records: Records, claim: Claim) -> Completed | Failed:
    """Return a loop's outcome: `{results, count}` by `done`, or the failure it gives up for.

    Results that the author does not want collected, or that no payload can hold, stay in the
    ledger, and `{count, results_ref}` says where.
    """
    iterations = records.iterations(claim.ref)
    results = [_result(claim, each) for each in iterations]
    if claim.error is not None:
        scope = claim.error["error_details"].get("scope")
        failed = {"error": claim.error, "scope": scope, "results": results}
        return Failed({**claim.error, "is_retryable": False}, output=failed)
    output: dict[str, Value] = {"results": results, "count": len(results)}
    if not claim.node.configurations.literal["collect_results"] or not fits(output):
        execution_id, scope, node = claim.ref
        where = {"execution_id": str(execution_id), "scope": scope, "node": node}
        output = {"count": len(results), "results_ref": where}
    return Completed(output, DONE_KEY)


def _result(claim: Claim, iteration: Iteration) -> Value:
    if iteration.status == "ended":
        return result_of(claim.graph, iteration.left)
    if claim.node.configurations.literal.get("on_error") == "collect" and iteration.error:
        return {"error": iteration.error}
    return None
