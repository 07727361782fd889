"""Lines of an execution's tasks, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from treadle.dag.log_streams import LogStream
from treadle.dag.values import loads
from treadle.ledger.queries import fetching
from treadle.wire.logs import LogLine, LogLines
from treadle.wire.objects import unchecked

_fetch = fetching("node_logs")
_line = unchecked(LogLine)
_lines = unchecked(LogLines)

#: Rows that are read at one time; one holds at most what an attempt may say.
_ROWS = 200


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of an execution; what is `None` narrows nothing down."""

    execution_id: UUID
    node: str | None = None
    scope: str | None = None
    attempt: int | None = None


def lines(
    connection: psycopg.Connection, wanted: Lines, *, after: int = 0, limit: int = 1_000
) -> LogLines:
    """Return lines after one, in order; fewer than `limit` only where there are no more."""
    found: list[LogLine] = []
    left_out, reached = 0, after
    while len(found) < limit:
        rows = _fetch(
            connection,
            "lines",
            id=wanted.execution_id,
            node=wanted.node,
            scope=wanted.scope,
            attempt=wanted.attempt,
            after=reached,
            rows=_ROWS,
        )
        for row in rows:
            found += _lines_in(row, after)
            reached, left_out = row.seq + row.count - 1, row.left_out
            if len(found) >= limit:
                break
        if len(rows) < _ROWS:
            break
    if len(found) > limit:
        left_out = 0
    shown = found[:limit]
    return _lines(lines=shown, after=shown[-1].seq if shown else after, left_out=left_out)


def logged_nodes(connection: psycopg.Connection, execution_id: UUID) -> dict[str, int]:
    """Return how many lines there are of each node that has some."""
    rows = _fetch(connection, "logged_nodes", id=execution_id)
    return {row.node: row.lines for row in rows}


def _lines_in(row: Any, after: int) -> list[LogLine]:
    return [
        _line(
            seq=seq,
            timestamp=at,
            node_id=row.node,
            scope=row.scope,
            attempt=row.attempt,
            stream=LogStream(stream),
            level=level,
            logger=logger,
            text=text,
        )
        for seq, (at, stream, level, logger, text) in enumerate(loads(row.body), start=row.seq)
        if seq > after
    ]
