"""A unit of work: what one transaction does to the executions whose rows it holds.

An execution is a small state machine and its row is its lock. The engine locks some (rule 1), other
modules apply events to them (`settlements`, `arrivals`, `loops`, `endings`), and `save` writes what
they come to. Nothing here commits or publishes: the engine does, around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from treadle.core.ids import new_id
from treadle.dag.events import EventType
from treadle.dag.graph import CompiledNode
from treadle.dag.scopes import ROOT
from treadle.dag.states import ExecutionStatus, LoopPhase, NodeState
from treadle.dag.values import dumps
from treadle.ledger.engine.execution_lines import Ended
from treadle.ledger.engine.execution_rows import CreatedRow, LockedExecution, SavedRow
from treadle.ledger.engine.hand_off import NO_HAND_OFF, Caller, Room
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.open_counts import OpenCounts
from treadle.ledger.engine.post_commit import DispatchQueue, Parked, PostCommit, Queued
from treadle.ledger.engine.scopes import Scopes
from treadle.ledger.queries import columns, queries
from treadle.monitoring.facts import Fact

_SQL = {**queries("work"), **queries("people")}


class NoteRow(NamedTuple):
    """A ready row that is noted as sent."""

    execution_id: UUID
    scope: str
    node: str
    epoch: str


class Placement(NamedTuple):
    """Where a row goes that has become ready."""

    state: NodeState
    lease_id: UUID | None = None
    """Set if a caller runs it at once."""
    epoch: str | None = None
    """Set if it is sent."""
    owner: str | None = None
    workflow_id: str | None = None
    """Both set if it waits for the dispatcher: whose turn it waits for."""


class UnitOfWork:
    """The locked executions, what follows from their events so far, and the post-commit work."""

    def __init__(
        self,
        connection: psycopg.Connection,
        locked: Iterable[LockedExecution],
        *,
        queue: DispatchQueue,
        worker_id: UUID | None = None,
    ) -> None:
        """`worker_id` is the process that leases are taken for; all callers of a batch are of one.

        What no caller of a batch is named for is `nobody`'s: it takes nothing over.
        """
        self.connection = connection
        self.worker_id = worker_id
        self.nobody = Caller(Room(NO_HAND_OFF))
        self.scopes = Scopes(self.nobody)
        #: What it changes of what is open in the whole cluster.
        self.open_counts = OpenCounts()
        #: Published once the transaction has committed.
        self.post_commit = PostCommit()
        #: What is counted then.
        self.facts: list[Fact] = []
        #: What is logged then.
        self.ended: list[Ended] = []
        self._locked = {execution.id: execution for execution in locked}
        self._queue = queue
        self._node_counts = {each.id: each.node_count for each in self.executions}
        self._statuses = {each.id: each.status for each in self.executions if not each.created}
        self.count_facts(
            Fact("execution_started") for each in self.executions if each.created and each.is_users
        )

    @property
    def executions(self) -> Sequence[LockedExecution]:
        """The executions that are locked."""
        return list(self._locked.values())

    def __contains__(self, execution_id: UUID) -> bool:
        return execution_id in self._locked

    def of(self, execution_id: UUID) -> LockedExecution:
        """Return a locked execution."""
        return self._locked[execution_id]

    # -- statements -------------------------------------------------------------------------------

    def run(self, query: str, **parameters: Any) -> psycopg.Cursor[Any]:
        """Send one named query of `sql/work.sql` or `sql/people.sql`.

        Its rows are read by the caller, if at all.
        """
        return self.connection.cursor(row_factory=namedtuple_row).execute(
            _SQL[query], parameters, prepare=True
        )

    def run_rows(
        self, query: str, rows: Sequence[tuple[Any, ...]], **parameters: Any
    ) -> psycopg.Cursor[Any]:
        """Send one named query whose parameters are columns, given as named tuples."""
        names: Sequence[str] = rows[0]._fields  # type: ignore[attr-defined]
        return self.run(query, **columns(_SQL[query], names, rows), **parameters)

    # -- events, facts, post-commit work ----------------------------------------------------------

    def event(self, locked: LockedExecution, event_type: str, **data: Any) -> None:
        """Add the execution's next event (invariant 5), of a type that `dag.events` has."""
        locked.events.append({"event_type": event_type, "data": data})

    def node_event(self, ref: Ref, event_type: str, **data: Any) -> None:
        """Add an event of one node execution."""
        place = {"node_id": ref.node, "scope": ref.scope}
        self.event(self._locked[ref.execution_id], event_type, **place, **data)

    def count_facts(self, facts: Iterable[Fact]) -> None:
        """Count these if the transaction commits."""
        self.facts += facts

    def park(self, question: Parked) -> None:
        """Have a question put into the pause table."""
        self.post_commit.parked.append(question)

    def unpark(self, questions: Iterable[UUID]) -> None:
        """Have questions taken out of the pause table."""
        self.post_commit.unparked += questions

    def set_timer(self) -> None:
        """Have the scheduler look at its clock: a timer or a retry was set."""
        self.post_commit.has_timers = True

    # -- ready rows -------------------------------------------------------------------------------

    def place(
        self,
        ref: Ref,
        caller: Caller,
        *,
        leaves: NodeState = NodeState.PENDING,
        phase: LoopPhase | None = None,
        **known: Any,
    ) -> Placement:
        """Decide where a row goes that has become ready: to the caller, to the queue, or nowhere.

        Args:
            caller: who made it ready.
            leaves: the state that it leaves.
            phase: what a loop is made ready for.
            known: what its row says, for the claim of a caller that runs it.
        """
        locked = self._locked[ref.execution_id]
        node = locked.node(ref)
        placement = self._placement(locked, node, ref, caller, phase=phase, **known)
        self.open_counts.move(locked, node.queue, leaves, placement.state)
        return placement

    def _placement(
        self,
        locked: LockedExecution,
        node: CompiledNode,
        ref: Ref,
        caller: Caller,
        **known: Any,
    ) -> Placement:
        if locked.paused:
            return Placement(NodeState.READY)
        if caller.takes(node.queue, self._queue.expected_seconds(node.queue, node.lane)):
            lease_id = new_id()
            caller.claimed.append(Claim(ref, lease_id, locked.graph, **known))
            self.node_event(ref, EventType.NODE_STARTED)
            return Placement(NodeState.RUNNING, lease_id=lease_id)
        epoch = self._queue.admit(node.queue)
        if epoch is None:
            return Placement(NodeState.READY, owner=locked.owner, workflow_id=locked.workflow_id)
        self._send(locked, ref)
        return Placement(NodeState.READY, epoch=epoch)

    def note(self, locked: LockedExecution, refs: Iterable[Ref]) -> None:
        """Note those of `refs` that are ready and find room in the queue, and have them sent.

        Nothing of an execution that is paused or has ended is.
        """
        if locked.paused or locked.is_final:
            return
        rows = []
        for ref in refs:
            epoch = self._queue.admit(locked.node(ref).queue)
            if epoch is not None:
                rows.append(NoteRow(*ref, epoch))
        if rows:
            for row in self.run_rows("note", rows).fetchall():
                self._send(locked, Ref(*row))

    def _send(self, locked: LockedExecution, ref: Ref) -> None:
        node = locked.node(ref)
        queued = Queued(node.queue, locked.priority, node.lane, locked.owner, ref)
        self.post_commit.to_send.append(queued)

    def keep_standing(self) -> None:
        """Send nothing of what the same transaction ended after all."""
        work = self.post_commit
        work.to_send = [each for each in work.to_send if self.stands(each.ref)]

    # -- scopes -----------------------------------------------------------------------------------

    def count(self, ref: Ref, change: int, caller: Caller) -> None:
        """Add to the open nodes of a node's scope (invariant 4)."""
        if ref.scope == ROOT:
            self._locked[ref.execution_id].outstanding += change
        else:
            self.scopes.count(ref, change, caller)

    def save_scopes(self) -> None:
        """Write the scopes opened so far: what follows finds them as rows."""
        rows = self.scopes.take_opened()
        if rows:
            self.run_rows("open_scopes", rows)

    def stands(self, ref: Ref) -> bool:
        """Return whether this unit ended neither the row's execution nor a scope around it."""
        return not (self._locked[ref.execution_id].is_final or self.scopes.covers_canceled(ref))

    # -- the end ----------------------------------------------------------------------------------

    def end(
        self, locked: LockedExecution, status: ExecutionStatus, error: Mapping[str, Any] | None
    ) -> None:
        """Give an execution its final status, with the event that says so; a final one is final."""
        if locked.is_final:
            return
        locked.status = status
        if locked.is_users:
            self.count_facts(
                (
                    Fact("execution_finished", (status,)),
                    Fact("execution_seconds", (status,), locked.age_seconds),
                )
            )
        self.ended.append(Ended(locked, status, error.get("error_code") if error else None))
        locked.error = dumps(error) if error else None
        locked.outstanding = 0
        kind = {
            ExecutionStatus.SUCCESS: EventType.EXECUTION_COMPLETED,
            ExecutionStatus.CANCELED: EventType.EXECUTION_CANCELED,
        }.get(status, EventType.EXECUTION_FAILED)
        self.event(locked, kind, status=status, **({"error": error} if error else {}))

    def save(self) -> None:
        """Write events, the executions' own rows and what is open; the last step before commit."""
        created, changed = [], []
        for locked in self._locked.values():
            if not locked.events and locked.node_count == self._node_counts[locked.id]:
                continue
            if locked.created is not None:
                created.append((locked.take_row(), locked.created.row()))
            else:
                changed.append(locked.take_row())
            self.open_counts.turn(locked, self._statuses.get(locked.id), locked.status)
            self.post_commit.touched[locked.id] = locked.next_seq - 1
        if created:
            self._create(created)
        if changed:
            self.run_rows("save_executions", changed)
        self.open_counts.save(self.connection)

    def _create(self, rows: Sequence[tuple[SavedRow, CreatedRow]]) -> None:
        query = _SQL["add_executions"]
        saved, created = zip(*rows, strict=True)
        self.run(
            "add_executions",
            **columns(query, SavedRow._fields, saved),
            **columns(query, CreatedRow._fields, created),
        )
