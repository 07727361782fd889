"""Why an execution stands where it stands: every open node, with what it waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from treadle.core.columns import pack
from treadle.dag.graph import CompiledGraph
from treadle.dag.problems import Hints, quoted
from treadle.dag.scopes import enclosing_scope
from treadle.dag.states import ExecutionStatus, NodeState, WaitKind
from treadle.dag.values import loads
from treadle.ledger.engine.execution_rows import NoSuchExecution
from treadle.ledger.engine.leases import SUSPECT_AFTER
from treadle.ledger.engine.versions import Graphs
from treadle.ledger.queries import fetching
from treadle.ledger.views import unserved
from treadle.ledger.views.executions import milliseconds
from treadle.wire.causes import Cause, Causes
from treadle.wire.objects import members, unchecked

_cause = unchecked(Cause)
_causes = unchecked(Causes)
_fetch = fetching("causes")
_fetch_execution = fetching("executions")

#: Open rows that are looked at; what waits in a loop waits alike.
_MOST_ROWS = 2_000
#: Ready rows of a queue that are counted.
_MOST_COUNTED = 1_000


def causes(connection: psycopg.Connection, graphs: Graphs, execution_id: UUID) -> Causes:
    """Return all that an execution waits for; an ended one waits for nothing, and says its end.

    Raises:
        NoSuchExecution: `execution_not_found`.
    """
    rows = _fetch_execution(connection, "execution", id=execution_id)
    if not rows:
        raise NoSuchExecution(execution_id)
    row = rows[0]
    status = ExecutionStatus(row.status)
    if row.finished_at is not None:
        found = [_end(row, status)]
    else:
        graph = graphs.shown(connection, row.version_id, row.workflow_id)
        view = _View(connection, execution_id, graph, row.pause_requested_at is not None)
        paused = [_paused(row)] if row.pause_requested_at is not None else []
        found = [*paused, *view.causes()]
    return _causes(id=str(execution_id), status=status, causes=found)


@dataclass(slots=True)
class _View:
    """The open rows of one execution, as they are explained."""

    connection: psycopg.Connection
    execution_id: UUID
    graph: CompiledGraph
    is_paused: bool

    def causes(self) -> list[Cause]:
        """Return a cause for each node that waits, those alike as one."""
        rows = _fetch(self.connection, "open_rows", id=self.execution_id, limit=_MOST_ROWS)
        questions = {
            (each.scope, each.node): each
            for each in _fetch(self.connection, "open_questions", id=self.execution_id)
        }
        arrived = self._arrived(rows)
        served, hints = self._served(rows), Hints()
        found: dict[tuple[str, str, str], list[Cause]] = {}
        for row in rows:
            state = NodeState(row.state)
            if state is NodeState.READY:
                if self.is_paused:
                    continue  # the pause is the cause
                cause = self._ready(row, served, hints)
            elif state is NodeState.PENDING:
                cause = self._pending(row, arrived)
            elif state is NodeState.WAITING_INPUT:
                cause = _question(row, questions.get((row.scope, row.node)))
            elif state is NodeState.WAITING:
                cause = _waiting(row)
            else:
                cause = _attempt(row, state)
            found.setdefault((row.node, cause.reason, cause.solution), []).append(cause)
        return [_cause(**{**members(alike[0]), "count": len(alike)}) for alike in found.values()]

    def _served(self, rows: Collection[Any]) -> frozenset[str]:
        is_needed = any(row.state == NodeState.READY and not row.is_served for row in rows)
        return unserved.served(self.connection) if is_needed else frozenset()

    def _ready(self, row: Any, served: Collection[str], hints: Hints) -> Cause:
        if not row.is_served:
            problem = unserved.explain(row.queue, served, hints=hints)
            return _of(row, problem.reason, problem.message, problem.solution)
        if row.lost_count >= SUSPECT_AFTER:
            return _of(
                row,
                "suspect",
                f"It has lost {row.lost_count} workers, so it runs apart from others once there is "
                "room.",
                "Look at the logs of the workers that died of it; `treadle doctor` lists suspects.",
            )
        if row.enqueued_at is not None:
            return _of(
                row,
                "no_free_worker",
                "It was sent, and waits for a worker that is free.",
                "Wait, or start another: treadle worker.",
            )
        (counted,) = _fetch(self.connection, "unsent", queue=row.queue, limit=_MOST_COUNTED)
        return _of(
            row,
            "queue_full",
            f"It waits for its turn in the queue {quoted(row.queue)}, where "
            f"{counted.count}{'+' if counted.count == _MOST_COUNTED else ''} wait.",
            "Wait, or start another worker: treadle worker; none is sent without a scheduler, "
            "which `treadle doctor` looks for.",
        )

    def _arrived(self, rows: Collection[Any]) -> frozenset[tuple[str, str]]:
        """Return the sources of pending rows that have settled, each as scope and node."""
        wanted = {
            source
            for row in rows
            if row.state == NodeState.PENDING
            for source in self._sources(row)
        }
        if not wanted:
            return frozenset()
        scopes, nodes = zip(*wanted, strict=True)
        settled = _fetch(
            self.connection,
            "settled",
            id=self.execution_id,
            scope=pack("text", scopes),
            node=pack("text", nodes),
        )
        return frozenset((each.scope, each.node) for each in settled)

    def _sources(self, row: Any) -> Iterator[tuple[str, str]]:
        for edge in self.graph.nodes[row.node].incoming:
            yield enclosing_scope(row.scope, self.graph.nodes[edge.source].loop), edge.source

    def _pending(self, row: Any, arrived: Collection[tuple[str, str]]) -> Cause:
        sources = [each for each in self._sources(row) if each not in arrived]
        missing = list(dict.fromkeys(node for _, node in sources))
        names = ", ".join(map(quoted, missing)) or "what was skipped"
        return _of(
            row,
            "arrival_missing",
            f"It waits for what has not arrived yet: {names}.",
            "See why those are not over.",
            waits_for=missing,
        )


def _of(
    row: Any, reason: str, message: str, solution: str, *, due_at: Any = None, waits_for: Any = ()
) -> Cause:
    return _cause(
        reason=reason,
        node_id=row.node,
        scope=row.scope,
        count=1,
        message=message,
        solution=solution,
        due_at=milliseconds(due_at),
        waits_for=list(waits_for),
    )


def _whole(reason: str, message: str, solution: str) -> Cause:
    """Return a cause that holds the whole execution."""
    return _cause(
        reason=reason,
        node_id=None,
        scope="",
        count=1,
        message=message,
        solution=solution,
        due_at=None,
        waits_for=[],
    )


def _end(row: Any, status: ExecutionStatus) -> Cause:
    error = loads(row.error) if row.error else None
    if error is None:
        solution = "Nothing; `treadle show ID` has its output."
        if status is not ExecutionStatus.SUCCESS:
            solution = f"Run it again, if wanted: treadle retry {row.id}"
        return _whole("ended", f"It has ended as {status}.", solution)
    details = error["error_details"]
    message = f"It has ended as {status} ({details['reason']}): {error['error_message']}"
    return _whole("ended", message, details["solution"])


def _paused(row: Any) -> Cause:
    return _whole(
        "pause_requested",
        f"Somebody paused it at {row.pause_requested_at:%Y-%m-%d %H:%M:%S %Z}; nothing new begins.",
        f"Let it go on: treadle resume {row.id}",
    )


def _question(row: Any, question: Any) -> Cause:
    if question is None:  # decided since the rows were read
        return _of(row, "question_open", "It was asked a question.", "Look again.")
    title = quoted(str(loads(question.question)["title"]))
    command = f"treadle answer {question.id}"
    if question.delivered_at is not None:
        return _of(
            row,
            "question_open",
            f"It asked a person, who has not answered: {title}.",
            f"Answer it: {command}",
            due_at=question.timeout_at,
        )
    failed = loads(question.error)["error_message"] if question.error else "No try is over yet."
    again = "No further try is made." if question.given_up_at else "It is tried again."
    return _of(
        row,
        "question_undelivered",
        f"Its question {title} did not reach {question.channel_type}: {failed} {again}",
        f"Mend the channel, or answer it here: {command}",
        due_at=question.timeout_at if question.given_up_at else question.due_at,
    )


def _waiting(row: Any) -> Cause:
    kind = WaitKind(row.wait_kind)
    if kind is WaitKind.TIMER:
        return _of(row, "timer", "It waits for a time.", "Wait until then.", due_at=row.due_at)
    if kind is WaitKind.BODY:
        total = "" if row.loop_total is None else f" of {row.loop_total:,}"
        over = (row.loop_next or 0) - (row.loop_active or 0)
        return _of(
            row,
            "loop_body",
            f"Its loop has done {over:,}{total} iterations; {row.loop_active or 0:,} are open.",
            "See why the nodes of its body are not over.",
        )
    return _of(row, f"waits_for_{kind}", f"It waits for a {kind}.", "Wait for it.")


def _attempt(row: Any, state: NodeState) -> Cause:
    if state is NodeState.RETRYING:
        error = loads(row.error)["error_message"] if row.error else "it failed"
        return _of(
            row,
            "retry",
            f"Its attempt {row.attempt} failed: {error} It is tried again.",
            "Wait until then, or mend what failed.",
            due_at=row.due_at,
        )
    where = f"on {row.host}, process {row.pid}" if row.host else "on a worker that is gone"
    return _of(
        row,
        "running",
        f"Its attempt {row.attempt} runs {where}.",
        "Wait; a worker that dies is noticed, and its work is done again.",
        due_at=row.limit_at,
    )
