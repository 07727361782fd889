"""What a node implementation sees of the attempt it carries out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import BaseModel

from treadle.dag.expressions import Budget
from treadle.dag.graph import CompiledNode, Edge
from treadle.dag.results import ResultsRef
from treadle.dag.values import NotAValue, Value, dumps
from treadle.workers.logs.task_log import TaskLog
from treadle.workers.nodes.results import Results

#: Bytes of one report as JSON. It is read by everybody who follows the execution.
REPORT_LIMIT_BYTES = 64 * 1024

Join: TypeAlias = Callable[[Value, Value], Value]
"""Makes one report of one that waits for its turn and a newer one, within the same limit."""

ReportSink: TypeAlias = Callable[[Value, Join | None], None]
"""Where reports go."""


def discard_report(_: Value, __: Join | None) -> None:
    """Drop a report: in a child that runs a suspect alone, nobody listens."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a node execution, prepared: nothing here is looked up or rendered again."""

    execution_id: str
    scope: str
    node: CompiledNode
    number: int
    """Rises at each claim; no two attempts of a node execution share it."""
    input: Value
    """What arrived, overlaid with the rendered `input_params`."""
    config: BaseModel
    """The spec's model, its templates rendered and checked."""
    variables: Mapping[str, Value]
    """What expressions may name: `input`, `nodes`, `trigger`, and in a loop its names."""
    sources: tuple[tuple[Edge, Value], ...]
    """The taken connections in their order, each with its converted output."""
    results: Callable[[ResultsRef], Results]
    """Finds what a loop left in the ledger; raises `ResultsNotFound`."""
    owner: Callable[[], str]
    """Looks up whose execution it is."""
    deadline: float
    """When the attempt is over, as `time.monotonic()` tells it."""
    budget: Budget = field(default_factory=Budget)
    """What all its evaluations together may cost."""
    tell: ReportSink = discard_report
    log: TaskLog | None = None
    """Where what user code prints and logs goes; `None` for a node that runs none."""

    async def report(self, data: Value, join: Join | None = None) -> None:
        """Say how far it is, in the async lane: an event `node_output_update` that carries `data`.

        There is at most one a second of each attempt. What waits for its turn meanwhile gives way
        to what is reported later, or is joined with it; the outcome takes along what still waits.

        Raises:
            NotAValue: `output_not_storable`, also past `REPORT_LIMIT_BYTES`.
        """
        size = len(dumps(data))
        if size > REPORT_LIMIT_BYTES:
            raise NotAValue(
                f"The report is {size:,} bytes of JSON; the limit is {REPORT_LIMIT_BYTES:,}.",
                solution="Report a part, or how much there is of it.",
            )
        self.tell(data, join)

    def idempotency_key(self, ordinal: int) -> str:
        """Name the outgoing call of that ordinal, so that its receiver can know it again.

        Automatic attempts repeat the key; another call, node, scope or execution never does.
        """
        called = [self.execution_id, self.scope, self.node.id, ordinal]
        return hashlib.sha256(dumps(called)).hexdigest()

    def evaluate(self, path: str, **more: Value) -> Value:
        """Evaluate one of the node's expressions.

        Args:
            path: Where it stands in the configurations: `cases[0].when`.
            more: Names it sees beside the attempt's own.

        Raises:
            ExpressionFailed: the data is not what the expression needs, or the budget is spent.
            OutOfTime: the attempt is over.
        """
        variables = {**self.variables, **more} if more else self.variables
        return self.node.expressions[path].evaluate(variables, self.budget)
