"""The row of an execution: of one that is about to be created, and of one that is locked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from treadle.core.errors import TreadleError
from treadle.core.ids import made_at
from treadle.dag.graph import CompiledGraph, CompiledNode
from treadle.dag.model import SYSTEM_PREFIX
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus
from treadle.dag.values import dumps
from treadle.ledger.engine.leases import Ref, node_of


class NoSuchExecution(TreadleError):
    """No execution has this id."""

    reason: ClassVar[str] = "execution_not_found"
    solution: ClassVar[str] = "Check the id; `treadle executions` lists them."

    def __init__(self, execution_id: UUID | str) -> None:
        super().__init__(f"There is no execution {execution_id}.", execution_id=str(execution_id))


class SavedRow(NamedTuple):
    """What a unit of work writes of an execution, each time."""

    id: UUID
    status: ExecutionStatus
    outstanding: int
    first_seq: int
    event_count: int
    events: bytes | None
    node_count: int
    failure: bytes | None
    error: bytes | None
    questions: int


class CreatedRow(NamedTuple):
    """What the row of a new execution says from the beginning, beside a `SavedRow`."""

    version_id: UUID
    owner: str
    workflow_id: str
    trigger_node: str
    trigger_info: bytes
    priority: int
    deadline_seconds: float | None
    retry_of: UUID | None


@dataclass(frozen=True, slots=True)
class NewExecution:
    """An execution that is about to come into being."""

    id: UUID
    version_id: UUID
    graph: CompiledGraph
    owner: str
    trigger: str
    """The trigger that fires."""
    trigger_info: dict[str, Any]
    priority: int
    deadline: timedelta | None
    retry_of: UUID | None = None

    def row(self) -> CreatedRow:
        """Return what its row says of it from the beginning."""
        return CreatedRow(
            version_id=self.version_id,
            owner=self.owner,
            workflow_id=self.graph.workflow.metadata.id,
            trigger_node=self.trigger,
            trigger_info=dumps(self.trigger_info),
            priority=self.priority,
            deadline_seconds=None if self.deadline is None else self.deadline.total_seconds(),
            retry_of=self.retry_of,
        )


@dataclass(slots=True)
class LockedExecution:
    """An execution whose row this transaction holds: what was read, and what will be written."""

    id: UUID
    version_id: UUID
    owner: str
    graph: CompiledGraph
    status: ExecutionStatus
    outstanding: int
    next_seq: int
    node_count: int
    priority: int
    paused: bool
    failure: bytes | None
    questions: int
    """Its pending questions."""
    now: datetime
    error: bytes | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    created: NewExecution | None = None
    """Set while it has no row yet: nobody else can see it, and its row is written once, at last."""

    @classmethod
    def begun(cls, new: NewExecution) -> LockedExecution:
        """Return an execution that this transaction creates; a loop takes its room as it opens."""
        node_count = len(new.graph.nodes) - sum(len(body) for body in new.graph.bodies.values())
        return cls(
            id=new.id,
            version_id=new.version_id,
            owner=new.owner,
            graph=new.graph,
            status=ExecutionStatus.RUNNING,
            outstanding=0,
            next_seq=1,
            node_count=node_count,
            priority=new.priority,
            paused=False,
            failure=None,
            questions=0,
            now=datetime.now(UTC),
            created=new,
        )

    def node(self, ref: Ref) -> CompiledNode:
        """Return the node that a row is of.

        Raises:
            RowNotUnderstood: `row_not_understood`: its version has no such node.
        """
        return node_of(self.graph, ref)

    @property
    def workflow_id(self) -> str:
        """The workflow that it runs."""
        return self.graph.workflow.metadata.id

    @property
    def is_final(self) -> bool:
        """Whether it has ended: a final status is final."""
        return self.status in FINAL_EXECUTION_STATUSES

    @property
    def is_users(self) -> bool:
        """Whether it is one that people see: not, say, the making of a plan."""
        return not self.graph.workflow.metadata.id.startswith(SYSTEM_PREFIX)

    @property
    def age_seconds(self) -> float:
        """How long ago it was submitted."""
        return max(0.0, (self.now - made_at(self.id)).total_seconds())

    def take_row(self) -> SavedRow:
        """Return the execution's row with the events gathered so far."""
        first_seq, count = self.next_seq, len(self.events)
        return SavedRow(
            id=self.id,
            status=self.status,
            outstanding=self.outstanding,
            first_seq=first_seq,
            event_count=count,
            events=self.take_events() if count else None,
            node_count=self.node_count,
            failure=self.failure,
            error=self.error,
            questions=self.questions,
        )

    def take_events(self) -> bytes:
        """Number the events gathered so far, and return them as one row's body."""
        at = self.now.timestamp() * 1000 // 1
        for seq, event in enumerate(self.events, start=self.next_seq):
            event.update(seq=seq, execution_id=str(self.id), timestamp=int(at))
        body = dumps(self.events)
        self.next_seq += len(self.events)
        self.events = []
        return body
