"""Workflow versions: stored once each and immutable; compiled once, and kept by the process."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TypeVar
from uuid import UUID

import psycopg
from pydantic import ValidationError

from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.dag.graph import CompiledGraph, compile_graph, unread_graph
from treadle.dag.model import Workflow
from treadle.dag.values import loads
from treadle.ledger.engine.row_errors import (
    ReleaseDiffers,
    RowNotUnderstood,
    first_line,
    understanding,
)
from treadle.ledger.queries import queries

_SQL = queries("versions")
_K = TypeVar("_K")
_V = TypeVar("_V")

#: Graphs kept; one of 10,000 nodes is about 50 MB, most are a few KB.
_GRAPHS_KEPT = 200
#: Executions whose version is remembered.
_EXECUTIONS_KEPT = 50_000


class Graphs:
    """Finds the graph of a version or an execution; safe for threads."""

    def __init__(self, adapt: Callable[[CompiledGraph], CompiledGraph] | None = None) -> None:
        """`adapt` makes of a compiled graph the one that this process knows more of."""
        self._adapt = adapt or (lambda graph: graph)
        self._graphs: OrderedDict[UUID, CompiledGraph] = OrderedDict()
        self._versions: OrderedDict[UUID, UUID] = OrderedDict()
        self._digests: OrderedDict[bytes, UUID] = OrderedDict()
        self._lock = Lock()

    def remember(self, version_id: UUID, graph: CompiledGraph) -> CompiledGraph:
        """Keep a graph that the caller has compiled; return it as this process uses it."""
        adapted = self._adapt(graph)
        with self._lock:
            _keep(self._graphs, version_id, adapted, _GRAPHS_KEPT)
        return adapted

    def stored(self, digest: bytes) -> UUID | None:
        """Return the version that this process has stored under a digest, if it knows one."""
        with self._lock:
            return self._digests.get(digest)

    def stored_as(self, digest: bytes, version_id: UUID, graph: CompiledGraph) -> None:
        """Keep a version whose transaction has committed, and its graph."""
        with self._lock:
            _keep(self._digests, digest, version_id, _GRAPHS_KEPT)
        self.remember(version_id, graph)

    def version(self, connection: psycopg.Connection, version_id: UUID) -> CompiledGraph:
        """Return the graph of a stored version.

        Raises:
            RowNotUnderstood: `row_not_understood`: there is none, or it does not compile.
            ReleaseDiffers: `release_differs`: it compiles in the release that stored it, not here.
        """
        with self._lock:
            graph = self._graphs.get(version_id)
            if graph is not None:
                self._graphs.move_to_end(version_id)
                return graph
        row = connection.execute(_SQL["definition"], {"id": version_id}).fetchone()
        with understanding("The definition of its version", version_id=str(version_id)):
            if row is None:
                raise LookupError("it is missing")
            graph = _compiled(version_id, definition=row[0], is_as_stored=row[1])
        return self.remember(version_id, graph)

    def shown(
        self, connection: psycopg.Connection, version_id: UUID, workflow_id: str
    ) -> CompiledGraph:
        """Return the graph of a version for showing: one without nodes if it cannot be read."""
        try:
            return self.version(connection, version_id)
        except RowNotUnderstood:
            return unread_graph(workflow_id)

    def execution_shown(self, connection: psycopg.Connection, execution_id: UUID) -> CompiledGraph:
        """Return the graph of an execution for showing, as `shown` does."""
        try:
            return self.execution(connection, execution_id)
        except RowNotUnderstood:
            return unread_graph("")

    def knows(self, version_id: UUID) -> bool:
        """Return whether a version's graph is at hand."""
        with self._lock:
            return version_id in self._graphs

    def execution(self, connection: psycopg.Connection, execution_id: UUID) -> CompiledGraph:
        """Return the graph that an execution runs."""
        self.prepare(connection, [execution_id])
        with self._lock:
            version_id = self._versions[execution_id]
        return self.version(connection, version_id)

    def prepare(self, connection: psycopg.Connection, executions: Iterable[UUID]) -> None:
        """Load the graphs of executions, so that nothing is compiled while a row is locked."""
        with self._lock:
            missing = [each for each in executions if each not in self._versions]
        if missing:
            rows = connection.execute(_SQL["versions_of"], {"ids": missing}).fetchall()
            with self._lock:
                for execution_id, version_id in rows:
                    _keep(self._versions, execution_id, version_id, _EXECUTIONS_KEPT)
            for version_id in {row[1] for row in rows}:
                self.version(connection, version_id)


def _compiled(version_id: UUID, *, definition: bytes, is_as_stored: bool) -> CompiledGraph:
    try:
        return compile_graph(Workflow.model_validate(loads(definition)))
    except (TreadleError, ValidationError) as error:
        if not is_as_stored:
            raise
        # Whoever stored it had compiled it.
        raise ReleaseDiffers(
            f"This release cannot compile what another stored: {first_line(error)}",
            version_id=str(version_id),
        ) from error


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > limit:
        kept.popitem(last=False)


def store_version(
    connection: psycopg.Connection, owner: str, workflow: Workflow, definition: bytes
) -> UUID:
    """Return the id of the version with this definition, storing it if it is new."""
    digest = hashlib.sha256(definition).digest()
    key = {"owner": owner, "workflow_id": workflow.metadata.id, "digest": digest}
    known = _SQL["version_with_digest"]
    row = connection.execute(known, key).fetchone()
    if row is None:
        connection.execute(_SQL["lock_workflow"], {**key, "name": workflow.metadata.name})
        row = connection.execute(known, key).fetchone()
    if row is not None:
        return UUID(str(row[0]))
    number = connection.execute(_SQL["next_version"], key).fetchone()
    assert number is not None  # the row is ours since `lock_workflow`
    version_id = new_id()
    connection.execute(
        _SQL["add_version"],
        {**key, "id": version_id, "version": number[0], "definition": definition},
    )
    return version_id
