"""A hand on the ledger: drives the calls of the protocol as a worker would, without a worker.

Every call is one real transaction on a real database. `check` reads the rows of an execution and
says which invariants of docs/architecture.md they break.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from tests.support.workflows import Document, valid
from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.dag.events import FINAL_EVENTS
from treadle.dag.outcomes import Asked, Completed, Failed, LoopOpened, Outcome
from treadle.dag.questions import Decision, Question
from treadle.dag.specs import CORE_QUEUE, Lane
from treadle.dag.values import Value, loads
from treadle.ledger.engine.batches import CommitResult, Request, commit
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.hand_off import Caller, HandOffBudget, Room
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.locking import lock_available
from treadle.ledger.engine.post_commit import PostCommit
from treadle.ledger.engine.recovery import end_overdue, reclaim, wake
from treadle.ledger.engine.settle_rows import Settlement, settlement_of
from treadle.ledger.engine.settlements import Settling, settle
from treadle.ledger.engine.submission import Submission, Submitted, submit
from treadle.ledger.engine.unit_of_work import UnitOfWork
from treadle.ledger.engine.versions import Graphs
from treadle.ledger.people.answers import Answered, answer
from treadle.ledger.people.decisions import Response
from treadle.ledger.people.timeouts import TimedOut, time_out, warn
from treadle.ledger.views import executions, processes
from treadle.transport.pause_table import PauseTable

#: An Error of the wire model, as an attempt fails with.
BROKEN = {
    "error_code": "broken",
    "error_message": "It broke.",
    "error_details": {"reason": "broken", "solution": "Mend it."},
    "is_retryable": False,
    "timestamp": 0,
}


class OpenQueue:
    """A queue with room for everything, or for nothing when its `epoch` is `None`."""

    def __init__(self, epoch: str | None = "today") -> None:
        self.epoch = epoch

        #: What each transaction left to be published, the newest last.
        self.published: list[PostCommit] = []

    def refresh(self) -> None:
        """Have room for what `epoch` says."""

    def admit(self, queue: str) -> str | None:
        return self.epoch

    def expected_seconds(self, queue: str, lane: Lane) -> float:
        return 1.0

    def publish(self, work: PostCommit) -> None:
        self.published.append(work)


class ParkingQueue(OpenQueue):
    """A queue that puts a pause table right, as a real one does."""

    def __init__(self, table: PauseTable) -> None:
        super().__init__()
        self._table = table

    def publish(self, work: PostCommit) -> None:
        super().publish(work)
        self._table.park(work.parked)
        self._table.unpark(work.unparked)


class Hand:
    """One simulated worker process with its own session."""

    def __init__(self, url: str, graphs: Graphs | None = None) -> None:
        self.url = url
        self.graphs = graphs or Graphs()
        self.queue = OpenQueue()
        self.engine = Engine(self.graphs, self.queue)
        self.worker_id = new_id()
        self.session = connect(url, autocommit=True)

    @property
    def published(self) -> PostCommit:
        """What the last transaction left to be published."""
        return self.queue.published[-1]

    def close(self) -> None:
        self.session.close()

    # -- what a client and a worker do ------------------------------------------------------------

    def submit(self, document: Document, value: Value = None, **more: Any) -> UUID:
        """Submit a valid document; return the execution's id."""
        return self.submitted(document, value, **more).execution_id

    def submitted(self, document: Document, value: Value = None, **more: Any) -> Submitted:
        validation = valid(document)
        assert validation.workflow is not None
        assert validation.graph is not None
        request = Submission(validation.workflow, validation.graph, value or {}, **more)
        return submit(self.engine, self.session, request)

    def budget(self, room: int = 0) -> HandOffBudget:
        """Return the room for `room` hand-offs: every node costs one second here."""
        return HandOffBudget(self.worker_id, frozenset({CORE_QUEUE}), seconds=room, idle=False)

    def commit(self, *requests: Request, wait: bool = False) -> list[CommitResult | None]:
        return commit(self.engine, self.session, requests, wait=wait)

    def wish(self, execution: UUID, *places: str, start_all: bool = True) -> Request:
        """Return a request for leases; a place is `node`, or `scope node`."""
        refs = [ref_of(execution, place) for place in places]
        return Request(execution, self.budget(), claims=refs, at_once=None if start_all else 1)

    def claims(self, execution: UUID, *places: str, start_all: bool = True) -> list[Claim]:
        """Take leases."""
        (answer,) = self.commit(self.wish(execution, *places, start_all=start_all))
        assert answer is not None
        return answer.claims

    def claim(self, execution: UUID, place: str) -> Claim:
        (claimed,) = self.claims(execution, place)
        return claimed

    @contextmanager
    def settling(self, *outcomes: tuple[Claim, Outcome]) -> Iterator[None]:
        """Settle outcomes in a transaction that stays open until the block ends."""
        settlements = [settlement_of(claim, outcome) for claim, outcome in outcomes]
        executions = {each.claim.ref.execution_id for each in settlements}
        with self.session.transaction():
            locked = lock_available(self.session, self.graphs, executions)
            unit = UnitOfWork(self.session, locked, queue=self.queue)
            caller = Caller(Room(self.budget()))
            settle(unit, [Settling(caller, each) for each in settlements])
            unit.save()
            yield

    def settle(self, *outcomes: tuple[Claim, Outcome], room: int = 0) -> CommitResult:
        """Settle outcomes of one execution in one request."""
        settlements = [settlement_of(claim, outcome) for claim, outcome in outcomes]
        return self.settle_all(settlements, room=room)

    def settle_all(
        self, settlements: Sequence[Settlement], *, room: int = 0, starts: Sequence[Claim] = ()
    ) -> CommitResult:
        execution = settlements[0].claim.ref.execution_id
        request = Request(execution, self.budget(room), settlements, starts=starts)
        (answer,) = self.commit(request)
        assert answer is not None
        return answer

    def open_loop(
        self, execution: UUID, place: str, count: int, parallel: int = 10, *, room: int = 0
    ) -> list[str]:
        """Open a FOR_EACH over `count` entries; return the places of the hand-offs."""
        opened = LoopOpened(items=tuple(range(count)), parallel=parallel)
        answer = self.settle((self.claim(execution, place), opened), room=room)
        return places(answer.handed_over)

    def open_turn(self, execution: UUID, place: str) -> None:
        """Open the next turn of a `while` loop."""
        self.settle((self.claim(execution, place), LoopOpened()))

    def complete(
        self, execution: UUID, place: str, output: Value = None, *, key: str = "result"
    ) -> CommitResult:
        """Claim a node and complete it."""
        return self.settle((self.claim(execution, place), Completed(output, key)))

    def fail(self, execution: UUID, place: str) -> CommitResult:
        """Claim a node and fail it for good."""
        return self.settle((self.claim(execution, place), Failed(BROKEN)))

    def ask(self, execution: UUID, place: str, /, **asked: Any) -> UUID:
        """Claim a node and let it ask a person; return the question's id."""
        question = Question(**{"interaction_type": "approval", "title": "May it?", **asked})
        claim = self.claim(execution, place)
        self.settle((claim, Asked(question, {"n": 1})))
        return claim.lease_id

    def answer(self, question: UUID, decision: str = "confirmed", by: str = "ana") -> Answered:
        """Answer a question as a person who may."""
        response = Response(Decision(decision), {"decision": decision}, by, "api")
        return answer(self.engine, self.session, question, lambda _: response)

    def time_out(self, question: UUID, *, is_over: bool = True) -> TimedOut | None:
        """End a question whose time is over, letting it pass first; `None` if it is busy."""
        if is_over:
            past = "update interactions set timeout_at = now() - interval '1 s' where id = %s"
            self.session.execute(past, (question,))
        timed_out = time_out(self.engine, self.session, [question])
        return None if timed_out.busy else timed_out

    def warn(self, question: UUID) -> bool | None:
        """Warn of a question's end, if that is due."""
        return warn(self.engine, self.session, question)

    def wake(self, execution: UUID) -> None:
        """Do what is due in an execution."""
        assert wake(self.engine, self.session, execution)

    def register(self, **more: Any) -> None:
        """Make this process known to the ledger."""
        processes.register(
            self.session, self.worker_id, host="here", pid=1, queues=[CORE_QUEUE], **more
        )

    def reclaim(self, execution: UUID, dead: Hand, beat: int | None = None) -> bool:
        """Reclaim what `dead` runs of an execution, seen to stand still at `beat`."""
        return reclaim(self.engine, self.session, execution, worker_id=dead.worker_id, beat=beat)

    def end_overdue(self, execution: UUID) -> bool:
        """Settle what is past its limit in an execution."""
        return end_overdue(self.engine, self.session, execution, grace_seconds=5)

    # -- what the rows say ------------------------------------------------------------------------

    def row(self, execution: UUID, place: str) -> Any:
        """Return a node execution's row; `None` if it has none."""
        query = "select * from node_executions where execution_id = %s and scope = %s and node = %s"
        cursor = self.session.cursor(row_factory=namedtuple_row)
        return cursor.execute(query, ref_of(execution, place)).fetchone()

    def states(self, execution: UUID) -> dict[str, str]:
        """Return every node execution's state by place."""
        query = "select scope, node, state from node_executions where execution_id = %s"
        rows = self.session.execute(query, (execution,)).fetchall()
        return {f"{scope} {node}".strip(): state for scope, node, state in rows}

    def scopes(self, execution: UUID) -> dict[str, str]:
        """Return every inner scope's status."""
        query = "select scope, status from scopes where execution_id = %s"
        return dict(self.session.execute(query, (execution,)).fetchall())

    def execution(self, execution: UUID) -> Any:
        """Return an execution's row."""
        cursor = self.session.cursor(row_factory=namedtuple_row)
        row = cursor.execute("select * from executions where id = %s", (execution,)).fetchone()
        assert row is not None
        return row

    def status(self, execution: UUID) -> str:
        return str(executions.status(self.session, execution))

    def error_code(self, execution: UUID) -> str:
        return str(loads(self.execution(execution).error)["error_code"])

    def events(self, execution: UUID) -> list[tuple[str, str | None]]:
        """Return the events as `(type, node id)`."""
        return [
            (event.event_type, event.data.get("node_id"))
            for event in executions.events(self.session, execution)
        ]

    def elapse(self, execution: UUID, place: str, by: timedelta = timedelta(hours=1)) -> None:
        """Let time pass for one node: its due time and its limit come that much nearer."""
        self.session.execute(
            "update node_executions set due_at = due_at - %s, limit_at = limit_at - %s"
            " where execution_id = %s and scope = %s and node = %s",
            (by, by, *ref_of(execution, place)),
        )


def ref_of(execution: UUID, place: str) -> Ref:
    """Return the row that `node`, or `scope node`, names."""
    scope, _, node = place.rpartition(" ")
    return Ref(execution, scope, node)


def places(claims: Iterable[Claim]) -> list[str]:
    """Return the places of claims."""
    return [f"{claim.ref.scope} {claim.ref.node}".strip() for claim in claims]


_COUNTS = """
with open_rows as (
    select scope, count(*) as open from node_executions
    where execution_id = %(id)s
      and state in ('ready', 'running', 'waiting', 'waiting_input', 'retrying')
    group by scope
), counted as (
    select '' as scope, outstanding from executions where id = %(id)s
    union all
    select scope, outstanding from scopes where execution_id = %(id)s
)
select scope, coalesce(outstanding, 0), coalesce(open, 0)
from counted full join open_rows using (scope)
where coalesce(outstanding, 0) <> coalesce(open, 0)
"""

_ALIVE_IN_THE_DEAD = """
select n.scope, n.node, n.state from node_executions n
left join executions e on e.id = n.execution_id and e.finished_at is not null
left join scopes s on s.execution_id = n.execution_id and s.status <> 'open'
     and (n.scope = s.scope or starts_with(n.scope, s.scope || '/'))
where n.execution_id = %(id)s and (e.id is not null or s.scope is not null)
  and n.state not in ('completed', 'failed', 'skipped', 'canceled')
union all
select i.scope, 'scope', i.status from scopes i
left join executions e on e.id = i.execution_id and e.finished_at is not null
left join scopes s on s.execution_id = i.execution_id and s.status <> 'open'
     and starts_with(i.scope, s.scope || '/')
where i.execution_id = %(id)s and i.status = 'open' and (e.id is not null or s.scope is not null)
"""

#: Invariant 8: a node waits for its question, and the execution counts those that are pending.
_UNASKED = """
select 'a node waits for input and its question is ' || coalesce(i.status, 'missing')
from node_executions n left join interactions i on i.id = n.settled_by
where n.execution_id = %(id)s and n.state = 'waiting_input' and i.status is distinct from 'pending'
union all
select 'a question is pending and its node is ' || coalesce(n.state, 'missing')
from interactions i left join node_executions n
  on n.execution_id = i.execution_id and n.scope = i.scope and n.node = i.node
where i.execution_id = %(id)s and i.status = 'pending' and n.state is distinct from 'waiting_input'
union all
select 'the execution counts ' || e.questions || ' questions' from executions e
where e.id = %(id)s and e.questions <> (
    select count(*) from interactions i where i.execution_id = e.id and i.status = 'pending')
"""

#: Rule 9: a ready row waits for its owner's turn, is noted as sent, or is held by a pause.
_TURNLESS = """
select n.node || ' in ' || n.scope || ' is ready, and waits for the turn of '
    || coalesce(n.owner, 'nobody') || ', noted: ' || (n.enqueued_at is not null)
    || ', paused: ' || (e.pause_requested_at is not null)
from node_executions n join executions e on e.id = n.execution_id
where n.execution_id = %(id)s and n.state = 'ready' and (
    n.owner is distinct from case
        when n.enqueued_at is null and e.pause_requested_at is null then e.owner end
    or n.owner is not null and n.workflow_id is distinct from e.workflow_id)
"""


#: What is kept of how much is open in the whole cluster, against the rows.
_MISCOUNTED = """
with kept as (
    select kind, name, priority, sum(change) as count from open_counts group by 1, 2, 3
), real as (
    select 'executions' as kind, status as name, 0 as priority, count(*) from executions
    where status not in ('SUCCESS', 'ERROR', 'CANCELED', 'TIMEOUT')
      and workflow_id not like 'treadle.%'
    group by status
    union all
    select 'nodes', state, 0, count(*) from node_executions
    where state in ('running', 'retrying', 'waiting') group by state
    union all
    select 'ready', n.queue, n.priority, count(*)
    from node_executions n join executions e on e.id = n.execution_id
    where n.state = 'ready' and e.pause_requested_at is null group by n.queue, n.priority
)
select kind || ' ' || name || ' ' || priority || ' is kept as ' || coalesce(kept.count, 0)
    || ' and is ' || coalesce(real.count, 0)
from kept full join real using (kind, name, priority)
where coalesce(kept.count, 0) <> coalesce(real.count, 0)
"""


def miscounted(session: psycopg.Connection) -> list[str]:
    """Say which of the cluster's counts are not what the rows say; empty if none."""
    return [text for (text,) in session.execute(_MISCOUNTED).fetchall()]


def check(session: psycopg.Connection, execution: UUID) -> list[str]:
    """Say which invariants an execution's rows break; empty if none."""
    with session.transaction():
        session.execute("set transaction isolation level repeatable read")
        counts = session.execute(_COUNTS, {"id": execution}).fetchall()
        alive = session.execute(_ALIVE_IN_THE_DEAD, {"id": execution}).fetchall()
        unasked = session.execute(_UNASKED, {"id": execution}).fetchall()
        turnless = session.execute(_TURNLESS, {"id": execution}).fetchall()
        row = session.execute(
            "select next_seq, finished_at is not null, node_count,"
            " (select count(*) from node_executions where execution_id = id)"
            " from executions where id = %s",
            (execution,),
        ).fetchone()
        said = session.execute(
            "select seq, count, body from node_logs where execution_id = %s order by seq",
            (execution,),
        ).fetchall()
        pieces = session.execute(
            "select seq, count, body from events where execution_id = %s order by seq",
            (execution,),
        ).fetchall()
    assert row is not None
    next_seq, is_final, node_count, rows = row
    found = [f"scope {s!r} counts {told} open and has {real}" for s, told, real in counts]
    found += [text for (text,) in (*unasked, *turnless)]
    found += [f"{node} in {s!r} is {state} where all has ended" for s, node, state in alive]
    if node_count < rows:
        found.append(f"there is room for {node_count} node executions and there are {rows}")
    following = 1
    for seq, count, body in said:
        if seq != following or count != len(loads(body)):
            found.append(f"lines from {seq} on, {count} of them, stand where {following} follows")
        following = seq + count
    return found + _check_events(pieces, next_seq, is_final=is_final)


def _check_events(pieces: list[Any], next_seq: int, *, is_final: bool) -> list[str]:
    """Invariant 5, and that an execution ends once, with its last event."""
    found = []
    events = [event for _, _, body in pieces for event in loads(body)]
    if [event["seq"] for event in events] != list(range(1, next_seq)):
        found.append(f"events are numbered {[event['seq'] for event in events]}")
    if any(count != len(loads(body)) for _, count, body in pieces):
        found.append("a row of events counts others than it holds")
    endings = [event["seq"] for event in events if event["event_type"] in FINAL_EVENTS]
    if endings != ([next_seq - 1] if is_final else []):
        found.append(f"the ends are events {endings} of {next_seq - 1}; final is {is_final}")
    return found
