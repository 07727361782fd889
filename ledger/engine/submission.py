"""Submission: workflow versions start to run, acknowledged after the commit (invariant 9).

A small execution costs little more than its transaction, so those that are asked for at one time
are created in one, each with its own answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, NamedTuple
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.core.postgres import LOST
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.dag.events import EventType, SkipReason
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.publish import publish
from treadle.dag.scopes import ROOT
from treadle.dag.specs.triggers import MANUAL
from treadle.dag.states import NodeState
from treadle.dag.values import Value, dumps, payload
from treadle.ledger.engine.arrivals import Arrivals
from treadle.ledger.engine.endings import end_finished
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.execution_rows import LockedExecution, NewExecution
from treadle.ledger.engine.idempotency import IdempotencyConflict, Key, reserve
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.submission_check import check_key
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.engine.versions import Graphs, store_version

#: Priorities run from 0 (first) to 9; a submission that names none takes the middle.
DEFAULT_PRIORITY = 5


class NoSuchTrigger(TreadleError):
    """The workflow has no trigger of this name, or has several and the submission names none."""

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
    trigger_type: str = MANUAL.subtype
    external_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The execution of a submission."""

    execution_id: UUID
    repeated: bool = False
    """Whether the idempotency key was known: this is the execution of the first request."""


class TriggerRow(NamedTuple):
    """A trigger as its execution begins."""

    execution_id: UUID
    node: str
    queue: str
    priority: int
    state: NodeState
    output_key: str | None = None
    output: bytes | None = None


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


def submit(engine: Engine, connection: psycopg.Connection, request: Submission) -> Submitted:
    """Create an execution in one transaction: its version, its triggers' rows, what is ready first.

    Raises:
        IdempotencyConflict: the key belongs to a different request.
        IdempotencyKeyInvalid: it is no key.
        NoSuchTrigger: which trigger fires cannot be determined.
        NotAValue: the input is larger than a payload may be.
    """
    (answer,) = submit_all(engine, connection, [request])
    if isinstance(answer, Exception):
        raise answer
    return answer


def submit_all(
    engine: Engine, connection: psycopg.Connection, requests: Sequence[Submission]
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
        answers |= _create_or_halve(engine, connection, drafts)
    return [answers[index] for index in range(len(requests))]


def _drafted(request: Submission, definitions: dict[int, bytes]) -> _Draft:
    check_key(request.idempotency_key)
    trigger = fired_trigger(request)
    entry = payload(request.input)
    workflow = request.workflow
    if id(workflow) not in definitions:
        definitions[id(workflow)] = dumps(publish(workflow))
    return _Draft(request, new_id(), trigger, entry, definitions[id(workflow)])


def _create_or_halve(
    engine: Engine, connection: psycopg.Connection, drafts: dict[int, _Draft]
) -> dict[int, Submitted | Exception]:
    """Create executions; those that the database refuses are found, and the others go through."""
    try:
        return _create(engine, connection, drafts)
    except LOST:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one is that one's answer
        if len(drafts) == 1:
            return dict.fromkeys(drafts, error)
    each, middle = list(drafts.items()), len(drafts) // 2
    return {
        **_create_or_halve(engine, connection, dict(each[:middle])),
        **_create_or_halve(engine, connection, dict(each[middle:])),
    }


def _create(
    engine: Engine, connection: psycopg.Connection, drafts: dict[int, _Draft]
) -> dict[int, Submitted | Exception]:
    known: dict[UUID, UUID | IdempotencyConflict] = {}
    new: list[_Draft] = []
    versions: dict[bytes, UUID] = {}

    def begin(session: psycopg.Connection) -> Iterable[LockedExecution]:
        known.update(reserve(session, _keys(drafts.values())))
        new.extend(each for each in drafts.values() if each.execution_id not in known)
        versions.update(_versions(session, engine.graphs, new))
        return [LockedExecution.begun(_new(each, versions[each.version_digest])) for each in new]

    with engine.acting(connection, begin) as unit:
        if new:
            arrivals = Arrivals(unit)
            _settle_triggers(unit, arrivals, new)
            arrivals.write()
            end_finished(unit)
    for each in new:
        digest = each.version_digest
        engine.graphs.stored_as(digest, versions[digest], each.request.graph)
    return {index: _answer(each, known) for index, each in drafts.items()}


def _answer(
    draft: _Draft, known: Mapping[UUID, UUID | IdempotencyConflict]
) -> Submitted | Exception:
    holder = known.get(draft.execution_id)
    if holder is None:
        return Submitted(draft.execution_id)
    return Submitted(holder, repeated=True) if isinstance(holder, UUID) else holder


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
    rows = []
    for draft in drafts:
        locked = unit.of(draft.execution_id)
        unit.event(locked, EventType.EXECUTION_STARTED, trigger_id=draft.trigger)
        for trigger in locked.graph.triggers:
            ref = Ref(locked.id, ROOT, trigger)
            at = (locked.id, trigger, locked.graph.nodes[trigger].queue, locked.priority)
            if trigger == draft.trigger:
                rows.append(TriggerRow(*at, NodeState.COMPLETED, "result", draft.entry))
                unit.node_event(ref, EventType.NODE_COMPLETED, output_key="result")
                arrivals.leave(ref, "result", unit.nobody)
            else:
                rows.append(TriggerRow(*at, NodeState.SKIPPED))
                unit.node_event(ref, EventType.NODE_SKIPPED, reason=SkipReason.NOT_FIRED)
                arrivals.leave(ref, None, unit.nobody)
    unit.run_rows("add_triggers", rows)
