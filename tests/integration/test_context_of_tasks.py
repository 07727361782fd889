"""The context of tasks on a real cluster, in each lane."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.integration import talking_tasks as talking
from tests.integration.test_task_logs import Task, run, task_node, texts
from tests.support.in_process_cluster import running
from tests.support.workflows import chain
from treadle.core.settings import Settings
from treadle.dag.events import EventType
from treadle.dag.values import dumps
from treadle.ledger.engine import control
from treadle.ledger.views import executions

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "task", [talking.context_in_thread, talking.context_on_loop, talking.context_apart]
)
def test_a_task_knows_what_it_runs_for(
    settings: Settings, wait_until: WaitUntil, task: Task
) -> None:
    """And says how far it is: the first report at once, the last at the end at the latest."""
    with running(settings) as client:
        execution = run(client, wait_until, task)
        shown = client.shown(execution)
        told = [
            event.data["data"]
            for event in executions.events(client.session, execution)
            if event.event_type == EventType.NODE_OUTPUT_UPDATE
        ]
        assert texts(client, execution) == ["by the context"]

    output = shown["node_executions"][1]["output_data"]
    remaining = output.pop("remaining")
    assert 0 < remaining <= 600
    assert output == {
        "execution_id": str(execution),
        "node_id": "a",
        "scope": "",
        "attempt": 1,
        "key": hashlib.sha256(dumps([str(execution), "", "a", 0])).hexdigest(),
        "cancelled": False,
    }
    assert told[-1] == {"progress": {"done": 3, "total": 3, "text": "rows"}}
    assert len(told) <= 2


def test_a_thread_of_a_task_learns_of_the_end_of_its_attempt(
    settings: Settings, wait_until: WaitUntil, tmp_path: Path
) -> None:
    """Nobody else ends it: only the thread that the task was called in is interrupted."""
    mark = tmp_path / "mark"
    with running(settings) as client:
        execution = client.submit(
            chain({**task_node(talking.waits_until_cancelled, mark=str(mark))})
        )
        wait_until(
            lambda: client.shown(execution)["node_executions"][1]["status"] == "running", timeout=30
        )
        control.cancel(client.connections.engine, client.session, execution)
        wait_until(mark.exists, timeout=30)
