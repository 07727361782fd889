"""The values that pass between the ledger and its callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from treadle.dag.graph import CompiledGraph, CompiledNode
from treadle.dag.outcomes import Outcome
from treadle.dag.specs import Lane
from treadle.dag.states import ExecutionStatus, LoopPhase
from treadle.dag.values import Value, dumps


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
        return self.graph.nodes[self.ref.node]


@dataclass(frozen=True, slots=True)
class Settlement:
    """An outcome on its way to the ledger, under the lease that permits it."""

    claim: Claim
    outcome: Outcome
    columns: tuple[Any, ...]
    """What the settle writes, encoded; made by `settlement_of`."""
    starts: Claim | None = None
    """The member of the same chunk that is started by this settle."""
    seconds: float | None = None
    """How long the attempt took; `None` for one that did not run to an outcome."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an attempt has to say while it runs."""

    claim: Claim
    data: Value
    """Something that `dag.values.payload` takes."""


#: The id of no process: for settles that take no lease over.
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class HandOffBudget:
    """How much of what becomes ready the caller runs at once, without a message (hand-off)."""

    worker_id: UUID
    queues: frozenset[str]
    seconds: float
    """How much work it takes over, by what its nodes are known to take."""
    alone: bool
    """Whether it has nothing else to do: then it takes one node whatever that takes."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A question that waits for its answer, as the pause table knows it."""

    interaction_id: UUID
    execution_id: UUID
    warn_at: datetime
    """`timeout_at` if people were warned already."""
    timeout_at: datetime
    is_sent: bool = False
    """Whether its channel is to be told of it."""


class DispatchQueue(Protocol):
    """What the ledger asks of the queue while it places a ready row."""

    def admit(self, queue: str) -> str | None:
        """Return the epoch to note if `queue` has room for one more row, else `None`."""

    def cost(self, queue: str, lane: Lane) -> float:
        """Return the seconds that a node of this queue and lane is expected to take."""


@dataclass(slots=True)
class PostCommit:
    """What a transaction leaves to its caller, once it has committed."""

    claimed: list[Claim] = field(default_factory=list)
    """Leases taken for the caller to run now."""
    noted: list[Queued] = field(default_factory=list)
    """Rows whose note is committed: their messages are to be sent."""
    ended: dict[UUID, ExecutionStatus] = field(default_factory=dict)
    """Executions that reached their final status."""
    touched: dict[UUID, int] = field(default_factory=dict)
    """Executions with new events, and the seq of the last one: what doorbells ring for."""
    parked: list[Parked] = field(default_factory=list)
    """Questions that were asked: they belong in the pause table."""
    unparked: list[UUID] = field(default_factory=list)
    """Questions that are pending no more: they leave it."""


class Queued(NamedTuple):
    """A ready row as the queue carries it."""

    queue: str
    priority: int
    lane: Lane
    ref: Ref


#: The columns of `LockedExecution.take_row`, and those of `NewExecution.columns`.
SAVED = (
    "id", "status", "outstanding", "first_seq", "event_count", "events", "node_count", "failure",
    "error", "questions",
)  # fmt: skip
CREATED = (
    "version_id", "owner", "workflow_id", "trigger_node", "trigger_info", "priority",
    "deadline_seconds", "retry_of",
)  # fmt: skip


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

    def columns(self) -> tuple[Any, ...]:
        """Return what its row says of it from the beginning; see `CREATED`."""
        return (
            self.version_id, self.owner, self.graph.workflow.metadata.id, self.trigger,
            dumps(self.trigger_info), self.priority,
            self.deadline.total_seconds() if self.deadline else None, self.retry_of,
        )  # fmt: skip


@dataclass(slots=True)
class LockedExecution:
    """An execution whose row this transaction holds: what was read, and what will be written."""

    id: UUID
    version_id: UUID
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

    def take_row(self) -> tuple[Any, ...]:
        """Return the execution's row with the events gathered so far; see `SAVED`."""
        first_seq, count = self.next_seq, len(self.events)
        body = self.take_events() if count else None
        return (
            self.id, self.status, self.outstanding, first_seq, count, body, self.node_count,
            self.failure, self.error, self.questions,
        )  # fmt: skip

    def take_events(self) -> bytes:
        """Number the events gathered so far, and return them as one row's body."""
        at = self.now.timestamp() * 1000 // 1
        for seq, event in enumerate(self.events, start=self.next_seq):
            event.update(seq=seq, execution_id=str(self.id), timestamp=int(at))
        body = dumps(self.events)
        self.next_seq += len(self.events)
        self.events = []
        return body
