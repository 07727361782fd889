"""Whether a worker or a scheduler does its own part: what readiness asks beside the servers."""

from __future__ import annotations

from typing import ClassVar

from core.errors import TreadleError
from workers.runner import Runner
from workers.scheduler import Scheduler

#: Seconds without a whole pass after which a scheduler is not well; passes are a second apart.
_SILENCE_SECONDS = 15.0


class WorkerNotRegistered(TreadleError):
    """The process has no row in the ledger yet, or lost it, and claims nothing."""

    reason: ClassVar[str] = "worker_not_registered"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Wait for its next beat; if it stays so, look at its log."


class WorkerDraining(TreadleError):
    """The process was asked to stop, and claims nothing more."""

    reason: ClassVar[str] = "worker_draining"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Nothing is to be mended: it ends what runs, and exits."


class SchedulerSilent(TreadleError):
    """The process has not got through a pass for a while."""

    reason: ClassVar[str] = "scheduler_silent"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Look at its log: a pass that fails says why."


def check_worker(runner: Runner) -> None:
    """Return if the process claims work.

    Raises:
        WorkerNotRegistered, WorkerDraining
    """
    if runner.draining.is_set():
        raise WorkerDraining("The worker drains.")
    if runner.worker_id is None:
        raise WorkerNotRegistered("The worker is not registered in the ledger.")


def check_scheduler(scheduler: Scheduler) -> None:
    """Return if the process passes.

    Raises:
        SchedulerSilent
    """
    seconds = scheduler.silent_seconds()
    if seconds > _SILENCE_SECONDS:
        raise SchedulerSilent(f"No pass for {seconds:.0f} s.", seconds=round(seconds))
