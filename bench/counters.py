"""What a run costs, as the database and the kernel count it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Transactions that wrote have an id of their own; readers have none. So ids count commits exactly,
# while the statistics of busy backends are up to ten seconds late.
_LEDGER = """
select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as commits,
       (pg_current_wal_insert_lsn() - '0/0')::bigint as wal_bytes
"""
_STATEMENTS = """
select xact_commit + xact_rollback from pg_stat_database where datname = current_database()
"""


@dataclass(frozen=True)
class Counts:
    """Readings of counters that only increase."""

    commits: int
    wal_bytes: int

    def since(self, earlier: Counts) -> Counts:
        return Counts(self.commits - earlier.commits, self.wal_bytes - earlier.wal_bytes)


def read(session: psycopg.Connection) -> Counts:
    """Read the ledger's counters."""
    return Counts(*_one(session, _LEDGER))


def statements(session: psycopg.Connection) -> int:
    """Return the transactions so far, including readers'; up to ten seconds late."""
    return int(_one(session, _STATEMENTS)[0])


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes below `pid`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    left = [pid]
    while left:
        below = children.get(left.pop(), [])
        yield from below
        left.extend(below)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that processes, and the children they have waited for, used so far."""
    stats = [stat for pid in pids if (stat := _stat(pid))]
    return sum(int(ticks) for stat in stats for ticks in stat[11:15]) / _TICKS


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def _stat(pid: int) -> list[str]:
    """Return `/proc/PID/stat` from the state on; nothing for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _one(session: psycopg.Connection, query: Any) -> tuple[Any, ...]:
    row = session.execute(query).fetchone()
    assert row is not None
    return row
