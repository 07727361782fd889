"""Workers that die between asking and after: each question is asked once, and none is forgotten."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from tests.fault.cell import Cell
from tests.fault.invariants import charges, check_invariants, events_of
from tests.fault.test_faults import freeze
from tests.support.workflows import Document, node, start, workflow
from treadle.dag.questions import Decision
from treadle.dag.states import NodeState
from treadle.ledger.people.answers import answer
from treadle.ledger.people.decisions import Response

#: Iterations of a loop, each of which asks; and executions of it.
ASKED, EXECUTIONS = 100, 8


def asking() -> Document:
    """Return a workflow that asks many times at once, and goes on by each answer."""
    over = {"over": str(list(range(ASKED))), "max_parallel": ASKED}
    title = {"title": "Is it {{ index }}?"}
    return workflow(
        start(),
        node("each", "FLOW.FOR_EACH", configurations=over),
        node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations=title),
        node("yes"),
        connect="start -> each, each:body -> ask, ask:confirmed -> yes",
    )


def test_workers_that_die_around_asking_ask_each_question_once(cell: Cell) -> None:
    """One dies while it asks, all of them while people think; the answers need none of them."""
    executions = [cell.submit(asking(), {}) for _ in range(EXECUTIONS)]
    freeze(cell, cell.workers[0])
    begun = "select count(*) from node_executions where worker_id = %s and started_at is not null"
    ((at_work,),) = cell.rows(f"{begun} and state = 'running'", cell.worker_id(cell.workers[0]))
    cell.workers[0].kill()
    pending = "select id from interactions where execution_id = any(%s) and status = 'pending'"
    cell.wait(lambda: len(cell.rows(pending, executions)) == EXECUTIONS * ASKED)
    for worker in cell.workers:
        worker.kill()

    for (question,) in cell.rows(pending, executions):
        confirm(cell, question)
    cell.make_whole()

    lost = 0
    for execution in executions:
        assert cell.wait_ended(execution) == "SUCCESS"
        check_invariants(cell, execution)
        check_asked_once(cell, execution)
        lost += sum(losses for losses, _ in charges(cell, execution).values())
    assert at_work > 0
    assert lost == 0  # what it had started has asked since, and is forgiven


def confirm(cell: Cell, question: UUID) -> None:
    """Answer a question with yes."""
    response = Response(Decision.CONFIRMED, {"option": "approve", "comment": None}, "ana", "api")
    connections = cell.connections
    made = cell.ask(lambda s: answer(connections.engine, s, question, lambda _: response))
    assert not made.repeated


def check_asked_once(cell: Cell, execution: UUID) -> None:
    """Every iteration has asked one question, told of it once, and went on once."""
    kept = "select scope, status from interactions where execution_id = %s"
    asked = cell.rows(kept, execution)
    assert Counter(status for _, status in asked) == {"completed": ASKED}
    told = Counter(
        (event.event_type, event.data["scope"])
        for event in events_of(cell, execution)
        if event.data.get("node_id") in ("ask", "yes")
    )
    for kind, times in (("user_input_required", 1), ("node_completed", 2)):
        assert {told[kind, scope] for scope, _ in asked} == {times}
    assert len({scope for scope, _ in asked}) == ASKED
    states = "select distinct state from node_executions where execution_id = %s and node = 'yes'"
    assert cell.rows(states, execution) == [(NodeState.COMPLETED,)]
