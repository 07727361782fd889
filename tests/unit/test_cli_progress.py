"""How the command line folds records and events into progress, and how it draws that."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from tests.support.workflows import chain, for_each, node, start, valid, workflow
from treadle.cli.console import output_console
from treadle.cli.execution_view import duration, event_line, tree_of
from treadle.cli.progress import Progress
from treadle.dag.graph import CompiledGraph
from treadle.dag.states import ExecutionStatus
from treadle.wire.events import Event
from treadle.wire.examples import EXECUTION
from treadle.wire.executions import Execution, NodeExecution
from treadle.wire.objects import read

LOOP = workflow(
    start(),
    for_each("loop"),
    node("step"),
    node("after"),
    connect="start -> loop, loop:body -> step, loop:done -> after",
)


def graph_of(document: object) -> CompiledGraph:
    graph = valid(document).graph
    assert graph is not None
    return graph


def begun(document: object, *records: NodeExecution) -> Progress:
    """Return the progress of an execution that began at 1,000 ms."""
    example = read(Execution, EXECUTION)
    execution = example.model_copy(
        update={
            "id": "an-execution",
            "status": ExecutionStatus.RUNNING,
            "start_time": 1_000,
            "end_time": None,
            "node_executions": list(records),
        }
    )
    return Progress(graph_of(document), execution)


def event(kind: str, node_id: str | None = None, at: int = 2_000, **data: Any) -> Event:
    if node_id is not None:
        data = {"node_id": node_id, "scope": "", **data}
    return Event(seq=1, event_type=kind, execution_id="an-execution", timestamp=at, data=data)


def drawn(progress: Progress, *, now: int = 10_000, lines: int | None = None) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(tree_of(progress, now=now, lines=lines))
    return capture.get()


def test_a_node_goes_from_pending_to_its_end() -> None:
    """With the time it took and the key it left by."""
    progress = begun(LOOP)

    progress.apply([event("node_started", "after", 2_000)])
    assert progress.nodes["after"].status == "running"
    assert progress.nodes["after"].milliseconds(now=2_500) == 500

    progress.apply([event("node_completed", "after", 3_000, output_key="result")])
    assert progress.nodes["after"].status == "completed"
    assert progress.nodes["after"].milliseconds(now=9_000) == 1_000


def test_events_that_are_already_in_the_records_change_nothing() -> None:
    """Records are read a moment after the seq from which events go on."""
    (example,) = read(Execution, EXECUTION).node_executions
    record = example.model_copy(update={"node_id": "after", "start_time": 2_000, "end_time": 3_000})
    progress = begun(LOOP, record)
    before = drawn(progress)

    progress.apply(
        [
            event("node_started", "after", 2_000),
            event("node_completed", "after", 3_000, output_key="result"),
        ]
    )

    assert drawn(progress) == before


def test_a_body_is_counted_under_its_loop() -> None:
    """Scopes with one status are a number; with several, a number each."""
    progress = begun(LOOP)
    scopes = [f"loop:{n}" for n in range(3)]
    progress.apply([event("node_started", "loop"), event("node_completed", "start")])
    progress.apply([event("node_started", "step", scope=scope) for scope in scopes])
    assert "    └── ▶ step  × 3" in drawn(progress).replace("│", " ")

    progress.apply([event("node_completed", "step", scope=scopes[0], output_key="result")])

    assert progress.nodes["step"].status == "running"
    assert "▶ step  ▶ 2 ✓ 1" in drawn(progress)


def test_a_loop_began_with_its_first_iteration() -> None:
    """Its own record tells only when it gathered."""
    progress = begun(LOOP)

    progress.apply([event("node_started", "step", 2_000, scope="loop:0")])
    progress.apply([event("node_started", "loop", 5_000)])

    assert progress.nodes["loop"].milliseconds(now=6_000) == 4_000


def test_retries_and_errors_are_shown() -> None:
    """While the node waits for its next attempt, and when it has failed."""
    error = {"error_message": "the server\n is away"}
    progress = begun(LOOP)

    progress.apply([event("node_retrying", "after", error=error, delay_ms=10)])
    assert "↻ after  1 retry  the server is away" in drawn(progress)

    progress.apply([event("node_failed", "after", 3_000, error=error)])
    assert "✗ after" in drawn(progress)


def test_off_a_terminal_no_line_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that looks for an error in the tree finds all that the tree shows of one."""
    message = "the server at the end of a long line of servers is away, and it will be back soon"
    progress = begun(LOOP)
    progress.apply([event("node_failed", "after", 3_000, error={"error_message": message})])

    output_console().print(tree_of(progress, now=10_000))

    assert message in capsys.readouterr().out


def test_a_tree_that_does_not_fit_keeps_what_is_at_work_in_sight() -> None:
    """The rest is counted by status."""
    progress = begun(chain(*(node(f"n{i}") for i in range(50))))
    progress.apply([event("node_completed", f"n{i}", 2_000 + i) for i in range(30)])
    progress.apply([event("node_started", "n30")])

    text = drawn(progress, lines=5)

    assert "▶ n30" in text
    assert "✓ n29" in text
    assert "✓ n3\n" not in text
    assert "… 46 more: · 20 ✓ 26" in text
    assert len(text.splitlines()) == 7


def test_an_end_is_an_execution_s_own() -> None:
    """Its status and time come from the event that ends it."""
    progress = begun(LOOP)

    progress.apply([event("execution_paused", reason="pause_requested")])
    assert progress.status == "PAUSED"
    progress.apply([event("execution_resumed")])
    assert progress.status == "RUNNING"
    progress.apply([event("execution_completed", at=4_000, status="SUCCESS")])

    assert progress.status == "SUCCESS"
    assert drawn(progress).startswith("SUCCESS  w  an-execution  3.00 s")


def test_lines_leave_out_what_repeats_itself() -> None:
    """A loop starts once, and of its body only what goes wrong is told."""
    progress = begun(LOOP)
    first = event_line(event("node_started", "loop"), progress)
    progress.apply([event("node_started", "loop")])

    assert first == "   1.000 s  loop  started"
    assert event_line(event("node_started", "loop"), progress) is None
    assert event_line(event("node_completed", "step", scope="loop:0"), progress) is None
    failed = event("node_failed", "step", scope="loop:0", error={"error_message": "no"})
    assert event_line(failed, progress) == "   1.000 s  step [loop:0]  failed: no"
    left = event("node_completed", "loop", output_key="done")
    assert event_line(left, progress) == "   1.000 s  loop  completed → done"
    ended = event("execution_failed", status="TIMEOUT")
    assert event_line(ended, progress) == "   1.000 s  failed TIMEOUT"
    who: Any = {"answered_by": "ana\x1b", "reason": "reply_invalid"}
    refused = event("user_input_refused", "step", scope="loop:0", **who)
    line = "   1.000 s  step [loop:0]  refused an answer of ana\\x1b: reply_invalid"
    assert event_line(refused, progress) == line


def test_durations_are_said_in_six_columns() -> None:
    """In the two units that matter, cut rather than rounded: no minute has 60 seconds."""
    minute, hour, day = 60_000, 3_600_000, 86_400_000
    said = {
        None: "",
        7: "7 ms",
        999: "999 ms",
        1_234: "1.23 s",
        9_999: "9.99 s",
        59_999: "59.9 s",
        minute: "1m00s",
        hour - 1: "59m59s",
        hour + 5 * minute: "1h05m",
        day - 1: "23h59m",
        100 * day - 1: "99d23h",
        366 * day: "366d",
    }

    assert {each: duration(each) for each in said} == said
    assert max(map(len, said.values())) == 6
