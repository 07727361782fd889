"""Settled outputs, read from the ledger once: what is settled never changes.

A process mostly reads what it has just written, or reads one source for many targets, so a bounded
cache saves most look-ups.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from treadle.core.postgres import LOST
from treadle.dag.graph import CompiledGraph
from treadle.dag.values import Value, dumps
from treadle.ledger.engine.leases import Ref
from treadle.ledger.views import executions, iterations, paging
from treadle.ledger.views.executions import Settled
from treadle.ledger.views.iterations import Iteration

#: Bytes of memory kept.
_KEPT_BYTES = 64 * 2**20
#: Seconds between two tries to reach the database.
_RECONNECT_SECONDS = 0.25
#: What an entry costs beside its value, and what each byte of JSON costs as values: small ones take
#: most, a long text takes no more than itself.
_ENTRY_BYTES, _VALUE_BYTES = 900, 12

_T = TypeVar("_T")

_log = structlog.get_logger()


class Records:
    """Reads outputs and loops' entries; safe for threads."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection]) -> None:
        self._pool = pool
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def keep(self, ref: Ref, settled: Settled) -> None:
        """Remember what this process settled itself."""
        self._put(ref, settled, settled.size)

    def settled(self, refs: Iterable[Ref]) -> dict[Ref, Settled]:
        """Return those of `refs` that are settled."""
        found: dict[Ref, Settled] = {}
        missing = []
        for ref in refs:
            known = self._get(ref)
            if known is None:
                missing.append(ref)
            else:
                found[ref] = known
        if missing:
            read = self._read(lambda connection: executions.outputs(connection, missing))
            for ref, settled in read.items():
                self._put(ref, settled, settled.size)
            found.update(read)
        return found

    def settled_by_then(self, refs: Collection[Ref], other: Ref) -> frozenset[Ref]:
        """Return those of `refs` that had settled when `other` did."""
        if not refs:
            return frozenset()
        return self._read(lambda to: executions.settled_by_then(to, refs, other))

    def loop_items(self, loop: Ref) -> Value:
        """Return what a loop goes over; see `ledger.views.iterations.loop_items`."""
        key = ("items", loop)
        known = self._get(key)
        if known is None:
            known = (self._read(lambda connection: iterations.loop_items(connection, loop)),)
            self._put(key, known, len(dumps(known[0])))
        return known[0]

    def iterations(self, graph: CompiledGraph, loop: Ref, ordinals: range) -> list[Iteration]:
        """Return a page of a loop's scopes; see `ledger.views.iterations.iterations`."""
        return self._read(lambda to: iterations.iterations(to, graph, loop, ordinals))

    def loop_count(self, loop: Ref, lease_id: UUID) -> int | None:
        """Return how many scopes a settled loop had; see `ledger.views.iterations.loop_count`."""
        return self._read(lambda to: iterations.loop_count(to, loop, lease_id))

    def owner(self, execution_id: UUID) -> str:
        """Return whose an execution is."""
        key = ("owner", execution_id)
        known: str | None = self._get(key)
        if known is None:
            known = self._read(lambda connection: paging.owner(connection, execution_id))
            assert known is not None  # a row of it was claimed
            self._put(key, known, len(known))
        return known

    def pool_stats(self) -> dict[str, int]:
        """Return what the pool of sessions tells of its use."""
        return self._pool.get_stats()

    def _read(self, read: Callable[[psycopg.Connection], _T]) -> _T:
        """Read from the ledger; an outage is waited out, because it is no failure of a node."""
        while True:
            try:
                with self._pool.connection() as connection:
                    return read(connection)
            except LOST as error:
                _log.warning("database.missed", error=str(error))
                time.sleep(_RECONNECT_SECONDS)

    def _get(self, key: Hashable) -> Any:
        with self._lock:
            entry = self._kept.get(key)
            if entry is None:
                return None
            self._kept.move_to_end(key)
            return entry[0]

    def _put(self, key: Hashable, value: Any, size: int) -> None:
        size = _ENTRY_BYTES + _VALUE_BYTES * size
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = (value, size)
            self._bytes += size
            while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][1]
