"""Gathering: a loop collects the results of its scopes, in input order, and leaves."""

from __future__ import annotations

from dag.outcomes import Completed, Failed
from dag.specs.spec import DONE_KEY
from dag.values import Value
from ledger.reading import Iteration
from ledger.rows import Claim
from workers.arriving import result_of
from workers.records import Records


def gather(records: Records, claim: Claim) -> Completed | Failed:
    """Return a loop's outcome: `{results, count}` by `done`, or the failure it gives up for."""
    iterations = records.iterations(claim.ref)
    results = [_result(claim, each) for each in iterations]
    if claim.error is not None:
        scope = claim.error["error_details"].get("scope")
        output = {"error": claim.error, "scope": scope, "results": results}
        return Failed({**claim.error, "is_retryable": False}, output=output)
    return Completed({"results": results, "count": len(results)}, DONE_KEY)


def _result(claim: Claim, iteration: Iteration) -> Value:
    if iteration.status == "ended":
        return result_of(claim.graph, iteration.left)
    if claim.node.configurations.literal.get("on_error") == "collect" and iteration.error:
        return {"error": iteration.error}
    return None
