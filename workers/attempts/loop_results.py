"""Loop results: a loop puts out the results of its scopes, in input order, and leaves."""

from __future__ import annotations

from dataclasses import replace

from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs.spec import DONE_KEY
from treadle.dag.values import PAYLOAD_LIMIT_BYTES, Value, dumps
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.settle_rows import leaves_by_error
from treadle.workers.attempts.records import Records
from treadle.workers.attempts.result_pages import results_of
from treadle.workers.nodes.loops.results import fitting


def gather(records: Records, claim: Claim) -> Completed | Failed:
    """Return a loop's outcome: `{results, count}` by `done`, or the failure it gives up for.

    Results that the author does not want collected, or that no payload can hold, stay in the
    ledger, and `{count, results_ref}` says where.
    """
    if claim.error is not None:
        error_output = {"error": claim.error, "scope": claim.error["error_details"].get("scope")}
        return _failed(records, claim, Failed({**claim.error, "is_retryable": False}), error_output)
    collects = claim.node.configurations.literal["collect_results"]
    return Completed(_with_results(records, claim, {}, collects=collects), DONE_KEY)


def given_up(records: Records, claim: Claim, failed: Failed) -> Failed:
    """Return the final failure of a loop that fails by itself, with what it puts out by `error`."""
    return _failed(records, claim, failed, {"error": failed.error, "scope": None})


def _failed(
    records: Records, claim: Claim, failed: Failed, error_output: dict[str, Value]
) -> Failed:
    """Return a failure with `{error, scope, results}`, if a connection takes that anywhere."""
    if not leaves_by_error(claim):
        return failed
    return replace(failed, output=_with_results(records, claim, error_output, collects=True))


def _with_results(
    records: Records, claim: Claim, error_output: dict[str, Value], *, collects: bool
) -> dict[str, Value]:
    """Return an output with the results so far, or with where they are."""
    results = results_of(records, claim.graph, claim.ref, claim.lease_id, claim.turn)
    count = {"count": len(results)}
    collected_with = error_output or count
    room = PAYLOAD_LIMIT_BYTES - len(dumps({**collected_with, "results": []})) + len("[]")
    collected = fitting(results, room) if collects else None
    if collected is not None:
        return {**collected_with, "results": collected}
    return {**error_output, **count, "results_ref": results.stored.ref.to_wire()}
