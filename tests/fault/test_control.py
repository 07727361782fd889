"""Cancel and pause in the midst of a run, against workers that are busy with it."""

from __future__ import annotations

from pathlib import Path

from tests.fault.cell import Cell
from tests.fault.fault_tasks import effects
from tests.fault.fault_workflows import FIRST, stepped
from tests.fault.invariants import check_invariants, check_nothing_charged, events_of
from tests.fault.test_faults import FEW_JOBS, in_the_midst
from tests.support.workflows import chain


def run_another(cell: Cell, into: Path) -> None:
    """Run an execution of a few nodes to its end: workers and queues have gone on since."""
    document = chain(*(stepped(f"other_{n}", into) for n in range(5)))
    assert cell.wait_ended(cell.submit(document, FIRST)) == "SUCCESS"


def claims(cell: Cell, execution_id: object) -> int:
    """Return how often anything of an execution was claimed."""
    total = "select sum(attempt) from node_executions where execution_id = %s"
    return int(cell.rows(total, execution_id)[0][0])


def test_cancel_cancels(cell: Cell, tmp_path: Path) -> None:
    """What is open is canceled at once; what runs then settles in vain, and nothing new begins."""
    run = in_the_midst(cell, "cybershake", tmp_path, jobs=FEW_JOBS)
    cell.control("cancel", run.execution_id)
    assert cell.status(run.execution_id) == "CANCELED"
    check_invariants(cell, run.execution_id)
    events, claimed = events_of(cell, run.execution_id), claims(cell, run.execution_id)
    run_another(cell, tmp_path / "other")
    assert events_of(cell, run.execution_id) == events
    assert claims(cell, run.execution_id) == claimed
    assert len(set(effects(run.into))) < len(set(run.expected.records))
    check_invariants(cell, run.execution_id)


def test_a_paused_execution_stands_still_until_it_is_resumed(cell: Cell, tmp_path: Path) -> None:
    """What runs settles, nothing is claimed, other executions go on; a resume ends as if never
    paused.
    """
    run = in_the_midst(cell, "ligo", tmp_path, jobs=FEW_JOBS)
    cell.control("pause", run.execution_id)
    running = "select count(*) from node_executions where execution_id = %s and state = 'running'"
    cell.wait(lambda: cell.rows(running, run.execution_id) == [(0,)])
    claimed = claims(cell, run.execution_id)
    run_another(cell, tmp_path / "other")
    assert cell.status(run.execution_id) == "PAUSED"
    assert claims(cell, run.execution_id) == claimed
    cell.control("resume", run.execution_id)
    run.check()
    check_nothing_charged(cell, run.execution_id)
