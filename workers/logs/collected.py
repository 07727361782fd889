"""The lines of all attempts of a worker: masked, logged, and handed to the committer.

They go with the outcome of their attempt, and while it runs whenever `flush` is called.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

import structlog

from treadle.core.traces import traces_of
from treadle.dag.log_streams import LogStream
from treadle.dag.values import dumps
from treadle.ledger.engine.batches import CommitResult, Request
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.node_logs import Said
from treadle.workers.logs.task_log import CHARACTERS, LINES, Line, TaskLog

#: The logger of the line that says how many were left out.
_OWN = "treadle"

_log = structlog.get_logger()

Commit = Callable[[Sequence[Request]], Sequence["Future[CommitResult]"]]
"""Hands requests to the committer; nobody has to wait for them."""


@dataclass(eq=False, slots=True)
class _Attempt:
    """An attempt that has said something."""

    ref: Ref
    number: int
    task: str
    log: TaskLog
    left_out: int = 0
    flushing: Future[CommitResult] | None = None
    """The lines that are on their way; what follows them waits, so that the order is theirs."""


class TaskLogs:
    """The logs of the attempts that run here; safe for threads."""

    def __init__(self, hidden: Collection[str]) -> None:
        """`hidden` are the secrets and keys that no line may show."""
        self._traces = traces_of(hidden)
        self._attempts: dict[UUID, _Attempt] = {}
        self._lock = Lock()

    def of(self, claim: Claim) -> TaskLog:
        """Return the log of an attempt; nobody looks at it before something is said."""
        lease_id, ref, number = claim.lease_id, claim.ref, claim.attempt
        task = str(claim.node.node.configurations["task"])
        known: list[TaskLog] = []

        def on_lines(log: TaskLog) -> None:
            if not known:
                known.append(log)
                self._attempts[lease_id] = _Attempt(ref, number, task, log)

        return TaskLog(on_lines)

    def ended(self, claims: Iterable[Claim]) -> list[Said]:
        """Return what attempts said that go no further; it is to be committed with their outcome.

        Returns once the lines before it are committed.
        """
        if not self._attempts:
            return []
        said = []
        for claim in claims:
            attempt = self._attempts.get(claim.lease_id)
            if attempt is None:
                continue
            attempt.log.end()
            with self._lock:
                del self._attempts[claim.lease_id]
                flushing = attempt.flushing
            if flushing is not None:
                flushing.exception()
            said += self._said(attempt, is_last=True)
        return said

    def flush(self, commit: Commit) -> None:
        """Have committed what running attempts said, but for those with lines on their way."""
        if not self._attempts:
            return
        with self._lock:
            of: defaultdict[UUID, list[_Attempt]] = defaultdict(list)
            for each in list(self._attempts.values()):
                if each.flushing is None or each.flushing.done():
                    of[each.ref.execution_id].append(each)
            said = {
                execution_id: found
                for execution_id, attempts in of.items()
                if (found := [one for each in attempts for one in self._said(each)])
            }
            requests = [Request(execution_id, said=found) for execution_id, found in said.items()]
            for request, future in zip(requests, commit(requests) if requests else (), strict=True):
                for each in of[request.execution_id]:
                    each.flushing = future

    def _said(self, attempt: _Attempt, *, is_last: bool = False) -> list[Said]:
        lines, left_out = attempt.log.take()
        attempt.left_out += left_out
        if is_last and attempt.left_out:
            lines.append(_left_out(attempt.left_out))
        if not lines:
            return []
        texts = self._traces.masked_lines([each.text for each in lines])
        shown = [
            each._replace(text=text.encode(errors="replace").decode())
            for each, text in zip(lines, texts, strict=True)
        ]
        for each in shown:
            _tell(attempt, each)
        return [Said(attempt.ref, attempt.number, len(shown), dumps([*map(list, shown)]))]


def _left_out(count: int) -> Line:
    text = (
        f"{count:,} more lines were left out: an attempt keeps {LINES:,} lines"
        f" of together {CHARACTERS // 1024} KiB."
    )
    return Line(time.time_ns() // 1_000_000, LogStream.LOG, "WARNING", _OWN, text)


def _tell(attempt: _Attempt, line: Line) -> None:
    """Write a line to the log of this process too, where collectors find it at once."""
    _log.info(
        "task.logged",
        execution_id=str(attempt.ref.execution_id),
        node_id=attempt.ref.node,
        scope=attempt.ref.scope,
        attempt=attempt.number,
        task=attempt.task,
        stream=line.stream,
        severity=line.level,
        logger=line.logger,
        text=line.text,
    )
