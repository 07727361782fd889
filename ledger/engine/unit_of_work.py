"""A unit of work: what one transaction does to the executions whose rows it holds.

An execution is a small state machine and its row is its lock. A unit locks some (rule 1), other
modules apply events to them (`settlements`, `arrivals`, `loops`, `endings`), and `save` writes what
they come to. Nothing here commits: the caller owns the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from treadle.core.ids import made_at, new_id
from treadle.dag.model import SYSTEM_PREFIX
from treadle.dag.scopes import ROOT, around
from treadle.dag.specs import Lane
from treadle.dag.states import (
    FINAL_EXECUTION_STATUSES,
    ExecutionStatus,
    LoopPhase,
    NodeState,
    ScopeState,
)
from treadle.dag.values import dumps
from treadle.ledger.engine.interactions import derive, withdraw_in_scopes
from treadle.ledger.engine.rows import (
    CREATED,
    SAVED,
    Claim,
    DispatchQueue,
    HandOffBudget,
    LockedExecution,
    PostCommit,
    Queued,
    Ref,
)
from treadle.ledger.queries import columns, queries
from treadle.monitoring import facts
from treadle.monitoring.facts import Fact
from treadle.wire.events import EventType

_SQL = {**queries("work"), **queries("people")}


class UnitOfWork:
    """The locked executions, what follows from their events so far, and the post-commit work.

    `causes` below are indices into `budgets`: which caller of a batch made a node ready.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        locked: Iterable[LockedExecution],
        *,
        queue: DispatchQueue,
        budgets: Sequence[HandOffBudget | None] = (),
    ) -> None:
        self.connection = connection
        locked = list(locked)
        self.locked = {execution.id: execution for execution in locked}
        self.queue = queue
        self.budgets = budgets
        #: Executions that came to their end here, and those with new events and the last one's seq.
        self.ended: dict[UUID, ExecutionStatus] = {}
        self.touched: dict[UUID, int] = {}
        #: Questions that are pending no more.
        self.unparked: list[UUID] = []
        self.post_commit = [
            PostCommit(
                ended=self.ended,
                touched=self.touched,
                unparked=self.unparked,
            )
            for _ in budgets or (None,)
        ]
        #: Seconds of work that each caller still takes over, and whether it took nothing yet.
        self._room = [follow.seconds if follow else 0.0 for follow in budgets]
        self._alone = [follow.alone if follow else False for follow in budgets]
        #: Changes to the count of open nodes of inner scopes (invariant 4).
        self.deltas: defaultdict[tuple[UUID, str], int] = defaultdict(int)
        #: The caller that last changed a scope's count.
        self.causes: dict[tuple[UUID, str], int] = {}
        #: Scopes opened by this unit: (execution, scope) → (parent, loop, ordinal).
        self.opened: dict[tuple[UUID, str], tuple[str, str, int]] = {}
        #: Scopes that this unit canceled, with everything in them.
        self._canceled: set[tuple[UUID, str]] = set()
        #: What is counted if the transaction commits.
        self.facts = [
            Fact("execution_started") for each in locked if each.created and _is_users(each)
        ]
        self._node_counts = {execution.id: execution.node_count for execution in locked}

    def run(self, query: str, **parameters: Any) -> psycopg.Cursor[Any]:
        """Send one named query of `sql/work.sql` or `sql/people.sql`.

        Its rows are read by the caller, if at all.
        """
        return self.connection.cursor(row_factory=namedtuple_row).execute(
            _SQL[query], parameters, prepare=True
        )

    def run_rows(
        self,
        query: str,
        names: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        **parameters: Any,
    ) -> psycopg.Cursor[Any]:
        """Send one named query whose parameters are columns, given as rows."""
        return self.run(query, **columns(_SQL[query], names, rows), **parameters)

    @property
    def worker_id(self) -> UUID | None:
        """The process that this unit takes leases for; every caller of a batch is of one."""
        return next((follow.worker_id for follow in self.budgets if follow), None)

    def count(self, locked: LockedExecution, scope: str, change: int, cause: int) -> None:
        """Add to the open nodes of a scope (invariant 4)."""
        if scope == ROOT:
            locked.outstanding += change
        else:
            self.deltas[locked.id, scope] += change
            self.causes[locked.id, scope] = cause

    def event(self, locked: LockedExecution, event_type: EventType, **data: Any) -> None:
        """Add the execution's next event (invariant 5)."""
        locked.events.append({"event_type": event_type, "data": data})

    def place(
        self,
        locked: LockedExecution,
        ref: Ref,
        cause: int,
        *,
        phase: LoopPhase | None = None,
        **known: Any,
    ) -> tuple[NodeState, UUID | None, str | None]:
        """Decide where a row goes that has become ready: to the caller, to the queue, or nowhere.

        Returns:
            Its state, the lease if the caller runs it at once, and the epoch if it is sent.
        """
        if locked.paused:
            return NodeState.READY, None, None
        node = locked.graph.nodes[ref.node]
        queue = node.queue
        if self._takes(cause, queue, node.lane):
            lease_id = new_id()
            claim = Claim(ref, lease_id, locked.graph, phase=phase, **known)
            self.post_commit[cause].claimed.append(claim)
            self.event(locked, EventType.NODE_STARTED, node_id=ref.node, scope=ref.scope)
            return NodeState.RUNNING, lease_id, None
        epoch = self.queue.admit(queue)
        if epoch is not None:
            self.post_commit[max(cause, 0)].noted.append(
                Queued(queue, locked.priority, node.lane, ref)
            )
        return NodeState.READY, None, epoch

    def _takes(self, cause: int, queue: str, lane: Lane) -> bool:
        """Return whether the caller `cause` has room for one more hand-off, and use that room."""
        follow = self.budgets[cause] if 0 <= cause < len(self.budgets) else None
        if follow is None or queue not in follow.queues:
            return False
        seconds = self.queue.cost(queue, lane)
        if seconds > self._room[cause] and not self._alone[cause]:
            return False
        self._room[cause] -= seconds
        self._alone[cause] = False
        return True

    def end(
        self, locked: LockedExecution, status: ExecutionStatus, error: Mapping[str, Any] | None
    ) -> None:
        """Give an execution its final status, with the event that says so; a final one is final."""
        if locked.status in FINAL_EXECUTION_STATUSES:
            return
        locked.status = status
        if _is_users(locked):
            seconds = max(0.0, (locked.now - made_at(locked.id)).total_seconds())
            self.facts += (
                Fact("execution_finished", (status,)),
                Fact("execution_seconds", (status,), seconds),
            )
        locked.error = dumps(error) if error else None
        locked.outstanding = 0
        kind = {
            ExecutionStatus.SUCCESS: EventType.EXECUTION_COMPLETED,
            ExecutionStatus.CANCELED: EventType.EXECUTION_CANCELED,
        }.get(status, EventType.EXECUTION_FAILED)
        self.event(locked, kind, status=status, **({"error": error} if error else {}))

    def cancel_scopes(self, scopes: Sequence[tuple[UUID, str]]) -> None:
        """Cancel every row and scope in `scopes` that is not final, inner ones too."""
        if not scopes:
            return
        self.save_scopes()
        self._canceled.update(scopes)
        self.run_rows("cancel_scope_nodes", ("execution_id", "scope"), scopes)
        self.run_rows("cancel_scopes", ("execution_id", "scope"), scopes)
        withdraw_in_scopes(self, scopes)

    def stands(self, ref: Ref) -> bool:
        """Return whether this unit ended neither the row's execution nor a scope around it."""
        if self.locked[ref.execution_id].status in FINAL_EXECUTION_STATUSES:
            return False
        return not any((ref.execution_id, scope) in self._canceled for scope in around(ref.scope))

    def save(self) -> None:
        """Write opened scopes, events and the executions' own rows; the last step before commit."""
        self.save_scopes()
        derive(self)
        created, changed = [], []
        for locked in self.locked.values():
            if not locked.events and locked.node_count == self._node_counts[locked.id]:
                continue
            if locked.created is not None:
                created.append((*locked.take_row(), *locked.created.columns()))
            else:
                changed.append(locked.take_row())
            self.touched[locked.id] = locked.next_seq - 1
            if locked.status in FINAL_EXECUTION_STATUSES:
                self.ended[locked.id] = locked.status
        if created:
            self.run_rows("add_executions", (*SAVED, *CREATED), created)
        if changed:
            self.run_rows("save_executions", SAVED, changed)

    def committed(self) -> PostCommit:
        """Count what the transaction did; return what it leaves to its first caller."""
        facts.count(self.facts)
        return self.post_commit[0]

    def save_scopes(self) -> None:
        """Write the scopes opened so far: what follows finds them as rows."""
        if not self.opened:
            return
        rows = [
            (
                execution_id,
                scope,
                *place,
                ScopeState.OPEN,
                self.deltas.pop((execution_id, scope), 0),
            )
            for (execution_id, scope), place in self.opened.items()
        ]
        names = ("execution_id", "scope", "parent", "loop", "index", "status", "outstanding")
        self.run_rows("open_scopes", names, rows)
        self.opened.clear()


def _is_users(locked: LockedExecution) -> bool:
    """Return whether an execution is one that people see: not, say, the making of a plan."""
    return not locked.graph.workflow.metadata.id.startswith(SYSTEM_PREFIX)
