"""Attempts in this process, in a thread or on the event loop, each within its limit.

Whatever the code of an attempt raises is its outcome. Only what fails after it was interrupted from
outside has another one: it is past its limit, or is released by a process that stops.
"""

from __future__ import annotations

import asyncio
from threading import Event

from treadle.dag.outcomes import Failed, Released, Retrying
from treadle.dag.values import Value
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.recovery import timed_out
from treadle.workers.attempts.executor import AttemptResult, Executor
from treadle.workers.interruption import AttemptOver, of_this_task, of_this_thread
from treadle.workers.leases import Leases
from treadle.workers.nodes.attempt import Attempt


def run_in_thread(executor: Executor, leases: Leases, claim: Claim) -> AttemptResult:
    """Run a claim in this thread."""
    interruption, arrived = of_this_thread(), None
    seconds = claim.node.timeout.total_seconds()
    try:
        with leases.interruptible(claim, seconds, interruption):
            ran = executor.run(claim)
        if not (interruption.asked and _has_failed(ran)):
            return ran
        arrived = ran.arrived
    except AttemptOver:
        pass
    return _past_limit(executor, claim, seconds, arrived)


async def run_on_loop(
    executor: Executor, leases: Leases, claim: Claim, attempt: Attempt, *, draining: Event
) -> AttemptResult:
    """Run a prepared claim in this asyncio task; `draining` says that a stop may cancel it."""
    interruption, task = of_this_task(), asyncio.current_task()
    seconds = claim.node.timeout.total_seconds()
    ran, cancelled = None, None
    with leases.interruptible(claim, seconds, interruption):
        try:
            ran = await executor.run_async(claim, attempt)
        except asyncio.CancelledError as error:
            cancelled = error
    if ran is not None and not _has_failed(ran):
        return ran
    if interruption.asked:
        return _past_limit(executor, claim, seconds, attempt.input)
    if draining.is_set() and task is not None and task.cancelling():
        return AttemptResult(Released(), attempt.input)
    return ran or executor.crashed(claim, attempt, cancelled or asyncio.CancelledError())


def _has_failed(ran: AttemptResult) -> bool:
    return isinstance(ran.outcome, Failed | Retrying)


def _past_limit(executor: Executor, claim: Claim, seconds: float, arrived: Value) -> AttemptResult:
    return AttemptResult(executor.with_retry_policy(claim, timed_out(seconds)), arrived)
