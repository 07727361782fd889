"""A loop's results: collected in order, or left in the ledger and referred to."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from treadle.dag.graph import CompiledGraph
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.validation import validate
from treadle.dag.values import PAYLOAD_LIMIT_BYTES
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.views.iterations import Iteration
from treadle.workers.attempts.loop_results import gather


class Told:
    """Records that tell what they are given."""

    def __init__(self, iterations: list[Iteration]) -> None:
        self._iterations = iterations
        self.pages: list[range] = []

    def iterations(self, graph: CompiledGraph, loop: Ref, ordinals: range) -> list[Iteration]:
        self.pages.append(ordinals)
        return self._iterations[ordinals.start : ordinals.stop]


def claim_of(turn: int, error: Any = None, **configurations: Any) -> Claim:
    """Return a claim on a FOR_EACH with a body of one node, whose `turn` scopes have ended."""
    nodes = [
        {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"},
        {
            "id": "each",
            "name": "each",
            "type": "FLOW",
            "subtype": "FOR_EACH",
            "configurations": {"over": "input.items", **configurations},
        },
        {
            "id": "body",
            "name": "body",
            "type": "ACTION",
            "subtype": "DATA_TRANSFORMATION",
            "configurations": {"operation": "custom", "expression": "item"},
        },
        {
            "id": "mend",
            "name": "mend",
            "type": "ACTION",
            "subtype": "DATA_TRANSFORMATION",
            "configurations": {"operation": "custom", "expression": "1"},
        },
    ]
    connections = [
        {"id": "c1", "from_node": "start", "to_node": "each"},
        {"id": "c2", "from_node": "each", "to_node": "body", "output_key": "body"},
        {"id": "c3", "from_node": "each", "to_node": "mend", "output_key": "error"},
    ]
    validated = validate(
        {
            "metadata": {"id": "w", "name": "w"},
            "nodes": nodes,
            "connections": connections,
            "triggers": ["start"],
        }
    )
    assert validated.graph is not None, validated.problems
    return Claim(Ref(uuid4(), "", "each"), uuid4(), validated.graph, turn=turn, error=error)


def ended(ordinal: int, value: Any) -> Iteration:
    return Iteration(ordinal, "ended", None, {"body": value})


def test_results_stand_in_input_order() -> None:
    """The output by `done` is `{results, count}`."""
    outcome = gather(Told([ended(0, 1), ended(1, 2)]), claim_of(2))  # type: ignore[arg-type]
    assert outcome == Completed({"results": [1, 2], "count": 2}, "done")


@pytest.mark.parametrize(("on_error", "stands"), [("continue", None), ("collect", {"error": {}})])
def test_a_failed_iteration_stands_as_the_author_chose(on_error: str, stands: Any) -> None:
    """Null under `continue`, its error under `collect`."""
    error = {"error_code": "x"}
    expected = stands if stands is None else {"error": error}
    told = Told([Iteration(0, "failed", error), ended(1, 2)])
    outcome = gather(told, claim_of(2, on_error=on_error))  # type: ignore[arg-type]
    assert outcome == Completed({"results": [expected, 2], "count": 2}, "done")


@pytest.mark.parametrize(
    ("configurations", "value"),
    [({"collect_results": False}, 1), ({}, "x" * PAYLOAD_LIMIT_BYTES)],
    ids=["not wanted", "too large"],
)
def test_results_that_are_not_wanted_or_too_large_are_referred_to(
    configurations: dict[str, Any], value: Any
) -> None:
    """The output says how many there are and where they lie."""
    claim = claim_of(1, **configurations)
    outcome = gather(Told([ended(0, value)]), claim)  # type: ignore[arg-type]
    where = {"loop": "each", "scope": "", "lease_id": str(claim.lease_id)}
    assert outcome == Completed({"count": 1, "results_ref": where}, "done")


def test_a_loop_that_gives_up_fails_with_what_it_has() -> None:
    """Its error is the iteration's, not tried again, and its output says which iteration."""
    error = {"error_code": "x", "is_retryable": True, "error_details": {"scope": "each:1"}}
    told = Told([ended(0, 1), Iteration(1, "failed", error)])
    outcome = gather(told, claim_of(2, error))  # type: ignore[arg-type]
    assert isinstance(outcome, Failed)
    assert outcome.error == {**error, "is_retryable": False}
    assert outcome.output == {"error": error, "scope": "each:1", "results": [1, None]}
