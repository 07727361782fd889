"""`treadle plan`: a prompt becomes a workflow, drawn, saved and run."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from tests.support.command_line import Folder
from tests.support.gateway_server import Served
from tests.support.in_process_cluster import in_threads
from tests.support.model_servers import Provider, draft, openai_answer, providing, step
from treadle.cli.plan_view import drawn, stage_line
from treadle.core.settings import Settings
from treadle.dag.validation import validate
from treadle.planner.process import planner_process
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.wire.objects import read
from treadle.wire.plans import PlanResult
from treadle.workers.process import WorkerProcess

pytestmark = pytest.mark.slow

DOUBLING = draft(
    step("check", "FLOW.IF", condition_expression="trigger.count > 0"),
    step("double", operation="custom", expression="trigger.count * 2"),
    step("refuse", operation="custom", expression="0"),
    title="Double a number",
    placeholders=[{"name": "count", "type": "number", "description": "What is doubled."}],
    connections=[
        {"source": "check", "output_key": "true", "target": "double"},
        {"source": "check", "output_key": "false", "target": "refuse"},
    ],
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


@pytest.fixture
def folder(
    settings: Settings, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Folder]:
    """Return a folder whose commands reach a cluster with a planner."""
    monkeypatch.setenv("TREADLE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TREADLE_REDIS_URL", settings.redis_url)
    told = provider.settings(settings, openai_api_key=SecretStr("sk-loopback"))
    with in_threads(
        planner_process(told).run_until,
        WorkerProcess(settings).run_until,
        Scheduler(Connections.to(settings)).run_until,
    ):
        yield Folder(tmp_path)


def test_a_prompt_is_planned_drawn_saved_and_run(folder: Folder, provider: Provider) -> None:
    """One command plans and shows; its id, or another prompt with --run, runs it."""
    provider.answers(DOUBLING)
    shown = folder.process("plan", "Double a number.", "--save", "flow.json")

    assert shown.code == 0, shown.err
    for told in (
        "Double a number",
        "true → double",
        "↓ check",
        "count: number",
        "openai/gpt-5.5",
        "tokens",
    ):
        assert told in shown.out
    assert "asking gpt-5.5" in shown.err
    saved = json.loads((folder.path / "flow.json").read_text())
    assert validate(saved).problems == ()

    plan = folder.process("plan", "Double a number.", "--json").document
    assert plan["plan"]["workflow"] == saved
    ran = folder.process("plan", plan["id"], "--run", "--input-json", '{"count": 21}', "--json")
    assert ran.code == 0, ran.err
    assert ran.document["output"] == {"double": {"data": 42}}


def test_what_is_missing_to_run_a_plan_is_named(folder: Folder, provider: Provider) -> None:
    """By placeholder, before anything runs."""
    provider.answers(DOUBLING)
    refused = folder.process("plan", "Double a number.", "--run", "--json")

    assert refused.code == 4
    assert refused.refusal == "plan_input_invalid"
    assert "count" in refused.err


def test_a_plan_that_cannot_be_made_says_why(folder: Folder, provider: Provider) -> None:
    """With the reason of its error."""
    provider.answers(openai_answer(None, refusal="I will not."))
    refused = folder.process("plan", "Do harm.", "--json")

    assert (refused.code, refused.refusal) == (4, "model_refused")


def test_what_a_model_wrote_commands_no_terminal() -> None:
    """Markup and escape sequences stand as text, in the drawing and in the stages."""
    hostile = "[red]x[/red] \x1b[2J\x1b]0;owned\x07 y"
    made: dict[str, Any] = {
        "title": hostile,
        "rationale": hostile,
        "assumptions": [hostile],
        "placeholders": [
            {"name": "n", "type": "text", "description": hostile, "suggestion": hostile}
        ],
        "workflow": {
            "nodes": [{"id": "a", "type": "TRIGGER", "subtype": "MANUAL", "description": hostile}],
            "connections": [],
            "triggers": ["a"],
        },
        "problems_repaired": [],
        "warnings": [{"path": "p", "reason": "r", "message": hostile, "solution": "Do."}],
        "rounds": 1,
        "fixes": [{"path": "nodes[0]", "reason": "r", "done": hostile}],
        "model": "m",
        "tokens": {"input": 1, "output": 1},
        "cost_usd": None,
        "seconds": 1.0,
    }
    out = io.StringIO()
    Console(file=out, force_terminal=False, width=200).print(drawn(read(PlanResult, made)))

    assert "\x1b" not in out.getvalue()
    assert "\x07" not in out.getvalue()
    assert out.getvalue().count("[red]x[/red]") == 8
    assert "\x1b" not in stage_line({"stage": "checking", "title": hostile, "steps": []})


def test_a_gateway_is_asked_as_this_folders_cluster_is(
    folder: Folder, provider: Provider, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command with an address and a key, and no way to the ledger."""
    monkeypatch.delenv("TREADLE_DATABASE_URL")
    monkeypatch.delenv("TREADLE_REDIS_URL")
    provider.answers(DOUBLING)
    way = {"TREADLE_SERVER": served.url, "TREADLE_API_KEY": served.key()}

    ran = folder.process(
        "plan", "Double it.", "--run", "--input-json", '{"count": 4}', "--json", **way
    )

    assert ran.code == 0, ran.err
    assert ran.document["output"] == {"double": {"data": 8}}


def test_a_plan_is_drawn_and_written_with_its_warnings(folder: Folder, provider: Provider) -> None:
    """Such as a task that no worker has: for a person, and for a program."""
    provider.answers(draft(step("pay", "ACTION.PYTHON_TASK", task="acme.pay")))

    shown = folder.process("plan", "Run the task acme.pay.")
    provider.answers(draft(step("pay", "ACTION.PYTHON_TASK", task="acme.pay")))
    written = folder.process("plan", "Run the task acme.pay.", "--json").document

    assert "warnings\n  nodes[1].configurations.task: no_capable_worker" in shown.out
    assert [each["reason"] for each in written["plan"]["warnings"]] == ["no_capable_worker"]
