"""Submission: a workflow version starts to run, acknowledged after its commit (invariant 9)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from core.errors import TreadleError
from core.ids import new_id
from core.postgres import pipelined_transaction
from dag.graph import CompiledGraph
from dag.model import Workflow
from dag.publish import publish
from dag.scopes import ROOT
from dag.states import ExecutionStatus, NodeState
from dag.values import Value, dumps, payload
from ledger.arrivals import Arrivals
from ledger.endings import end_finished
from ledger.graphs import Graphs
from ledger.queries import queries
from ledger.queues import queue_of
from ledger.rows import Belt, Followed, Held, Ref
from ledger.unit import Unit

_VERSIONS = queries("versions")
_SQL = queries("submission")

#: Priorities run from 0 (first) to 9; a submission that names none takes the middle.
DEFAULT_PRIORITY = 5
#: Who owns what is submitted without an account.
LOCAL_OWNER = "local"


class IdempotencyConflict(TreadleError):
    """An idempotency key came again with another request."""

    reason: ClassVar[str] = "idempotency_conflict"
    solution: ClassVar[str] = "Use a new key for a new request; repeat a key only unchanged."


class NoSuchTrigger(TreadleError):
    """The submission names no trigger that the workflow has, or must name one and does not."""

    reason: ClassVar[str] = "trigger_not_found"
    solution: ClassVar[str] = "Name one of the workflow's triggers with `trigger`."


@dataclass(frozen=True, slots=True)
class Submission:
    """A request to run a workflow once."""

    workflow: Workflow
    graph: CompiledGraph
    input: Value = field(default_factory=dict)
    owner: str = LOCAL_OWNER
    trigger: str | None = None
    priority: int = DEFAULT_PRIORITY
    deadline: timedelta | None = None
    idempotency_key: str | None = None
    trigger_type: str = "MANUAL"
    external_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewExecution:
    """An execution that is about to come into being."""

    id: UUID
    version_id: UUID
    graph: CompiledGraph
    owner: str
    trigger: str
    """The trigger that fires."""
    trigger_info: dict[str, Any]
    priority: int
    deadline: timedelta | None
    retry_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission came to."""

    execution_id: UUID
    repeated: bool = False
    """The idempotency key was known: this is the execution of the first time."""
    followed: Followed = field(default_factory=Followed)


def submit(
    connection: psycopg.Connection, graphs: Graphs, belt: Belt, request: Submission
) -> Submitted:
    """Create an execution in one transaction: its version, its triggers' rows, what is ready first.

    Raises:
        IdempotencyConflict: the key belongs to a different request.
        NoSuchTrigger: the trigger cannot be told.
        NotAValue: the input is larger than a payload may be.
    """
    trigger = fired_trigger(request)
    entry = payload(request.input)
    definition = dumps(publish(request.workflow))
    digest = hashlib.sha256(b"\0".join((definition, entry, trigger.encode()))).digest()
    version_digest = hashlib.sha256(b"\0".join((request.owner.encode(), definition))).digest()
    version_id = graphs.stored(version_digest)
    execution_id = new_id()
    with pipelined_transaction(connection):
        known = _reserve(connection, request, digest, execution_id)
        if known is not None:
            return Submitted(known, repeated=True)
        if version_id is None:
            version_id = store_version(connection, request.owner, request.workflow, definition)
        info = {
            "trigger_type": request.trigger_type,
            "user_id": request.owner,
            "external_request_id": request.external_request_id,
        }
        held = create_execution(
            connection,
            NewExecution(
                id=execution_id,
                version_id=version_id,
                graph=request.graph,
                owner=request.owner,
                trigger=trigger,
                trigger_info=info,
                priority=request.priority,
                deadline=request.deadline,
            ),
        )
        unit = Unit(connection, [held], belt=belt)
        arrivals = Arrivals(unit)
        _settle_triggers(unit, arrivals, held, trigger, entry)
        arrivals.write()
        end_finished(unit)
        unit.save()
    graphs.stored_as(version_digest, version_id, request.graph)
    return Submitted(execution_id, followed=unit.committed())


def fired_trigger(request: Submission) -> str:
    """Return the trigger that fires: the named one, else the MANUAL one, else the only one."""
    triggers = request.graph.triggers
    if request.trigger is not None:
        if request.trigger not in triggers:
            raise NoSuchTrigger(
                f"The workflow has no trigger {request.trigger!r}.", triggers=list(triggers)
            )
        return request.trigger
    manual = [t for t in triggers if request.graph.nodes[t].spec.key == "TRIGGER.MANUAL"]
    candidates = manual or list(triggers)
    if len(candidates) != 1:
        raise NoSuchTrigger("The workflow has several triggers.", triggers=list(triggers))
    return candidates[0]


def store_version(
    connection: psycopg.Connection, owner: str, workflow: Workflow, definition: bytes
) -> UUID:
    """Return the id of the version with this definition, storing it if it is new."""
    digest = hashlib.sha256(definition).digest()
    key = {"owner": owner, "workflow_id": workflow.metadata.id, "digest": digest}
    known = _VERSIONS["version_with_digest"]
    row = connection.execute(known, key).fetchone()
    if row is None:
        connection.execute(_VERSIONS["lock_workflow"], {**key, "name": workflow.metadata.name})
        row = connection.execute(known, key).fetchone()
    if row is not None:
        return UUID(str(row[0]))
    number = connection.execute(_VERSIONS["next_version"], key).fetchone()
    assert number is not None  # the row is ours since `lock_workflow`
    version_id = new_id()
    connection.execute(
        _VERSIONS["add_version"],
        {**key, "id": version_id, "version": number[0], "definition": definition},
    )
    return version_id


def create_execution(connection: psycopg.Connection, new: NewExecution) -> Held:
    """Insert an execution's row and return it held: nobody else can see it before the commit."""
    node_count = len(new.graph.nodes) - sum(len(body) for body in new.graph.bodies.values())
    connection.execute(
        _SQL["add_execution"],
        {
            "id": new.id,
            "version_id": new.version_id,
            "owner": new.owner,
            "workflow_id": new.graph.workflow.metadata.id,
            "status": ExecutionStatus.RUNNING,
            "trigger_node": new.trigger,
            "trigger_info": dumps(new.trigger_info),
            "priority": new.priority,
            "node_count": node_count,
            "deadline_seconds": new.deadline.total_seconds() if new.deadline else None,
            "retry_of": new.retry_of,
        },
    )
    return Held(
        id=new.id,
        version_id=new.version_id,
        graph=new.graph,
        status=ExecutionStatus.RUNNING,
        outstanding=0,
        next_seq=1,
        node_count=node_count,
        priority=new.priority,
        paused=False,
        failure=None,
        questions=0,
        now=datetime.now(UTC),
    )


def _reserve(
    connection: psycopg.Connection, request: Submission, digest: bytes, execution_id: UUID
) -> UUID | None:
    """Take the idempotency key; return the execution that holds it already, if any."""
    if request.idempotency_key is None:
        return None
    key = {"owner": request.owner, "kind": "submission", "key": request.idempotency_key}
    taken = connection.execute(
        _SQL["reserve_key"], {**key, "digest": digest, "execution_id": execution_id}
    ).fetchone()
    if taken is not None:
        return None
    row = connection.execute(_SQL["reserved_key"], key).fetchone()
    assert row is not None  # the insert met it, and keys outlive their executions
    if bytes(row[0]) != digest:
        raise IdempotencyConflict(
            "The idempotency key was used for a different submission.",
            idempotency_key=request.idempotency_key,
            execution_id=str(row[1]),
        )
    return UUID(str(row[1]))


def _settle_triggers(unit: Unit, arrivals: Arrivals, held: Held, fired: str, entry: bytes) -> None:
    """Settle every trigger as the execution begins: one fired it, the others are dead paths."""
    unit.event(held, "execution_started", trigger_id=fired)
    for trigger in held.graph.triggers:
        is_fired = trigger == fired
        unit.connection.execute(
            _SQL["add_trigger"],
            {
                "execution_id": held.id,
                "node": trigger,
                "state": NodeState.COMPLETED if is_fired else NodeState.SKIPPED,
                "queue": queue_of(held.graph.nodes[trigger]),
                "priority": held.priority,
                "output_key": "result" if is_fired else None,
                "output": entry if is_fired else None,
            },
        )
        ref = Ref(held.id, ROOT, trigger)
        if is_fired:
            unit.event(held, "node_completed", node_id=trigger, scope=ROOT, output_key="result")
            arrivals.leave(ref, "result", cause=-1)
        else:
            unit.event(held, "node_skipped", node_id=trigger, scope=ROOT, reason="not_fired")
            arrivals.leave(ref, None, cause=-1)
