"""The runner: claims are run, settled, and followed to what they make ready (rule 6).

One loop in the thread that took a message: run what is inline together and settle it in one
commit; run the rest one by one; go on with what each settle hands over. Coroutines and their
settles come back on a few threads of their own, into the same loop. Suspects have threads of their
own too, and what follows from them is left to others.

Long because each way through the loop ends in the same settle, and a drain has to know them all.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from uuid import UUID

import structlog

from treadle.dag.outcomes import Completed, Released
from treadle.dag.specs import Lane
from treadle.dag.states import NodeState
from treadle.dag.values import loads
from treadle.ledger.engine.batches import CommitResult, Report, Request
from treadle.ledger.engine.hand_off import NO_HAND_OFF, HandOffBudget
from treadle.ledger.engine.leases import NOBODY, Claim, Ref
from treadle.ledger.engine.recovery import SUSPECT_AFTER
from treadle.ledger.engine.settle_rows import Settlement, settlement_of
from treadle.ledger.views.executions import Settled
from treadle.transport.dispatch_queue import RedisDispatchQueue
from treadle.transport.duration_estimator import DurationEstimator
from treadle.workers.attempts import attempt_metrics
from treadle.workers.attempts.executor import AttemptResult, Executor
from treadle.workers.attempts.progress import Progress
from treadle.workers.attempts.records import Records
from treadle.workers.committer import Committer
from treadle.workers.lanes.event_loop import EventLoop
from treadle.workers.lanes.isolated_runner import IsolatedRunner, is_poison_suspect
from treadle.workers.lanes.limited import run_in_thread, run_on_loop
from treadle.workers.lanes.suspect_lane import SuspectLane
from treadle.workers.leases import Leases
from treadle.workers.nodes.tasks.limits import lane_of

#: Seconds of work that one settle hands over at most.
_ROOM_SECONDS = 0.02
#: Seconds of one thread's hand-offs before what follows goes to the queue, where others share it.
_HAND_OFF_SECONDS = 1.0
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
    worker_id: UUID | None = None
    """This process's id in the ledger; the heartbeat replaces it when its row was deleted."""
    draining: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._after = ThreadPoolExecutor(_AFTER_THREADS, thread_name_prefix="after")
        self._progress = Progress(self._tell)
        self._suspects = SuspectLane(self._claim_suspects, self._run_suspect)

    def run_message(self, lane: Lane, refs: Sequence[Ref]) -> None:
        """Claim what a message names and run it; returns once it is settled or on the loop."""
        if self.draining.is_set() or self.worker_id is None:
            return  # the note stays, and the row is sent again
        while lane is Lane.ASYNC and self.loop.lags() and not self.draining.is_set():
            time.sleep(_LAG_PERIOD_SECONDS)
        start_all = lane is not Lane.THREAD
        asked = Request(
            refs[0].execution_id, self._budget(), claims=refs, start_all=start_all,
            lost_below=SUSPECT_AFTER,
        )  # fmt: skip
        began = time.perf_counter()
        result = self._commit(asked)
        attempt_metrics.claimed(result.claims)
        self._suspects.take(result.passed_over)
        self.executor.look_ahead(result.claims)
        rows = self._run(result.claims)
        if rows:
            queue = result.claims[0].node.queue
            self.durations.occupied(queue, rows, time.perf_counter() - began)

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
            outcome = settlement_of(claim, Released())
            self._commit(Request(claim.ref.execution_id, self._budget(), [outcome]))
        self.leases.interrupt(rest)

    def _run(self, claims: Iterable[Claim]) -> int:
        """Run claims and what their settles hand over, until nothing is left to this thread.

        Returns:
            How many that were.
        """
        todo = deque(claims)
        until = time.monotonic() + _HAND_OFF_SECONDS
        rows = 0
        while todo:
            batch = self._next_batch(todo)
            rows += len(batch)
            settlements = [each for each in batch if each is not None]
            if not settlements:
                continue
            hand_over = time.monotonic() < until and not self.draining.is_set()
            result = self._settle(settlements, hand_over=hand_over, idle=not todo)
            todo.extend(result.handed_over)
            self.executor.look_ahead(result.handed_over)
            starts = settlements[-1].starts
            if starts is not None and starts.lease_id not in result.started:
                self._drop_unstarted(todo)
            elif time.monotonic() >= until:
                self._drop_unstarted(todo, keep=1)
        return rows

    def _drop_unstarted(self, todo: deque[Claim], keep: int = 0) -> None:
        """Release the members of a chunk that have not started, but for the first `keep`.

        The next one could not be started any more, or the chunk takes longer than was expected.
        """
        members = [each for each in todo if not each.started][keep:]
        if not members:
            return
        for each in members:
            todo.remove(each)
        self._settle(
            [settlement_of(each, Released()) for each in members], hand_over=False, idle=False
        )

    def _next_batch(self, todo: deque[Claim]) -> list[Settlement | None]:
        """Run what comes next: all inline ones for a while, or one other."""
        if self.draining.is_set():
            return [settlement_of(todo.popleft(), Released()) for _ in range(len(todo))]
        settled: list[Settlement | None] = []
        until = time.monotonic() + _INLINE_SECONDS
        while todo and self._lane(todo[0]) is Lane.INLINE and time.monotonic() < until:
            settled.append(self._run_inline(todo.popleft()))
        if settled:
            return settled
        claim = todo.popleft()
        if is_poison_suspect(claim):
            return [None if self._suspects.start(claim) else settlement_of(claim, Released())]
        if self._lane(claim) is Lane.ASYNC:
            return [self._spawn(claim)]
        return list(self._run_members(claim, todo))

    def _run_members(self, claim: Claim, todo: deque[Claim]) -> Iterator[Settlement]:
        """Run one attempt, and the members of its chunk that follow within a moment.

        Those share a commit: what takes microseconds would spend its time on waiting for one each.
        """
        until = time.monotonic() + _MEMBERS_SECONDS
        while True:
            settlement = self._run_one(claim)
            following = todo[0] if todo and self._lane(todo[0]) is self._lane(claim) else None
            if following is not None and is_poison_suspect(following):
                following = None
            if following is None or time.monotonic() >= until:
                starts = following if following is not None and not following.started else None
                yield replace(settlement, starts=starts)
                return
            yield settlement
            claim = todo.popleft()

    def _lane(self, claim: Claim) -> Lane | None:
        lane = lane_of(claim.node)
        return Lane.PROCESS if lane is not None and is_poison_suspect(claim) else lane

    def _run_inline(self, claim: Claim) -> Settlement:
        started = self._start(claim)
        ran = self.executor.run(claim)
        seconds = self._measured(claim, Lane.INLINE, started)
        return settlement_of(claim, ran.outcome, arrived=ran.arrived, seconds=seconds)

    def _run_one(self, claim: Claim) -> Settlement:
        """Run one attempt in this thread or in a child, within its limit."""
        lane = self._lane(claim)
        if lane is None:
            return settlement_of(claim, Released())
        started = self._start(claim)
        if lane is Lane.PROCESS:
            ran = self.isolated.run(claim, claim.node.timeout.total_seconds())
        else:
            ran = run_in_thread(self.executor, self.leases, claim)
        seconds = self._measured(claim, claim.node.lane, started)
        return settlement_of(claim, ran.outcome, arrived=ran.arrived, seconds=seconds)

    def _claim_suspects(self, refs: Sequence[Ref]) -> list[Claim]:
        """Claim suspects."""
        asked = Request(refs[0].execution_id, self._budget(), claims=refs, start_all=True)
        claims = self._commit(asked).claims
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
        self.committer.commit(request)

    def _settle(
        self,
        settlements: Sequence[Settlement],
        *,
        hand_over: bool,
        idle: bool,
        reports: Sequence[Report] = (),
    ) -> CommitResult:
        seconds = _ROOM_SECONDS if hand_over else 0.0
        budget = self._budget(seconds, idle=hand_over and idle)
        execution_id = settlements[0].claim.ref.execution_id
        result = self._commit(Request(execution_id, budget, settlements, reports=reports))
        attempt_metrics.settled(settlements, result, self.worker_id)
        for each in settlements:
            if each.claim.lease_id in result.settled and isinstance(each.outcome, Completed):
                self.records.keep(each.claim.ref, _as_settled(each))
        return result

    def _budget(self, seconds: float = 0.0, *, idle: bool = False) -> HandOffBudget:
        return HandOffBudget(self.worker_id or NOBODY, self.queues, seconds, idle)

    def _commit(self, request: Request) -> CommitResult:
        self.queue.refresh()
        if self.worker_id is None:  # forgotten: what ran is settled, nothing new is claimed
            request = replace(request, budget=NO_HAND_OFF, claims=())
        result = self.committer.commit(request).result()
        self.leases.add(result.claims)
        self.leases.add(result.handed_over)
        return result


def _as_settled(settlement: Settlement) -> Settled:
    outcome = settlement.outcome
    assert isinstance(outcome, Completed)
    output = settlement.row.output
    assert output is not None  # it completed
    return Settled(NodeState.COMPLETED, outcome.output_key, loads(output), len(output))
