"""The lines in the log at an execution's start and at its end."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import running
from tests.support.workflows import chain, node
from treadle.core.settings import Settings
from treadle.monitoring import facts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("expression", "status", "level"),
    [("1", "SUCCESS", "info"), ("input.none.at_all", "ERROR", "warning")],
)
def test_an_execution_has_a_line_at_its_start_and_one_at_its_end(
    settings: Settings, wait_until: WaitUntil, expression: str, status: str, level: str
) -> None:
    """With its workflow and owner; the end has its status, its time and why it failed."""
    configured = {"operation": "custom", "expression": expression}
    document = chain(node("a", configurations=configured))
    with capture_logs() as lines, running(settings) as cluster:
        execution = cluster.submit(document)
        wait_until(lambda: cluster.has_ended(execution))
        wait_until(lambda: any(each["event"] == "execution.ended" for each in lines))

    found = [each for each in lines if each.get("execution_id") == str(execution)]
    (started,) = [each for each in found if each["event"] == "execution.started"]
    (ended,) = [each for each in found if each["event"] == "execution.ended"]
    assert (started["log_level"], started["owner"]) == ("info", "local")
    assert (ended["log_level"], ended["owner"], ended["status"]) == (level, "local", status)
    assert started["workflow_id"] == ended["workflow_id"] == document["metadata"]["id"]
    assert ended["seconds"] > 0
    assert ("reason" in ended) == (status == "ERROR")


def test_a_command_writes_none(settings: Settings) -> None:
    """Its output is its answer."""
    with capture_logs() as lines, facts.keeping(), running(settings) as cluster:
        cluster.submit(chain(node("a")))

    assert "execution.started" not in [each["event"] for each in lines]
