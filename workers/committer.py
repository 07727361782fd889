"""The committer: one thread of a process that commits what all the others hand to it (rule 5).

Whatever waits goes in one transaction. An outcome whose execution is busy elsewhere comes again
with the next batch, or waits a moment if there is nothing else to do; after three misses, or when
that moment has passed, it waits for its turn alone, beside the batches. A connection that breaks in
a commit leaves its outcome unknown: the execution is locked first, so that the cut session has
ended, and then the ledger is asked (rule 7).

Long because a job goes from one way of committing to the next, and each may lose its connection.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Condition, Lock
from uuid import UUID

import psycopg
import structlog

from treadle.core.postgres import LOST
from treadle.core.vital import VitalThread
from treadle.dag.outcomes import Failed
from treadle.dag.values import NotAValue
from treadle.ledger.engine.batches import CommitResult, Request, commit
from treadle.ledger.engine.claims import leases
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.locking import lock_waiting
from treadle.ledger.engine.quarantine import quarantine, send_anew
from treadle.ledger.engine.row_errors import ReleaseDiffers, RowNotUnderstood
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.monitoring.metrics import COMMIT_REQUESTS, COMMIT_SECONDS
from treadle.workers.lasting_session import RECONNECT_SECONDS, LastingSession
from treadle.workers.spare_sessions import IDLE_SECONDS, SpareSessions

#: Requests in one transaction: past this a batch only adds latency.
_LARGEST_BATCH = 256
#: Seconds after a batch of several for which the next one is gathered: those who were answered run
#: what they were handed, and come back together instead of one by one.
_LINGER_SECONDS = 0.001
#: Misses after which a request leaves the batches and waits alone.
_MISSES = 3
#: Seconds that all others may wait for a busy execution: several times what a commit takes.
_MOMENT_SECONDS = 0.02
#: Busy executions that can be waited for at once, beside the batches.
_BESIDE_THREADS = 4

_log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Job:
    request: Request
    future: Future[CommitResult] = field(default_factory=Future)
    settled: frozenset[UUID] = frozenset()
    """Leases that a transaction of unknown outcome settled after all."""
    refused: frozenset[UUID] = frozenset()
    """Leases that fail because the ledger could not keep their outcome."""
    misses: int = 0


class Committer:
    """Owns the sessions that write for this process."""

    def __init__(self, open_session: Callable[[], psycopg.Connection], engine: Engine) -> None:
        self._open_session = open_session
        self._engine = engine
        self._waiting: deque[_Job] = deque()
        self._changed = Condition()
        self._batch: list[_Job] = []
        self._stopping = False
        self.thread = VitalThread(self._run, "committer")
        self._beside = ThreadPoolExecutor(_BESIDE_THREADS, thread_name_prefix="committer-beside")
        self._spare = SpareSessions(open_session)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Commit what has been handed over, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.thread.join()
        self._beside.shutdown()
        self._spare.close_idle(0.0)

    def commit(self, requests: Iterable[Request]) -> list[Future[CommitResult]]:
        """Hand over requests; each one's future is done once it has committed.

        It fails only when the ledger refuses the request itself; an unreachable database is
        waited for.
        """
        jobs = [_Job(each) for each in requests]
        with self._changed:
            if self._stopping:
                raise RuntimeError("the committer has stopped")
            self._waiting.extend(jobs)
            self._changed.notify()
        return [each.future for each in jobs]

    def _run(self) -> None:
        session = LastingSession(self._open_session, patience_seconds=_MOMENT_SECONDS)
        try:
            self._serve_all(session)
        except BaseException:
            self._refuse_what_waits()
            raise
        finally:
            session.close()

    def _refuse_what_waits(self) -> None:
        """Let nobody wait for a committer that has died; an orderly end waits for the rest."""
        with self._changed:
            self._stopping = True
            left = [*self._batch, *self._waiting]
        for job in left:
            if not job.future.done():
                job.future.set_exception(RuntimeError("the committer has stopped"))

    def _serve_all(self, session: LastingSession) -> None:
        while True:
            if len(self._batch) > 1:
                time.sleep(_LINGER_SECONDS)
            self._spare.close_idle()
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping, IDLE_SECONDS)
                if not self._waiting:
                    if self._stopping:
                        break
                    continue
                batch = self._batch = [
                    self._waiting.popleft() for _ in range(min(_LARGEST_BATCH, len(self._waiting)))
                ]
            busy = self._serve(session, batch)
            self._come_again(session, busy, alone=len(busy) == len(batch))

    def _serve(
        self, session: LastingSession, jobs: Sequence[_Job], *, wait: bool = False
    ) -> list[_Job]:
        """Commit jobs in one transaction; return those whose execution was busy."""
        try:
            connection = session.connection()
            with COMMIT_SECONDS.time():
                requests = [job.request for job in jobs]
                results = commit(self._engine, connection, requests, wait=wait)
            COMMIT_REQUESTS.observe(len(requests))
        except LOST as error:
            return self._after_failure(session, jobs, error)
        except BaseException as error:  # noqa: BLE001 - the edge: one request cannot end the committer
            session.close()
            return self._halve(session, jobs, error)
        busy = []
        for job, result in zip(jobs, results, strict=True):
            if result is None:
                job.misses += 1
                busy.append(job)
            else:
                counted = (result.settled | job.settled) - job.refused
                job.future.set_result(replace(result, settled=counted))
        return busy

    def _come_again(self, session: LastingSession, busy: list[_Job], *, alone: bool) -> None:
        """Put busy jobs back, or let them wait for their execution."""
        with self._changed:
            alone = alone and not self._waiting
        by_execution: defaultdict[UUID, list[_Job]] = defaultdict(list)
        for job in busy:
            by_execution[job.request.execution_id].append(job)
        for jobs in by_execution.values():
            left = self._serve(session, jobs, wait=True) if alone else jobs
            alone = False
            if any(job.misses >= _MISSES for job in left):
                self._beside.submit(self._serve_beside, left)
            else:
                with self._changed:
                    self._waiting.extend(left)

    def _serve_beside(self, left: list[_Job]) -> None:
        """Wait for one execution as long as it takes, with a session that nobody else needs."""
        try:
            with self._spare.lend() as session:
                while left:
                    left = self._serve(session, left, wait=True)
        except BaseException as error:  # noqa: BLE001 - the edge: nobody waits for this thread's result
            _log.error("request.refused", error=repr(error), exc_info=error)
            for job in left:
                job.future.set_exception(error)

    def _halve(
        self, session: LastingSession, jobs: Sequence[_Job], error: BaseException
    ) -> list[_Job]:
        """Find the request that the ledger refuses; the others go through without it (rule 5)."""
        if len(jobs) > 1:
            middle = len(jobs) // 2
            return [*self._serve(session, jobs[:middle]), *self._serve(session, jobs[middle:])]
        job = jobs[0]
        if isinstance(error, RowNotUnderstood):
            return self._end_unread(session, job, error)
        if len(job.request.settlements) > 1:
            return self._serve(session, _parts(job))
        refused = _unstorable(job.request, error)
        if refused is None:
            _log.error("request.refused", error=repr(error), exc_info=error)
            job.future.set_exception(error)
            return []
        job.request = refused
        job.refused = frozenset(each.claim.lease_id for each in refused.settlements)
        return [job]

    def _end_unread(
        self, session: LastingSession, job: _Job, error: RowNotUnderstood
    ) -> list[_Job]:
        """End an execution that cannot be understood: nothing is claimed, no outcome counts.

        What another release can claim is given back instead.
        """
        request, connection = job.request, session.connection()
        try:
            done = quarantine(self._engine, connection, request.execution_id, error)
            if not done and isinstance(error, ReleaseDiffers) and not request.settlements:
                send_anew(self._engine, connection, request.execution_id, request.claims)
                done = True
        except LOST as lost:
            return self._after_failure(session, [job], lost)
        if done:
            job.future.set_result(CommitResult(job.settled - job.refused))
        else:
            job.future.set_exception(error)
        return []

    def _after_failure(
        self, session: LastingSession, jobs: Sequence[_Job], error: psycopg.Error
    ) -> list[_Job]:
        """Find out what became of a transaction that did not answer."""
        if not session.is_broken():
            # The server refused a statement: nothing happened.
            if not isinstance(error, psycopg.errors.LockNotAvailable):
                time.sleep(RECONNECT_SECONDS)
            for job in jobs:
                job.misses = _MISSES
            return list(jobs)
        _log.warning("database.lost", error=str(error))
        session.close()
        return [job for job in jobs if not self._read_back(session, job)]

    def _read_back(self, session: LastingSession, job: _Job) -> bool:
        """Return whether a job needs nothing more: all its outcomes counted, or their leases are
        lost. What is still running under its lease is settled again.
        """
        wanted = [each.claim.lease_id for each in job.request.settlements]
        if not wanted:
            # Whether reports and lines alone were written is not known, and none is written twice.
            job.request = replace(job.request, reports=(), said=())
            if job.request.claims:
                return False
            job.future.set_result(CommitResult(frozenset()))
            return True
        while True:
            try:
                connection = session.connection()
                with connection.transaction():
                    lock_waiting(connection, self._engine.graphs, job.request.execution_id)
                    running, settled = leases(connection, [job.request.execution_id], wanted)
                break
            except LOST:
                session.close()
                time.sleep(RECONNECT_SECONDS)
            except RowNotUnderstood as error:
                job.future.set_exception(error)
                return True
        job.settled |= settled
        left = [each for each in job.request.settlements if each.claim.lease_id in running]
        job.request = replace(job.request, settlements=left)
        if left or job.request.claims:
            return False
        job.future.set_result(CommitResult(job.settled))
        return True


def _parts(job: _Job) -> list[_Job]:
    """Split a job into one for each outcome, the claims with the last; it is done with them all."""
    request = job.request
    alone = replace(request, claims=(), starts=(), reports=(), said=())
    parts = [_Job(replace(alone, settlements=[each])) for each in request.settlements]
    parts[0].request = replace(parts[0].request, reports=request.reports, said=request.said)
    parts[-1].request = replace(parts[-1].request, claims=request.claims, starts=request.starts)
    once = Lock()

    def gather(_: Future[CommitResult]) -> None:
        with once:
            if job.future.done() or not all(part.future.done() for part in parts):
                return
            refused = next(
                (part.future.exception() for part in parts if part.future.exception()), None
            )
            if refused is not None:
                job.future.set_exception(refused)
            else:
                job.future.set_result(_together(job, [part.future.result() for part in parts]))

    for part in parts:
        part.future.add_done_callback(gather)
    return parts


def _together(job: _Job, results: Sequence[CommitResult]) -> CommitResult:
    """Return the results to a job's parts as the one result to it."""
    settled = job.settled.union(*(each.settled for each in results))
    started = frozenset().union(*(each.started for each in results))
    handed_over = [each for result in results for each in result.handed_over]
    last = results[-1]
    return CommitResult(settled, last.claims, last.passed_over, started, handed_over)


def _unstorable(request: Request, error: BaseException) -> Request | None:
    """Return a request whose outcome the ledger refused as one of a failed attempt, once."""
    if not request.settlements or isinstance(request.settlements[0].outcome, Failed):
        return None
    refusal = NotAValue(f"The ledger refused the outcome: {error}").to_wire()
    refused = request.settlements[0]
    failed = settlement_of(refused.claim, Failed(refusal))
    return replace(request, settlements=[failed])
