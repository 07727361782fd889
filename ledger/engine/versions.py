"""Versions: a workflow's definitions, stored once each and immutable from then on."""

from __future__ import annotations

import hashlib
from uuid import UUID

import psycopg

from treadle.core.ids import new_id
from treadle.dag.model import Workflow
from treadle.ledger.queries import queries

_SQL = queries("versions")


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
