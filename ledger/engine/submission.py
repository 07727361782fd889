"""Submission: workflow versions start to run, acknowledged after the commit (invariant 9).

A small execution costs little more than its transaction, so those that are asked for at one time
are created in one, each with its own answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.core.postgres import LOST, pipelined_transaction
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.publish import publish
from treadle.dag.scopes import ROOT
from treadle.dag.specs.triggers import MANUAL
from treadle.dag.states import NodeState
from treadle.dag.values import Value, dumps, payload
from treadle.ledger.engine.arrivals import Arrivals
from treadle.ledger.engine.endings import end_finished
from treadle.ledger.engine.graphs import Graphs
from treadle.ledger.engine.idempotency import Key, reserve
from treadle.ledger.engine.rows import DispatchQueue, LockedExecution, NewExecution, PostCommit, Ref
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.engine.versions import store_version
from treadle.wire.events import EventType

_TRIGGERS = (
    "execution_id", "node", "queue", "priority", "state", "output_key", "output",
)  # fmt: skip

#: Priorities run from 0 (first) to 9; a submission that names none takes the middle.
DEFAULT_PRIORITY = 5
#: Who owns what is submitted without an account.
LOCAL_OWNER = "local"


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
    fingerprint: bytes | None = None
    """What makes it the same request when its key comes again: a hash of what was asked. Unset,
    that it means the same definition, input and trigger."""
    trigger_type: str = "MANUAL"
    external_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission came to."""

    execution_id: UUID
    repeated: bool = False
    """The idempotency key was known: this is the execution of the first time."""
    post_commit: PostCommit = field(default_factory=PostCommit)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A submission, and what can be worked out of it before the transaction."""

    request: Submission
    execution_id: UUID
    trigger: str
    entry: bytes
    definition: bytes

    @property
    def digest(self) -> bytes:
        """What makes it the same request, when its key comes again."""
        if self.request.fingerprint is not None:
            return self.request.fingerprint
        parts = (self.definition, self.entry, self.trigger.encode())
        return hashlib.sha256(b"\0".join(parts)).digest()

    @property
    def version_digest(self) -> bytes:
        return hashlib.sha256(b"\0".join((self.request.owner.encode(), self.definition))).digest()


def submit(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, request: Submission
) -> Submitted:
    """Create an execution in one transaction: its version, its triggers' rows, what is ready first.

    Raises:
        IdempotencyConflict: the key belongs to a different request.
        NoSuchTrigger: the trigger cannot be told.
        NotAValue: the input is larger than a payload may be.
    """
    (answer,) = submit_all(connection, graphs, queue, [request])
    if isinstance(answer, Exception):
        raise answer
    return answer


def submit_all(
    connection: psycopg.Connection,
    graphs: Graphs,
    queue: DispatchQueue,
    requests: Sequence[Submission],
) -> list[Submitted | Exception]:
    """Create the executions of several submissions in one transaction, as `submit` does each.

    Returns:
        What each came to, or the error that refuses this one; it does no harm to the others.

    Raises:
        psycopg.Error: the database cannot be reached, or refuses to go on for now; see
            `core.postgres.LOST`.
    """
    answers: dict[int, Submitted | Exception] = {}
    drafts: dict[int, _Draft] = {}
    definitions: dict[int, bytes] = {}  # the same workflow is mostly submitted many times
    for index, request in enumerate(requests):
        try:
            drafts[index] = _drafted(request, definitions)
        except TreadleError as error:
            answers[index] = error
    if drafts:
        answers |= _create_or_halve(connection, graphs, queue, drafts)
    return [answers[index] for index in range(len(requests))]


def _drafted(request: Submission, definitions: dict[int, bytes]) -> _Draft:
    trigger = fired_trigger(request)
    entry = payload(request.input)
    workflow = request.workflow
    if id(workflow) not in definitions:
        definitions[id(workflow)] = dumps(publish(workflow))
    return _Draft(request, new_id(), trigger, entry, definitions[id(workflow)])


def _create_or_halve(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, drafts: dict[int, _Draft]
) -> dict[int, Submitted | Exception]:
    """Create executions; those that the database refuses are found, and the others go through."""
    try:
        return _create(connection, graphs, queue, drafts)
    except LOST:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one is that one's answer
        if len(drafts) == 1:
            return dict.fromkeys(drafts, error)
    each, middle = list(drafts.items()), len(drafts) // 2
    return {
        **_create_or_halve(connection, graphs, queue, dict(each[:middle])),
        **_create_or_halve(connection, graphs, queue, dict(each[middle:])),
    }


def _create(
    connection: psycopg.Connection, graphs: Graphs, queue: DispatchQueue, drafts: dict[int, _Draft]
) -> dict[int, Submitted | Exception]:
    with pipelined_transaction(connection):
        known = reserve(connection, _keys(drafts.values()))
        new = [each for each in drafts.values() if each.execution_id not in known]
        versions = _versions(connection, graphs, new)
        unit = _begin(connection, queue, new, versions)
    unit.committed()
    for each in new:
        graphs.stored_as(each.version_digest, versions[each.version_digest], each.request.graph)
    answers: dict[UUID, Submitted | Exception] = {
        each.execution_id: _submitted(unit, i, each.execution_id) for i, each in enumerate(new)
    }
    for execution_id, holder in known.items():
        answers[execution_id] = (
            Submitted(holder, repeated=True) if isinstance(holder, UUID) else holder
        )
    return {index: answers[each.execution_id] for index, each in drafts.items()}


def _keys(drafts: Iterable[_Draft]) -> list[Key]:
    return [
        Key(each.request.owner, "submission", key, each.digest, each.execution_id)
        for each in drafts
        if (key := each.request.idempotency_key) is not None
    ]


def _versions(
    connection: psycopg.Connection, graphs: Graphs, drafts: Iterable[_Draft]
) -> dict[bytes, UUID]:
    """Return the versions that drafts run, by `_Draft.version_digest`."""
    found: dict[bytes, UUID] = {}
    # Two transactions that store workflows in other orders would deadlock.
    for each in sorted(
        drafts, key=lambda each: (each.request.owner, each.request.workflow.metadata.id)
    ):
        digest, request = each.version_digest, each.request
        if digest not in found:
            found[digest] = graphs.stored(digest) or store_version(
                connection, request.owner, request.workflow, each.definition
            )
    return found


def fired_trigger(request: Submission) -> str:
    """Return the trigger that fires: the named one, else the MANUAL one, else the only one."""
    triggers = request.graph.triggers
    if request.trigger is not None:
        if request.trigger not in triggers:
            raise NoSuchTrigger(
                f"The workflow has no trigger {request.trigger!r}.", triggers=list(triggers)
            )
        return request.trigger
    manual = [t for t in triggers if request.graph.nodes[t].spec is MANUAL]
    candidates = manual or list(triggers)
    if len(candidates) != 1:
        raise NoSuchTrigger("The workflow has several triggers.", triggers=list(triggers))
    return candidates[0]


def _begin(
    connection: psycopg.Connection,
    queue: DispatchQueue,
    drafts: Sequence[_Draft],
    versions: Mapping[bytes, UUID],
) -> UnitOfWork:
    """Write executions that begin, as far as their triggers lead."""
    locked = [LockedExecution.begun(_new(each, versions[each.version_digest])) for each in drafts]
    unit = UnitOfWork(connection, locked, queue=queue, budgets=[None] * len(locked))
    if locked:
        arrivals = Arrivals(unit)
        _settle_triggers(unit, arrivals, drafts)
        arrivals.write()
        end_finished(unit)
        unit.save()
    return unit


def _new(draft: _Draft, version_id: UUID) -> NewExecution:
    request = draft.request
    info = {
        "trigger_type": request.trigger_type,
        "user_id": request.owner,
        "external_request_id": request.external_request_id,
    }
    return NewExecution(
        id=draft.execution_id,
        version_id=version_id,
        graph=request.graph,
        owner=request.owner,
        trigger=draft.trigger,
        trigger_info=info,
        priority=request.priority,
        deadline=request.deadline,
    )


def _settle_triggers(unit: UnitOfWork, arrivals: Arrivals, drafts: Sequence[_Draft]) -> None:
    """Settle every trigger as its execution begins: one fired it, the others are dead paths."""
    rows: list[tuple[Any, ...]] = []
    for cause, draft in enumerate(drafts):
        locked = unit.locked[draft.execution_id]
        unit.event(locked, EventType.EXECUTION_STARTED, trigger_id=draft.trigger)
        for trigger in locked.graph.triggers:
            queue = locked.graph.nodes[trigger].queue
            ref = Ref(locked.id, ROOT, trigger)
            at = (locked.id, trigger, queue, locked.priority)
            if trigger == draft.trigger:
                rows.append((*at, NodeState.COMPLETED, "result", draft.entry))
                unit.event(
                    locked,
                    EventType.NODE_COMPLETED,
                    node_id=trigger,
                    scope=ROOT,
                    output_key="result",
                )
                arrivals.leave(ref, "result", cause=cause)
            else:
                rows.append((*at, NodeState.SKIPPED, None, None))
                unit.event(
                    locked, EventType.NODE_SKIPPED, node_id=trigger, scope=ROOT, reason="not_fired"
                )
                arrivals.leave(ref, None, cause=cause)
    unit.run_rows("add_triggers", _TRIGGERS, rows)


def _submitted(unit: UnitOfWork, index: int, execution_id: UUID) -> Submitted:
    """Return what one of the executions leaves to its caller."""
    return Submitted(
        execution_id,
        post_commit=PostCommit(
            noted=unit.post_commit[index].noted,
            ended={each: status for each, status in unit.ended.items() if each == execution_id},
            touched={execution_id: unit.touched[execution_id]},
        ),
    )
