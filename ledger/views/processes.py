"""Worker processes as the ledger knows them: registered, beating, gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from treadle.ledger.engine.leases import Ref
from treadle.ledger.queries import queries

_SQL = queries("workers")


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker process."""

    id: UUID
    host: str
    pid: int
    queues: tuple[str, ...]
    beat: int
    draining: bool


@dataclass(frozen=True, slots=True)
class Suspect:
    """A node that has lost workers."""

    ref: Ref
    lost_count: int
    total: int
    """How many such nodes there are."""


def register(  # noqa: PLR0913 - each is a column
    connection: psycopg.Connection,
    worker_id: UUID,
    *,
    host: str,
    pid: int,
    queues: Collection[str],
    max_retries: Mapping[str, int] | None = None,
    task_inputs: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Make a process known. Its id is fresh each time: a process is never taken up again.

    Args:
        max_retries: by queue, where what the process runs allows fewer than a node may.
        task_inputs: by queue, the keys of an input that its task reads; without it any key.
    """
    connection.execute(
        _SQL["register"],
        {
            "id": worker_id,
            "host": host,
            "pid": pid,
            "queues": sorted(queues),
            "max_retries": Jsonb(dict(max_retries or {})),
            "task_inputs": Jsonb({q: sorted(keys) for q, keys in (task_inputs or {}).items()}),
        },
    )


def beat(
    connection: psycopg.Connection, worker_id: UUID, *, draining: bool
) -> dict[UUID, Ref] | None:
    """Beat once; return the leases the ledger has this process run, `None` if it has no row."""
    cursor: Any = connection.cursor(row_factory=namedtuple_row)
    rows = cursor.execute(_SQL["beat"], {"id": worker_id, "draining": draining}).fetchall()
    if not rows:
        return None
    return {
        row.lease_id: Ref(row.execution_id, row.scope, row.node)
        for row in rows
        if row.lease_id is not None
    }


def unregister_dead(connection: psycopg.Connection, worker_id: UUID, *, beat: int) -> None:
    """Take a process off the list that has stood still at `beat`, unless it has moved since."""
    connection.execute(_SQL["unregister_dead"], {"id": worker_id, "beat": beat})


def unregister(connection: psycopg.Connection, worker_id: UUID) -> None:
    """Take a process off the list: it runs nothing any more."""
    connection.execute(_SQL["unregister"], {"id": worker_id})


def workers(connection: psycopg.Connection) -> list[WorkerRow]:
    """Return the processes that are known, oldest first."""
    cursor: Any = connection.cursor(row_factory=namedtuple_row)
    rows = cursor.execute(_SQL["workers"]).fetchall()
    return [
        WorkerRow(row.id, row.host, row.pid, tuple(row.queues), row.beat, row.draining)
        for row in rows
    ]


def task_inputs(
    connection: psycopg.Connection, queues: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return which keys of an input the tasks of some queues read, where that is known for sure.

    It is if all processes that take the queue, and do not stop, say the same.
    """
    rows = connection.execute(_SQL["task_inputs"], {"queues": list(queues)}).fetchall()
    return {queue: frozenset(keys) for queue, keys in rows if keys is not None}


def unserved(
    connection: psycopg.Connection, *, among: Collection[UUID] | None = None
) -> dict[str, int]:
    """Return the queues with ready rows that no worker takes, and how many each has.

    Args:
        among: the processes that count; all that are known and do not drain if `None`.
    """
    parameters = {"among": None if among is None else list(among)}
    return dict(connection.execute(_SQL["unserved"], parameters).fetchall())


def unserved_nodes(
    connection: psycopg.Connection, execution_id: UUID, *, limit: int
) -> list[tuple[str, str]]:
    """Return the ready nodes of an execution that no worker takes, each with its queue."""
    parameters = {"id": execution_id, "limit": limit}
    return connection.execute(_SQL["unserved_nodes"], parameters).fetchall()


def suspects(connection: psycopg.Connection, *, losses: int, limit: int) -> list[Suspect]:
    """Return open nodes that have lost so many workers since their last outcome."""
    cursor: Any = connection.cursor(row_factory=namedtuple_row)
    rows = cursor.execute(_SQL["suspects"], {"losses": losses, "limit": limit}).fetchall()
    return [
        Suspect(Ref(row.execution_id, row.scope, row.node), row.lost_count, row.total)
        for row in rows
    ]
