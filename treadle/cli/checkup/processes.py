"""Workers and planners, by the beats that they write to the ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from treadle.cli.checkup.check import Check, error, fine, warning
from treadle.core.settings import Settings
from treadle.dag.specs.planning import PLANNER_QUEUE
from treadle.ledger.views import processes
from treadle.ledger.views.processes import WorkerRow

#: Beats that a process may be late and still be found alive.
_BEATS_WAITED = 1.5
_PAUSE_SECONDS = 0.05
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Beats:
    """The processes that the ledger knows, and whether they beat."""

    alive: tuple[WorkerRow, ...]
    silent: tuple[WorkerRow, ...]

    @property
    def taking(self) -> list[UUID]:
        """Those that take work: alive, and not stopping."""
        return [each.id for each in self.alive if not each.draining]

    def of_planners(self) -> Beats:
        """Return the planners alone."""
        return Beats(_planners(self.alive), _planners(self.silent))

    def of_workers(self) -> Beats:
        """Return all but the planners."""
        return Beats(
            tuple(each for each in self.alive if not _is_planner(each)),
            tuple(each for each in self.silent if not _is_planner(each)),
        )


def listen(session: psycopg.Connection, settings: Settings) -> Beats:
    """Watch the beats until all known processes have moved theirs, or have had the time to."""
    rows = {row.id: row for row in processes.workers(session)}
    alive: dict[UUID, WorkerRow] = {}
    until = time.monotonic() + settings.heartbeat_seconds * _BEATS_WAITED
    while rows.keys() - alive.keys() and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
        found = processes.workers(session)
        # One that has come since has just registered.
        alive |= {row.id: row for row in found if _has_moved(row, rows.get(row.id))}
    silent = tuple(row for each, row in rows.items() if each not in alive)
    return Beats(tuple(alive.values()), silent)


def workers(beats: Beats, settings: Settings) -> Iterator[Check]:
    """Say how many workers take work; a planner is none."""
    beats = beats.of_workers()
    if beats.taking:
        yield from _well("workers", beats, settings)
    else:
        solution = "Start one: treadle worker."
        if beats.silent:
            solution = f"See whether these are stopped, or their hosts. {solution}"
        yield error("workers", _counted(beats), solution)


def planners(beats: Beats, settings: Settings) -> Iterator[Check]:
    """Say how many planners take prompts; who plans nothing needs none."""
    beats = beats.of_planners()
    if beats.taking:
        yield from _well("planners", beats, settings)
    else:
        solution = "Start one if prompts are to become workflows: treadle planner."
        yield warning("planners", _counted(beats), solution)


def _well(check: str, beats: Beats, settings: Settings) -> Iterator[Check]:
    if not beats.silent:
        yield fine(check, _counted(beats))
        return
    seconds = f"{settings.lease_seconds:g} s"
    yield warning(
        check,
        _counted(beats),
        f"See whether it is stopped, or its host; what it runs goes to others after {seconds}.",
    )


def _counted(beats: Beats) -> str:
    draining = sum(row.draining for row in beats.alive)
    counts = {"stopping": draining, "silent": len(beats.silent)}
    parts = [f"{count} {name}" for name, count in counts.items() if count]
    counted = ", ".join([f"{len(beats.alive) - draining} alive", *parts])
    names = [f"{row.host}/{row.pid}" for row in beats.silent[:_SHOWN]]
    return f"{counted}: {', '.join(names)}" if names else counted


def _has_moved(row: WorkerRow, before: WorkerRow | None) -> bool:
    return before is None or row.beat != before.beat


def _is_planner(row: WorkerRow) -> bool:
    return row.queues == (PLANNER_QUEUE,)


def _planners(rows: Sequence[WorkerRow]) -> tuple[WorkerRow, ...]:
    return tuple(each for each in rows if _is_planner(each))
