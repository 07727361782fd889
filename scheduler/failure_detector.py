"""The failure detector: a process is dead when its beat stood still for a lease (rule 10).

Its own clock and the database's do not matter: what counts is that this process has itself read the
same beat, on its own monotonic clock and without a failed read in between, for one lease time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import psycopg

from treadle.ledger.engine import schedule
from treadle.ledger.views import processes


class FailureDetector:
    """Watches beats."""

    def __init__(self, *, lease_seconds: float) -> None:
        self._lease_seconds = lease_seconds
        self._seen: dict[UUID, tuple[int, float]] = {}

    def forget(self) -> None:
        """Start to watch anew: a read failed, so nothing is known of the time in between."""
        self._seen.clear()

    def find(self, connection: psycopg.Connection) -> Iterator[tuple[UUID, int | None, set[UUID]]]:
        """Yield processes that are dead or have no row, with their last beat and their executions.

        A dead process that runs nothing any more is taken off the list.
        """
        alive, dead = self._look(connection)
        running = schedule.running(connection)
        for worker, executions in running.items():
            if worker not in alive:
                yield worker, dead.get(worker), executions
        for worker in dead.keys() - running.keys():
            processes.unregister_dead(connection, worker, beat=dead[worker])

    def _look(self, connection: psycopg.Connection) -> tuple[set[UUID], dict[UUID, int]]:
        now = time.monotonic()
        seen: dict[UUID, tuple[int, float]] = {}
        alive, dead = set(), {}
        for row in processes.workers(connection):
            beat, since = self._seen.get(row.id, (row.beat, now))
            if beat != row.beat:
                beat, since = row.beat, now
            seen[row.id] = (beat, since)
            if now - since < self._lease_seconds:
                alive.add(row.id)
            else:
                dead[row.id] = beat
        self._seen = seen
        return alive, dead
