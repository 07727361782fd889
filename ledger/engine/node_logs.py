"""What tasks print and log, added to the lines of their executions.

Lines are numbered through their execution under its lock, from 1 without a gap. They change no
state: an attempt whose lease is lost has still said what it said, under its own number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.queries import columns, queries

#: Bytes of lines that one execution keeps.
ROOM_BYTES = 64 * 2**20

_ADD = queries("node_logs")["add"]


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Some lines of one attempt, in order."""

    ref: Ref
    attempt: int
    count: int
    body: bytes
    """The lines as a JSON list, each `[timestamp, stream, level, logger, text]`."""


class _Row(NamedTuple):
    execution_id: UUID
    scope: str
    node: str
    attempt: int
    lines: int
    body: bytes
    lines_before: int
    bytes_before: int


def add_lines(unit: UnitOfWork, said: Sequence[LogBatch]) -> None:
    """Add lines of attempts, those of one execution in the order in which they are given."""
    if not said:
        return
    before: defaultdict[UUID, tuple[int, int]] = defaultdict(lambda: (0, 0))
    rows = []
    for each in said:
        lines, size = before[each.ref.execution_id]
        rows.append(_Row(*each.ref, each.attempt, each.count, each.body, lines, size))
        before[each.ref.execution_id] = lines + each.count, size + len(each.body)
    unit.connection.execute(
        _ADD, {**columns(_ADD, _Row._fields, rows), "room_bytes": ROOM_BYTES}, prepare=True
    )
