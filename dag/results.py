"""Stored results of a loop: how its output refers to them.

The reference names the loop's row and the lease that settled it. Both are copied with the row when
an execution is retried, so the reference resolves in the copy, and in no other execution.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from treadle.dag.values import Value

_OUTPUTS = (
    frozenset({"count", "results_ref"}),
    frozenset({"error", "scope", "count", "results_ref"}),
)
_PARTS = frozenset({"loop", "scope", "lease_id"})


@dataclass(frozen=True, slots=True)
class ResultsRef:
    """Where results are stored: a loop's row within the execution that reads them."""

    loop: str
    scope: str
    lease_id: UUID
    """The lease under which the loop was settled."""

    def to_wire(self) -> dict[str, Value]:
        """Return the reference as outputs carry it: `{loop, scope, lease_id}`."""
        return {"loop": self.loop, "scope": self.scope, "lease_id": str(self.lease_id)}


@dataclass(frozen=True, slots=True)
class StoredResults:
    """Results in the ledger, and their number."""

    ref: ResultsRef
    count: int

    def __len__(self) -> int:
        return self.count


def reference_in(value: Value) -> ResultsRef | None:
    """Return the reference in a value: a loop's `{count, results_ref}`, or the reference itself."""
    if not isinstance(value, dict):
        return None
    if value.keys() in _OUTPUTS:
        value = value["results_ref"]
    if not isinstance(value, dict) or value.keys() != _PARTS:
        return None
    loop, scope, lease_id = value["loop"], value["scope"], value["lease_id"]
    if not (isinstance(loop, str) and isinstance(scope, str) and isinstance(lease_id, str)):
        return None
    try:
        return ResultsRef(loop, scope, UUID(lease_id))
    except ValueError:
        return None
