"""A planner that dies in the middle of a plan: another one makes it, and there is one plan."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from tests.fault.cell import Cell
from tests.fault.invariants import events_of
from tests.support.loopback_server import Answer, Seen
from tests.support.model_servers import Provider, draft, providing, step
from tests.support.wire import written
from treadle.ledger.views import executions
from treadle.planner import requests


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Return a provider that the planners of this test ask."""
    with providing() as made:
        monkeypatch.setenv("OPENAI_BASE_URL", made.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        monkeypatch.setenv("TREADLE_PLANNER_MODEL", "openai/gpt-5.5")
        yield made


def test_a_planner_killed_in_mid_plan_leads_to_one_plan(cell: Cell, provider: Provider) -> None:
    """Its lease runs out, the loss is charged, another planner asks again; nothing is twice."""
    asked, over = Event(), Event()

    def hang(_: Seen) -> Answer:
        asked.set()
        over.wait(60)
        return Answer(500)

    provider.answers(hang, draft(step("think")))
    first = cell.start_planner()
    plan_id = cell.ask_for_plan("Think.")
    cell.wait(asked.is_set)

    first.kill()
    second = cell.start_planner()
    try:
        assert cell.wait_ended(plan_id) == "SUCCESS"
    finally:
        over.set()
        second.kill()

    plan = planned(cell, plan_id)
    assert plan["status"] == "ready"
    assert [each["id"] for each in plan["plan"]["workflow"]["nodes"]] == ["start", "think"]
    kinds = [each.event_type for each in events_of(cell, plan_id)]
    assert kinds.count("node_completed") == 2  # the trigger, and the plan once
    assert kinds.count("execution_completed") == 1
    assert len(provider.requests) == 2
    lost = (
        "select attempt, lost_count from node_executions where execution_id = %s and node = 'plan'"
    )
    assert cell.rows(lost, plan_id) == [(2, 1)]


def planned(cell: Cell, plan_id: UUID) -> dict[str, Any]:
    """Return a plan as it stands."""
    graphs = cell.connections.engine.graphs
    shown = cell.ask(lambda session: executions.execution(session, graphs, plan_id))
    plan: dict[str, Any] = written(requests.plan_of(shown))
    return plan
