"""What holds of every execution that has ended, whatever was done to the cell meanwhile."""

from __future__ import annotations

from collections import Counter, defaultdict
from uuid import UUID

from tests.fault.cell import Cell
from tests.reference import Result
from tests.reference.compare import differences
from tests.support.wire import written
from tests.support.workflows import Document, valid
from treadle.dag.events import FINAL_EVENTS, EventType
from treadle.dag.states import FINAL_EXECUTION_STATUSES, FINAL_NODE_STATES, NodeState
from treadle.ledger.views import executions
from treadle.wire.events import Event


def check_success(cell: Cell, execution_id: UUID, document: Document, expected: Result) -> None:
    """Check a successful end: every record as the reference has it, and all invariants."""
    execution = cell.ask(
        lambda session: executions.execution(
            session, cell.connections.engine.graphs, execution_id, records=None, inline_bytes=None
        )
    )
    assert differences(expected, written(execution)) == []
    check_invariants(cell, execution_id)
    check_arrivals(cell, execution_id, document)
    completed = Counter(
        (event.data["node_id"], event.data["scope"])
        for event in events_of(cell, execution_id)
        if event.event_type == EventType.NODE_COMPLETED
    )
    told = {key for key, record in expected.records.items() if record.status == "completed"}
    assert completed == Counter(told)  # each once


def check_invariants(cell: Cell, execution_id: UUID) -> None:
    """Check what holds of any end: nothing is open, and the events tell one story."""
    (status, finished, outstanding, next_seq), *_ = cell.rows(
        "select status, finished_at, outstanding, next_seq from executions where id = %s",
        execution_id,
    )
    assert status in FINAL_EXECUTION_STATUSES
    assert finished is not None
    assert outstanding == 0  # invariant 4
    open_rows = cell.rows(
        "select scope, node, state from node_executions"
        " where execution_id = %s and (state <> all(%s) or lease_id is not null)",
        execution_id, sorted(FINAL_NODE_STATES),
    )  # fmt: skip
    assert open_rows == []
    open_scopes = cell.rows(
        "select scope, status, outstanding from scopes"
        " where execution_id = %s and (status = 'open' or outstanding <> 0)",
        execution_id,
    )
    assert open_scopes == []
    _check_events(cell, execution_id, next_seq)


def _check_events(cell: Cell, execution_id: UUID, next_seq: int) -> None:
    """Invariant 5: gap-free and in order; and each node's own events are a possible life."""
    events = events_of(cell, execution_id)
    assert [event.seq for event in events] == list(range(1, next_seq))
    assert [each.seq for each in events if each.event_type in FINAL_EVENTS] == [next_seq - 1]
    lives: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event in events:
        data = event.data
        if "node_id" in data:
            lives[data["scope"], data["node_id"]].append(event.event_type)
    states = {
        (scope, node): state
        for scope, node, state in cell.rows(
            "select scope, node, state from node_executions where execution_id = %s", execution_id
        )
    }
    for key, life in lives.items():
        final = [each for each in life if each in _SETTLED_BY]
        assert len(final) <= 1, (key, life)  # one outcome, invariant 1
        assert final == life[len(life) - len(final) :], (key, life)  # nothing after it
        assert [_SETTLED_BY[each] for each in final] in ([states[key]], []), (key, life)
    for key, state in states.items():
        assert state == NodeState.CANCELED or set(lives[key]) & _SETTLED_BY.keys(), (key, state)


_SETTLED_BY: dict[str, NodeState] = {
    EventType.NODE_COMPLETED: NodeState.COMPLETED,
    EventType.NODE_FAILED: NodeState.FAILED,
    EventType.NODE_SKIPPED: NodeState.SKIPPED,
}


def check_arrivals(cell: Cell, execution_id: UUID, document: Document) -> None:
    """Invariant 3: every connection was counted once in every scope."""
    graph = valid(document).graph
    assert graph is not None
    for scope, node, arrived in cell.rows(
        "select scope, node, arrived from node_executions where execution_id = %s", execution_id
    ):
        assert arrived == len(graph.nodes[node].incoming), (scope, node)


def check_nothing_charged(cell: Cell, execution_id: UUID) -> None:
    """Check that no node lost a process or spent a retry."""
    assert charges(cell, execution_id) == {}


def charges(cell: Cell, execution_id: UUID) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the losses and the retries of the nodes that have any."""
    return {
        (scope, node): (lost, retries)
        for scope, node, lost, retries in cell.rows(
            "select scope, node, lost_count, retry_count from node_executions"
            " where execution_id = %s and (lost_count > 0 or retry_count > 0)",
            execution_id,
        )
    }


def events_of(cell: Cell, execution_id: UUID) -> list[Event]:
    """Return all events of an execution."""
    return cell.ask(lambda session: executions.events(session, execution_id, rows=1_000_000))
