"""What happens to a run of 2,000 nodes when parts of its cell die, stop or forget: nothing.

Each test hurts the cell in the midst of a run. Then the execution must end as the reference
interpreter says, record by record, with all invariants kept and every effect there.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.fault.cell import Cell, Service
from tests.fault.fault_tasks import effects
from tests.fault.fault_workflows import FIRST, big, reckoned, reckoned_jobs
from tests.fault.invariants import charges, check_nothing_charged, check_success
from tests.reference import Result
from tests.support.workflows import Document
from treadle.core import redis

#: Jobs of the scientific shape; with the loops of `big` a run has about 2,000 rows.
JOBS = 1_200
#: Jobs where the fault is in what a process does, and not in how much there is: 1,000 rows.
FEW_JOBS = 400
#: Completed nodes after which the fault comes.
MIDST = 300


@dataclass(frozen=True)
class Run:
    """An execution under way."""

    cell: Cell
    shape: str
    jobs: int
    document: Document
    expected: Result
    into: Path
    execution_id: UUID

    def check(self) -> None:
        """Wait for the end, and check everything that holds of it."""
        self.cell.wait_ended(self.execution_id)
        check_success(self.cell, self.execution_id, self.document, self.expected)
        jobs = reckoned_jobs(self.shape, self.jobs)
        assert self.expected.output is not None
        assert {job: self.expected.output[job] for job in jobs} == jobs
        tasks = {n["id"] for n in self.document["nodes"] if n["subtype"] == "PYTHON_TASK"}
        assert set(effects(self.into)) == tasks  # at least once


def in_the_midst(cell: Cell, shape: str, tmp_path: Path, *, jobs: int = JOBS, **config: int) -> Run:
    """Start a run and return when a part of it is done."""
    into = tmp_path / "effects"
    document = big(shape, jobs, into, **config)
    expected = reckoned(document)
    run = Run(cell, shape, jobs, document, expected, into, cell.submit(document, FIRST))
    cell.wait_completed(run.execution_id, MIDST)
    return run


def running(cell: Cell, worker: Service) -> dict[tuple[str, str], bool]:
    """Return the nodes that the ledger has a worker run, and whether each was started."""
    rows = cell.rows(
        "select scope, node, started_at is not null from node_executions"
        " where state = 'running' and worker_id = %s",
        cell.worker_id(worker),
    )
    return {(scope, node): started for scope, node, started in rows}


def freeze(
    cell: Cell, worker: Service, *, with_members: bool = False
) -> dict[tuple[str, str], bool]:
    """Stop a worker while it runs nodes, with members of chunks to come if asked; see `running`."""

    def in_act(rows: dict[tuple[str, str], bool]) -> bool:
        return any(rows.values()) and (not with_members or not all(rows.values()))

    def caught() -> dict[tuple[str, str], bool] | None:
        cell.wait(lambda: in_act(running(cell, worker)))
        worker.send(signal.SIGSTOP)
        cell.wait(lambda: cell.is_quiet(worker))
        rows = running(cell, worker)
        if in_act(rows):
            return rows
        worker.send(signal.SIGCONT)
        return None

    found = cell.wait(caught)
    assert found is not None
    return found


def test_a_killed_worker_costs_time_and_nothing_else(cell: Cell, tmp_path: Path) -> None:
    """Rules 8 and 10: what it ran is reclaimed and run by another, charged as a loss alone."""
    run = in_the_midst(cell, "montage", tmp_path)
    cell.workers[0].kill()
    run.check()
    assert set(charges(cell, run.execution_id).values()) <= {(1, 0)}


def is_loop(cell: Cell, execution_id: UUID, ref: tuple[str, str]) -> bool:
    """Return whether a row, given as scope and node, is a loop's."""
    graphs = cell.connections.engine.graphs
    graph = cell.ask(lambda session: graphs.execution(session, execution_id))
    return graph.nodes[ref[1]].is_loop


def test_a_killed_chunk_charges_only_what_was_started(cell: Cell, tmp_path: Path) -> None:
    """Rule 8: members to come are released uncharged, and a loss spends no retry."""
    run = in_the_midst(cell, "cybershake", tmp_path, jobs=FEW_JOBS, max_retries=0)
    victim = cell.workers[0]
    caught = freeze(cell, victim, with_members=True)
    victim.kill()
    run.check()
    started = {ref for ref, was_started in caught.items() if was_started}
    charged = charges(cell, run.execution_id)
    # A loop's turn that ends forgives what was lost before it.
    forgiven = {ref for ref in started - charged.keys() if is_loop(cell, run.execution_id, ref)}
    assert charged == dict.fromkeys(started - forgiven, (1, 0))


def test_a_killed_scheduler_is_missed_only_by_what_is_due(cell: Cell, tmp_path: Path) -> None:
    """All else goes on without it; a timer that came due meanwhile wakes when one is back."""
    run = in_the_midst(cell, "epigenomics", tmp_path, nap=3)
    cell.schedulers[0].kill()
    cell.wait_due(run.execution_id, "nap")
    assert cell.status(run.execution_id) == "RUNNING"
    cell.make_whole()
    run.check()
    check_nothing_charged(cell, run.execution_id)


def test_a_flushed_redis_loses_no_node(cell: Cell, tmp_path: Path) -> None:
    """Rule 9: the epoch has changed, so what was noted as sent is sent again."""
    run = in_the_midst(cell, "ligo", tmp_path)
    with redis.connect(cell.servers.redis_url) as client:
        client.flushall()
    run.check()
    check_nothing_charged(cell, run.execution_id)


def test_a_restarted_redis_loses_no_node(cell: Cell, tmp_path: Path) -> None:
    """Rule 9: workers and scheduler find it again, and it is empty."""
    run = in_the_midst(cell, "genome", tmp_path)
    cell.servers.valkey.restart(immediate=True)
    run.check()
    check_nothing_charged(cell, run.execution_id)


def test_a_crashed_postgres_loses_and_doubles_nothing(cell: Cell, tmp_path: Path) -> None:
    """Rules 7 and 10: commits of unknown outcome are read back, and an outage kills no lease."""
    run = in_the_midst(cell, "montage", tmp_path)
    cell.servers.postgres.restart(immediate=True)
    run.check()
    check_nothing_charged(cell, run.execution_id)


def test_a_worker_that_was_stopped_past_its_lease_changes_nothing(
    cell: Cell, tmp_path: Path
) -> None:
    """Invariant 1: what it settles when it goes on is refused; it lives on under a new id."""
    run = in_the_midst(cell, "cybershake", tmp_path)
    zombie = cell.workers[0]
    caught = freeze(cell, zombie)
    former = cell.worker_id(zombie)
    cell.wait(lambda: cell.worker_id(zombie) is None)
    zombie.send(signal.SIGCONT)
    run.check()
    assert cell.wait(lambda: cell.worker_id(zombie)) != former
    started = {ref for ref, was_started in caught.items() if was_started}
    charged = charges(cell, run.execution_id)
    # A loop's turn that ends forgives what was lost before it.
    forgiven = {ref for ref in started - charged.keys() if is_loop(cell, run.execution_id, ref)}
    assert charged == dict.fromkeys(started - forgiven, (1, 0))


def test_a_worker_that_is_asked_to_stop_drains(cell: Cell, tmp_path: Path) -> None:
    """SIGTERM: it ends or releases what it runs, takes itself off the list, and exits with 0."""
    run = in_the_midst(cell, "genome", tmp_path, jobs=FEW_JOBS)
    leaving = cell.workers[0]
    leaving.send(signal.SIGTERM)
    cell.wait(lambda: leaving.status is not None)
    assert leaving.status == 0
    assert cell.worker_id(leaving) is None
    run.check()
    check_nothing_charged(cell, run.execution_id)
