"""The runner: claims are run, settled, and followed to what they make ready (rule 6).

One loop in the thread that took a message: run what is inline together and settle it in one
commit; run the rest one by one; go on with what each settle hands over. Coroutines and their
settles come back on a few threads of their own, into the same loop. Suspects have threads of their
own too, and what follows from them is left to others.

Long because each way through the loop ends in the same settle, and a drain has to know them all.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from threading import Event
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from treadle.dag.outcomes import Completed, Released
from treadle.dag.specs import Lane
from treadle.dag.states import NodeState
from treadle.dag.values import loads
from treadle.ledger.engine.batches import CommitResult, Report, Request
from treadle.ledger.engine.hand_off import NO_HAND_OFF, HandOffBudget
from treadle.ledger.engine.leases import NOBODY, SUSPECT_AFTER, Claim, Ref
from treadle.ledger.engine.settle_rows import Settlement, settlement_of
from treadle.ledger.views.executions import Settled
from treadle.transport.dispatch_queue import RedisDispatchQueue
from treadle.transport.duration_estimator import DurationEstimator
from treadle.workers.attempts import attempt_metrics
from treadle.workers.attempts.executor import AttemptResult, Executor
from treadle.workers.attempts.progress import Progress
from treadle.workers.attempts.records import Records
from treadle.workers.backlog import Backlog, Backlogs
from treadle.workers.committer import Committer
from treadle.workers.lanes.event_loop import EventLoop
from treadle.workers.lanes.isolated_runner import IsolatedRunner, is_poison_suspect
from treadle.workers.lanes.limited import run_in_thread, run_on_loop
from treadle.workers.lanes.suspect_lane import SuspectLane
from treadle.workers.leases import Leases
from treadle.workers.logs.collected import TaskLogs
from treadle.workers.nodes.tasks.limits import lane_of

#: Seconds of work that one settle hands over at most.
_ROOM_SECONDS = 0.02
#: Seconds of inline work before what has been run is settled.
_INLINE_SECONDS = 0.05
#: Seconds of a chunk's work that share one commit. A member that runs unmarked in this time and
#: kills its process charges the loss to the first, whose suspicion then brings it to light.
_MEMBERS_SECONDS = 0.005
#: Seconds between two looks at a loop that lags.
_LAG_PERIOD_SECONDS = 0.1
#: Threads on which the settles of coroutines go on.
_AFTER_THREADS = 4

_log = structlog.get_logger()


@dataclass(eq=False)
class Runner:
    """Runs the claims of one process."""

    queues: frozenset[str]
    committer: Committer
    queue: RedisDispatchQueue
    records: Records
    executor: Executor
    leases: Leases
    loop: EventLoop
    isolated: IsolatedRunner
    durations: DurationEstimator
    logs: TaskLogs
    worker_id: UUID | None = None
    """This process's id in the ledger; the heartbeat replaces it when its row was deleted."""
    draining: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._after = ThreadPoolExecutor(_AFTER_THREADS, thread_name_prefix="after")
        self._backlogs = Backlogs()
        self._progress = Progress(self._tell)
        self._suspects = SuspectLane(self._claim_suspects, self._run_suspect)

    def run_message(self, lane: Lane, refs: Sequence[Ref]) -> None:
        """Claim what a message names and run it; returns once it is settled or on the loop."""
        if self.draining.is_set() or self.worker_id is None:
            return  # the note stays, and the row is sent again
        while lane is Lane.ASYNC and self.loop.lags() and not self.draining.is_set():
            time.sleep(_LAG_PERIOD_SECONDS)
        began = time.perf_counter()
        claims = self._claim(refs, one_by_one=lane is Lane.THREAD)
        self.executor.look_ahead(claims)
        rows = self._run(claims)
        if rows:
            self.durations.occupied(claims[0].node.queue, rows, time.perf_counter() - began)

    def _claim(self, refs: Sequence[Ref], *, one_by_one: bool) -> list[Claim]:
        """Claim rows; all start to run, or of a chunk the first."""
        requests = [
            Request(
                execution_id,
                self._budget(),
                claims=list(of_it),
                at_once=int(refs[0].execution_id == execution_id) if one_by_one else None,
                lost_below=SUSPECT_AFTER,
            )
            for execution_id, of_it in groupby(refs, attrgetter("execution_id"))
        ]
        results = self._commit(requests)
        for each in results:
            self._suspects.take(each.passed_over)
        claims = [claim for each in results for claim in each.claims]
        attempt_metrics.claimed(claims)
        return claims

    def stop(self, grace_seconds: float) -> None:
        """Let the loop's attempts end for the grace time, release the rest, and end."""
        self.draining.set()
        until = time.monotonic() + grace_seconds
        self.loop.stop(grace_seconds)
        self._suspects.wait(until - time.monotonic())
        self._after.shutdown()
        self._release_rest()
        while not self._suspects.wait(_LAG_PERIOD_SECONDS):  # its child may just have begun
            self.leases.interrupt(self.leases.held())
        self.isolated.stop()

    def _release_rest(self) -> None:
        """Release, uncharged, what threads run past the grace time; they are interrupted then."""
        rest = self.leases.held()
        for claim in rest.values():
            self._commit(self._requests([settlement_of(claim, Released())]))
        self.leases.interrupt(rest)

    def _run(self, claims: Iterable[Claim]) -> int:
        """Run claims and what their settles hand over, until nothing is left to this thread.

        Returns:
            How many that were.
        """
        rows = 0
        with self._backlogs.open(claims) as backlog:
            if backlog and not backlog.has_begun:  # nothing of its first execution was ready
                self._go_on_with(backlog, ())
            while backlog:
                batch = self._next_batch(backlog)
                rows += len(batch)
                settlements = [each for each in batch if each is not None]
                if settlements:
                    self._go_on_with(backlog, settlements)
        return rows

    def _go_on_with(self, backlog: Backlog, settlements: Sequence[Settlement]) -> None:
        """Settle what was run, start the next member of the chunk, and take in what follows."""
        backlog.ran()
        late = backlog.is_late
        member = backlog.next_member()
        result = self._settle(
            settlements,
            hand_over=not late and not self.draining.is_set(),
            idle=not backlog and member is None,
            starts=member,
        )
        backlog.add(result.handed_over)
        self.executor.look_ahead(result.handed_over)
        if member is None:
            return
        if member.lease_id not in result.started:
            self._release([member, *backlog.take_members()])
            return
        backlog.begin(member)
        if late:
            self._release(backlog.take_members())

    def look_after(self) -> None:
        """Give back what waits in a thread behind an attempt that takes longer than expected, and
        hand on what running tasks have printed.
        """
        self._release(self._backlogs.take_held_up())
        self.logs.flush(self.committer.commit)

    def _release(self, claims: Iterable[Claim]) -> None:
        """Release claims that have not run; nobody waits for it."""
        released = [settlement_of(each, Released()) for each in claims]
        if released:
            self.committer.commit(self._requests(released))

    def _next_batch(self, backlog: Backlog) -> list[Settlement | None]:
        """Run what comes next: all inline ones for a while, or one other."""
        if self.draining.is_set():
            return [settlement_of(each, Released()) for each in backlog.take_all()]
        settled: list[Settlement | None] = []
        until = time.monotonic() + _INLINE_SECONDS
        while time.monotonic() < until and (inline := backlog.take(self._is_inline)):
            settled.append(self._run_inline(inline))
        claim = None if settled else backlog.take()
        if claim is None:
            return settled
        if is_poison_suspect(claim):
            return [None if self._suspects.start(claim) else settlement_of(claim, Released())]
        if self._lane(claim) is Lane.ASYNC:
            return [self._spawn(claim)]
        return list(self._run_members(claim, backlog))

    def _run_members(self, claim: Claim, backlog: Backlog) -> Iterator[Settlement]:
        """Run one attempt, and the members of its chunk that follow within a moment.

        Those share a commit: what takes microseconds would spend its time on waiting for one each.
        """
        until = time.monotonic() + _MEMBERS_SECONDS
        lane = self._lane(claim)

        def follows(other: Claim) -> bool:
            return self._lane(other) is lane and not is_poison_suspect(other)

        following: Claim | None = claim
        while following is not None:
            yield self._run_one(following)
            following = backlog.take(follows) if time.monotonic() < until else None

    def _is_inline(self, claim: Claim) -> bool:
        return self._lane(claim) is Lane.INLINE

    def _lane(self, claim: Claim) -> Lane | None:
        lane = lane_of(claim.node)
        return Lane.PROCESS if lane is not None and is_poison_suspect(claim) else lane

    def _run_inline(self, claim: Claim) -> Settlement:
        started = self._start(claim)
        with _lines_of(claim):
            ran = self.executor.run(claim)
        seconds = self._measured(claim, Lane.INLINE, started)
        return settlement_of(claim, ran.outcome, arrived=ran.arrived, seconds=seconds)

    def _run_one(self, claim: Claim) -> Settlement:
        """Run one attempt in this thread or in a child, within its limit."""
        lane = self._lane(claim)
        if lane is None:
            return settlement_of(claim, Released())
        started = self._start(claim)
        with _lines_of(claim):
            if lane is Lane.PROCESS:
                ran = self.isolated.run(claim, claim.node.timeout.total_seconds())
            else:
                ran = run_in_thread(self.executor, self.leases, claim)
        seconds = self._measured(claim, claim.node.lane, started)
        return settlement_of(claim, ran.outcome, arrived=ran.arrived, seconds=seconds)

    def _claim_suspects(self, refs: Sequence[Ref]) -> list[Claim]:
        """Claim suspects."""
        (result,) = self._commit([Request(refs[0].execution_id, self._budget(), claims=refs)])
        claims = result.claims
        attempt_metrics.claimed(claims)
        return claims

    def _run_suspect(self, claim: Claim) -> None:
        """Run a suspect in a child, and settle it; what follows from it is left to others."""
        self._settle([self._run_one(claim)], hand_over=False, idle=False)

    @staticmethod
    def _start(claim: Claim) -> float:
        """Count an attempt that begins; return when it did."""
        attempt_metrics.started(claim)
        return time.perf_counter()

    def _measured(self, claim: Claim, lane: Lane, started: float) -> float:
        """Take in how long an attempt kept its thread; return the seconds."""
        seconds = time.perf_counter() - started
        if not is_poison_suspect(claim):  # most of its time is the start of its child
            self.durations.measured(claim.node.queue, lane, seconds)
        return seconds

    def _spawn(self, claim: Claim) -> Settlement | None:
        """Start an attempt on the event loop; its settle comes back on a thread of `_after`."""
        started = self._start(claim)
        attempt = self.executor.prepare(claim, partial(self._progress.add, claim))
        if isinstance(attempt, AttemptResult):
            return settlement_of(claim, attempt.outcome, arrived=attempt.arrived)

        async def work() -> None:
            try:
                ran = await run_on_loop(
                    self.executor, self.leases, claim, attempt, draining=self.draining
                )
            except GeneratorExit as error:  # raised in a part of it: asyncio closes what awaits
                ran = self.executor.crashed(claim, attempt, error)
            reports, took = self._progress.ended(claim), time.perf_counter() - started
            self._after.submit(self._go_on, claim, ran, took, reports)

        self.loop.spawn(work())
        return None

    def _go_on(
        self, claim: Claim, ran: AttemptResult, seconds: float, reports: Sequence[Report]
    ) -> None:
        settlement = settlement_of(claim, ran.outcome, arrived=ran.arrived, seconds=seconds)
        try:
            result = self._settle(
                [settlement], hand_over=not self.draining.is_set(), idle=True, reports=reports
            )
            self._run(result.handed_over)
        except BaseException as error:  # noqa: BLE001 - the edge: nobody waits for this thread's result
            _log.error("request.refused", error=repr(error), exc_info=error)

    def _tell(self, report: Report) -> None:
        """Have a report written, beside what else is; nobody waits for it."""
        request = Request(report.claim.ref.execution_id, self._budget(), reports=[report])
        self.committer.commit([request])

    def _settle(
        self,
        settlements: Sequence[Settlement],
        *,
        hand_over: bool,
        idle: bool,
        starts: Claim | None = None,
        reports: Sequence[Report] = (),
    ) -> CommitResult:
        """Settle outcomes, each in the transaction of its execution; return what all come to.

        Args:
            hand_over: whether what they make ready is run here, as far as there is room.
            idle: whether this thread has nothing else to run.
            starts: the member of the chunk that is next.
            reports: what the one attempt among them still had to report.
        """
        budget = self._budget(_ROOM_SECONDS if hand_over else 0.0, idle=hand_over and idle)
        results = self._commit(self._requests(settlements, budget, starts, reports))
        result = _together(results)
        attempt_metrics.settled(settlements, result, self.worker_id)
        for each in settlements:
            if each.claim.lease_id in result.settled and isinstance(each.outcome, Completed):
                self.records.keep(each.claim.ref, _as_settled(each))
        return result

    def _requests(
        self,
        settlements: Iterable[Settlement],
        budget: HandOffBudget | None = None,
        starts: Claim | None = None,
        reports: Sequence[Report] = (),
    ) -> list[Request]:
        """Return a request for each execution that outcomes, or the member that starts, are of."""
        of: defaultdict[UUID, list[Settlement]] = defaultdict(list)
        for each in settlements:
            of[each.claim.ref.execution_id].append(each)
        said = self.logs.ended(each.claim for outcomes in of.values() for each in outcomes)
        starting = starts.ref.execution_id if starts is not None else None
        if starting is not None:
            of[starting] += []
        budget = budget or self._budget()
        return [
            Request(
                execution_id,
                budget,
                outcomes,
                reports=[*reports, *said[execution_id].reports],
                said=said[execution_id].lines,
                starts=[starts] if starts is not None and execution_id == starting else (),
            )
            for execution_id, outcomes in of.items()
        ]

    def _budget(self, seconds: float = 0.0, *, idle: bool = False) -> HandOffBudget:
        return HandOffBudget(self.worker_id or NOBODY, self.queues, seconds, idle)

    def _commit(self, requests: Sequence[Request]) -> list[CommitResult]:
        """Commit requests, and wait for all; each is of another execution.

        One that the ledger refuses comes to nothing, and what the others come to counts; if it
        refuses them all, the first error is raised.
        """
        self.queue.refresh()
        if self.worker_id is None:  # forgotten: what ran is settled, nothing new is claimed
            requests = [replace(each, budget=NO_HAND_OFF, claims=()) for each in requests]
        futures = self.committer.commit(requests)
        refused = [error for each in futures if (error := each.exception()) is not None]
        if refused and len(refused) == len(futures):
            raise refused[0]
        results = [
            each.result() if each.exception() is None else CommitResult() for each in futures
        ]
        for each in results:
            self.leases.add(each.claims)
            self.leases.add(each.handed_over)
        return results


def _lines_of(claim: Claim) -> AbstractContextManager[None]:
    """Have the log lines of an attempt say which execution it belongs to."""
    return bound_contextvars(execution_id=str(claim.ref.execution_id))


def _together(results: Sequence[CommitResult]) -> CommitResult:
    """Return what requests of several executions came to as one result."""
    if len(results) == 1:
        return results[0]
    return CommitResult(
        settled=frozenset(chain.from_iterable(each.settled for each in results)),
        started=frozenset(chain.from_iterable(each.started for each in results)),
        handed_over=[claim for each in results for claim in each.handed_over],
    )


def _as_settled(settlement: Settlement) -> Settled:
    outcome = settlement.outcome
    assert isinstance(outcome, Completed)
    output = settlement.row.output
    assert output is not None  # it completed
    return Settled(NodeState.COMPLETED, outcome.output_key, loads(output), len(output))
