"""Open counts: how much is open in the whole cluster, kept by those who change it.

Each transaction appends what it changes, summed, so that no two wait for one row; a count is the
sum of the rows that are visible. `fold` keeps those few. `recount` counts once more what is there,
for what was changed by other means than this: by a process of a release that kept no counts, or by
hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import psycopg

from treadle.dag.model import SYSTEM_PREFIX
from treadle.dag.states import FINAL_EXECUTION_STATUSES, ExecutionStatus, NodeState
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.ledger.queries import columns, fetching, queries

_SQL = queries("counts")
_fetch = fetching("counts")

#: Held by who folds or counts again, so that neither takes out what the other puts in; those who
#: append do not wait for it. A transaction's snapshot is taken after it.
_ALONE = "lock table open_counts in share update exclusive mode"


class Count(NamedTuple):
    """What is counted."""

    kind: str
    """`executions` by status, `ready` by queue and priority, `nodes` by state."""
    name: str
    priority: int = 0


#: The same, as it is found for each row.
_Count = tuple[str, str, int]

_RUNNING: _Count = ("nodes", NodeState.RUNNING.value, 0)
_RETRYING: _Count = ("nodes", NodeState.RETRYING.value, 0)
_WAITING: _Count = ("nodes", NodeState.WAITING.value, 0)


class _ChangeRow(NamedTuple):
    """How much one transaction changes a count."""

    kind: str
    name: str
    priority: int
    change: int


class OpenCounts:
    """What one transaction changes of what is open."""

    def __init__(self) -> None:
        self._changes: defaultdict[_Count, int] = defaultdict(int)

    def move(
        self,
        locked: LockedExecution,
        queue: str,
        leaves: NodeState | None,
        enters: NodeState | None,
        rows: int = 1,
    ) -> None:
        """Count rows of an execution that leave a state and enter another one.

        `None` stands for what is open to nobody: the ready rows of an execution that is paused wait
        for no worker, and a pause or a resume moves them there and back.
        """
        left, entered = _count_of(locked, queue, leaves), _count_of(locked, queue, enters)
        if left is not None:
            self._changes[left] -= rows
        if entered is not None:
            self._changes[entered] += rows

    def leave_running(self, rows: int) -> None:
        """Count rows that run no more; `move` counts those of them that stay open."""
        self._changes[_RUNNING] -= rows

    def turn(
        self, locked: LockedExecution, before: ExecutionStatus | None, after: ExecutionStatus
    ) -> None:
        """Count an execution that has another status; `None` before it was there."""
        if before is after or not locked.is_users:
            return
        if before is not None and before not in FINAL_EXECUTION_STATUSES:
            self._changes["executions", before.value, 0] -= 1
        if after not in FINAL_EXECUTION_STATUSES:
            self._changes["executions", after.value, 0] += 1

    def save(self, connection: psycopg.Connection) -> None:
        """Append what has changed; nothing where each came to what it was."""
        rows = [_ChangeRow(*count, change) for count, change in self._changes.items() if change]
        self._changes.clear()
        if rows:
            query = _SQL["change"]
            connection.execute(query, columns(query, _ChangeRow._fields, rows), prepare=True)


def _count_of(locked: LockedExecution, queue: str, state: NodeState | None) -> _Count | None:
    """Return what a row counts for in a state. Called for each row, so it compares and no more."""
    if state is NodeState.READY:
        return None if locked.paused else ("ready", queue, locked.priority)
    if state is NodeState.RUNNING:
        return _RUNNING
    if state is NodeState.RETRYING:
        return _RETRYING
    if state is NodeState.WAITING:
        return _WAITING
    return None


def fold(connection: psycopg.Connection) -> None:
    """Make one row of the rows of each count, unless another process is at it."""
    try:
        with connection.transaction():
            connection.execute(f"{_ALONE} nowait")
            connection.execute(_SQL["fold"])
    except psycopg.errors.LockNotAvailable:
        pass  # what is left is folded the next time


def recount(connection: psycopg.Connection) -> Mapping[Count, int]:
    """Count all that is open, and keep that; return by how much each count was wrong.

    Of one snapshot: what commits later stays, and counts.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        connection.execute(_ALONE)
        kept = _fetch(connection, "take_out")
        found = _fetch(connection, "count_again", system=SYSTEM_PREFIX)
    wrong: dict[Count, int] = {}
    for rows, sign in ((found, 1), (kept, -1)):
        for row in rows:
            count = Count(row.kind, row.name, row.priority)
            wrong[count] = wrong.get(count, 0) + sign * row.count
    return {count: change for count, change in wrong.items() if change}
