"""Attempts alone in a child: CPU-bound tasks, and suspects of every type (rule 8)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event

from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Failed, Released
from treadle.dag.specs.tasks import PYTHON_TASK
from treadle.dag.values import Value
from treadle.ledger.engine.leases import SUSPECT_AFTER, Claim
from treadle.ledger.engine.recovery import LOST_LIMIT, WorkerLost, timed_out
from treadle.workers.attempts.executor import AttemptResult, Executor
from treadle.workers.lanes.child_pool import ChildDied, Children, Watch
from treadle.workers.lanes.isolated_attempt import run_isolated
from treadle.workers.leases import Leases
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.tasks.python_task import child_call, outcome_of


class IsolatedRunner:
    """Runs claims in children, and lives to report their deaths; safe for threads."""

    def __init__(self, settings: Settings, executor: Executor, leases: Leases) -> None:
        self._settings = settings
        self._executor = executor
        self._leases = leases
        self._children = Children()

    def run(self, claim: Claim, seconds: float) -> AttemptResult:
        """Run a claim to its outcome, within a limit."""
        over = Event()

        def watch(kill: Callable[[], None]) -> AbstractContextManager[None]:
            def interrupt() -> None:
                over.set()
                kill()

            return self._leases.interruptible(claim, seconds, interrupt)

        arrived: Value = None
        try:
            if claim.node.spec is not PYTHON_TASK:
                return run_isolated(claim, self._settings, watch=watch)
            attempt = self._executor.prepare(claim)
            if isinstance(attempt, AttemptResult):
                return attempt
            arrived = attempt.input
            outcome = self._call_task(attempt, watch)
        except ChildDied as death:
            outcome = timed_out(seconds) if over.is_set() else _lost(claim, death)
        return AttemptResult(self._executor.with_retry_policy(claim, outcome), arrived)

    def stop(self) -> None:
        """End the children that wait for a call."""
        self._children.stop()

    def _call_task(self, attempt: Attempt, watch: Watch) -> Completed | Failed | Released:
        call = child_call(attempt)
        assert attempt.log is not None
        if isinstance(call, Released):
            return call
        return outcome_of(self._children.call(call, watch=watch, log=attempt.log))


def is_poison_suspect(claim: Claim) -> bool:
    """Return whether a claim runs alone whatever its type, because workers died while it ran."""
    return claim.lost_count >= SUSPECT_AFTER


def _lost(claim: Claim, death: ChildDied) -> Failed | Released:
    """Return what the death of a child comes to."""
    if claim.lost_count + 1 < LOST_LIMIT:
        return Released(lost=True)
    return Failed(WorkerLost(f"{death} It was the last of {LOST_LIMIT} losses.").to_wire())
