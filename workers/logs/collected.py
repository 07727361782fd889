"""The lines of all attempts of a worker: masked, logged, and handed to the committer.

They go with the outcome of their attempt, and while it runs whenever `flush` is called.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

import structlog

from treadle.core.traces import traces_of
from treadle.dag.log_streams import LogStream
from treadle.dag.values import dumps
from treadle.ledger.engine.batches import CommitResult, Report, Request
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.node_logs import LogBatch
from treadle.monitoring.metrics import TASK_LINES
from treadle.workers.logs.task_log import CHARACTERS, LINES, Line, TaskLog

#: Seconds between two reports of one attempt. The first does not wait.
_REPORT_SECONDS = 1.0
#: The logger of the line that says how many were left out.
_OWN = "treadle"

_log = structlog.get_logger()

Commit = Callable[[Sequence[Request]], Sequence["Future[CommitResult]"]]
"""Hands requests to the committer; nobody has to wait for them."""


@dataclass(eq=False, slots=True)
class _Attempt:
    """An attempt that has said something."""

    claim: Claim
    task: str
    log: TaskLog
    left_out: int = 0
    reported_at: float = -_REPORT_SECONDS
    flushing: Future[CommitResult] | None = None
    """The lines that are on their way; what follows them waits, so that the order is theirs."""


@dataclass(slots=True)
class ExecutionLog:
    """What attempts of one execution have said."""

    lines: list[LogBatch] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


class _ByExecution(defaultdict[UUID, ExecutionLog]):
    """By execution."""

    def __init__(self) -> None:
        super().__init__(ExecutionLog)


class TaskLogs:
    """The logs of the attempts that run here; safe for threads."""

    def __init__(self, hidden: Collection[str]) -> None:
        """`hidden` are the secrets and keys that no line may show."""
        self._traces = traces_of(hidden)
        self._attempts: dict[UUID, _Attempt] = {}
        self._lock = Lock()

    def of(self, claim: Claim) -> TaskLog:
        """Return the log of an attempt; nobody looks at it before something is said."""
        task = str(claim.node.node.configurations["task"])
        known: list[TaskLog] = []

        def on_lines(log: TaskLog) -> None:
            if not known:
                known.append(log)
                self._attempts[claim.lease_id] = _Attempt(claim, task, log)

        return TaskLog(on_lines)

    def ended(self, claims: Iterable[Claim]) -> _ByExecution:
        """Return what attempts said that go no further; it is to be committed with their outcome.

        Returns once what they said before is committed.
        """
        said = _ByExecution()
        if not self._attempts:
            return said
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
            self._take(attempt, said[claim.ref.execution_id], is_last=True)
        return said

    def flush(self, commit: Commit) -> None:
        """Have committed what running attempts said, but for those with lines on their way."""
        if not self._attempts:
            return
        with self._lock:
            said, heard = _ByExecution(), defaultdict(list)
            for each in list(self._attempts.values()):
                if each.flushing is None or each.flushing.done():
                    execution_id = each.claim.ref.execution_id
                    if self._take(each, said[execution_id]):
                        heard[execution_id].append(each)
            requests = [
                Request(each, said=said[each].lines, reports=said[each].reports) for each in heard
            ]
            for request, future in zip(requests, commit(requests) if requests else (), strict=True):
                for each in heard[request.execution_id]:
                    each.flushing = future

    def _take(self, attempt: _Attempt, into: ExecutionLog, *, is_last: bool = False) -> bool:
        """Take what an attempt has to say; return whether that is anything."""
        now = time.monotonic()
        is_due = is_last or now - attempt.reported_at >= _REPORT_SECONDS
        lines, left_out, report = attempt.log.take(report=is_due)
        attempt.left_out += left_out
        TASK_LINES.labels("kept").inc(len(lines))
        TASK_LINES.labels("left_out").inc(left_out)
        if is_last and attempt.left_out:
            lines.append(_left_out(attempt.left_out))
        if report is not None:
            attempt.reported_at = now
            shown = {**report, "text": self._traces.masked(str(report["text"]))}
            into.reports.append(Report(attempt.claim, {"progress": shown}))
        if lines:
            into.lines.append(self._said(attempt, lines))
        return bool(lines or report)

    def _said(self, attempt: _Attempt, lines: Sequence[Line]) -> LogBatch:
        """Return lines as they are stored: without secrets, and in this process's own log too."""
        texts = self._traces.masked_lines([each.text for each in lines])
        shown = [
            each._replace(text=text.encode(errors="replace").decode())
            for each, text in zip(lines, texts, strict=True)
        ]
        for each in shown:
            _tell(attempt, each)
        claim = attempt.claim
        return LogBatch(claim.ref, claim.attempt, len(shown), dumps([*map(list, shown)]))


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
        execution_id=str(attempt.claim.ref.execution_id),
        node_id=attempt.claim.ref.node,
        scope=attempt.claim.ref.scope,
        attempt=attempt.claim.attempt,
        task=attempt.task,
        stream=line.stream,
        severity=line.level,
        logger=line.logger,
        text=line.text,
    )
