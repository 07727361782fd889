"""Leases: a node execution, and a process's right to settle one attempt of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from treadle.dag.graph import CompiledGraph, CompiledNode
from treadle.dag.states import LoopPhase
from treadle.ledger.engine.row_errors import RowNotUnderstood

#: Losses since its last outcome after which a node is a suspect and runs in a child of its own
#: (rule 8).
SUSPECT_AFTER = 2

#: The id of no process: for settles that take no lease over.
NOBODY = UUID(int=0)


class Ref(NamedTuple):
    """A node execution: a node in a scope of an execution. The root scope is `""`."""

    execution_id: UUID
    scope: str
    node: str


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Claim:
    """A lease on a node execution, and what its row said when it was taken.

    A process runs a lease for as long as a thread, a coroutine or an outcome on its way holds this
    very object (rule 7), so a claim is compared by identity and can be watched weakly.
    """

    ref: Ref
    lease_id: UUID
    graph: CompiledGraph
    attempt: int = 1
    retry_count: int = 0
    lost_count: int = 0
    chosen: int | None = None
    """MERGE that waits for any: the index of the connection it took."""
    phase: LoopPhase | None = None
    """What a loop node was made ready for."""
    turn: int = 0
    """A loop's next ordinal."""
    started: bool = True
    """Whether it runs since the claim; a member of a chunk is started later (rule 8)."""
    error: Mapping[str, Any] | None = None
    """The failure that a loop gives up for, once it has gathered."""
    waited_seconds: float | None = None
    """How long the row was ready; `None` for a hand-off, which does not wait."""

    @property
    def node(self) -> CompiledNode:
        return node_of(self.graph, self.ref)


def node_of(graph: CompiledGraph, ref: Ref) -> CompiledNode:
    """Return the node that a row is of.

    Raises:
        RowNotUnderstood: `row_not_understood`: its version has no such node.
    """
    try:
        return graph.nodes[ref.node]
    except KeyError:
        raise RowNotUnderstood(
            f"A row is of node `{ref.node}`, which its version does not have.",
            node_id=ref.node,
            scope=ref.scope,
            execution_id=str(ref.execution_id),
        ) from None
