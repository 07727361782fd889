"""Questions while processes die and Redis loses all: each is settled once, none is forgotten."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from uuid import UUID

from tests.fault.cell import Cell
from tests.fault.invariants import check_invariants, events_of
from tests.support.workflows import Document, node, start, workflow
from treadle.core.redis import connect
from treadle.ledger.people import interactions
from treadle.transport.pause_table import PauseTable

ASK = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
#: Iterations of a loop, each of which asks.
ASKED = 100


def asking() -> Document:
    """Return a workflow that asks many people at once, and goes on by what they say, or without."""
    each = node(
        "each",
        "FLOW.FOR_EACH",
        configurations={"over": str(list(range(ASKED))), "max_parallel": ASKED},
    )
    ask = node("ask", ASK, configurations={"title": "?", "timeout_action": "continue"})
    return workflow(
        start(), each, ask, node("yes"), node("late"),
        connect="start -> each, each:body -> ask, ask:confirmed -> yes, ask:timeout -> late",
    )  # fmt: skip


def park(cell: Cell, executions: int) -> list[UUID]:
    """Run executions until all of their questions wait."""
    started = [cell.submit(asking(), {}) for _ in range(executions)]
    waiting = (
        "select count(*) from interactions where execution_id = any(%s) and status = 'pending'"
    )
    cell.wait(lambda: cell.rows(waiting, started)[0][0] == executions * ASKED)
    return started


def fall_due(cell: Cell, executions: list[UUID], *, after: float, within: float) -> None:
    """Let questions fall due one after the other; the pause table learns of it."""
    chance = random.Random(7)
    questions = cell.rows("select id from interactions where execution_id = any(%s)", executions)
    for (question,) in questions:
        cell.rows(
            "update interactions set warned_at = now(),"
            " timeout_at = now() + %s * interval '1 s' where id = %s returning id",
            after + chance.random() * within,
            question,
        )
    with connect(cell.servers.redis_url) as client:
        PauseTable(client).park(
            cell.ask(lambda session: interactions.pending(session, limit=10_000))
        )


def check_settled(cell: Cell, executions: list[UUID], status: str) -> None:
    """Every question was settled so, every node left once, and nothing else was left behind."""
    kept = cell.rows(
        "select status, count(*) from interactions where execution_id = any(%s) group by 1",
        executions,
    )
    assert kept == [(status, len(executions) * ASKED)]
    for execution in executions:
        check_invariants(cell, execution)
        left = Counter(
            event.data["scope"]
            for event in events_of(cell, execution)
            if event.event_type == "node_completed" and event.data["node_id"] == "ask"
        )
        assert len(left) == ASKED
        assert set(left.values()) == {1}


def test_schedulers_that_die_while_questions_fall_due_forget_none(cell: Cell) -> None:
    """Two sweep, one is killed, then the other; what they held is seen to by whoever comes next."""
    cell.make_whole(schedulers=2)
    executions = park(cell, 3)
    fall_due(cell, executions, after=1, within=4)
    ended = "select count(*) from interactions where execution_id = any(%s) and status = 'timeout'"

    def have_ended(least: int) -> bool:
        return bool(cell.rows(ended, executions)[0][0] >= least)

    for dead, least in ((0, 20), (1, 150)):
        cell.wait(partial(have_ended, least))
        cell.schedulers[dead].kill()
    cell.make_whole(schedulers=1)

    for execution in executions:
        assert cell.wait_ended(execution) == "SUCCESS"
    check_settled(cell, executions, "timeout")


def test_a_thousand_parked_questions_outlive_a_flushed_redis(cell: Cell) -> None:
    """The pause table is put back from the ledger, and all of them end when they are due."""
    executions = park(cell, 10)
    fall_due(cell, executions, after=6, within=2)

    with connect(cell.servers.redis_url) as client:
        client.flushall()
        cell.wait(lambda: PauseTable(client).parked() > 0)

        for execution in executions:
            assert cell.wait_ended(execution) == "SUCCESS"
        cell.wait(lambda: PauseTable(client).parked() == 0)
    check_settled(cell, executions, "timeout")
