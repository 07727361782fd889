"""Whether a worker does its own part: what readiness asks beside the servers."""

from __future__ import annotations

from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.workers.attempts.runner import Runner


class WorkerNotRegistered(TreadleError):
    """The process is not registered in the ledger (yet, or any more), and claims no nodes."""

    reason: ClassVar[str] = "worker_not_registered"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Wait for its next beat; if it stays so, look at its log."


class WorkerDraining(TreadleError):
    """The process is stopping, and claims no more nodes."""

    reason: ClassVar[str] = "worker_draining"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Nothing to do: it finishes what runs, and exits."


def check_worker(runner: Runner) -> None:
    """Return if the process claims work.

    Raises:
        WorkerNotRegistered, WorkerDraining
    """
    if runner.draining.is_set():
        raise WorkerDraining("The worker drains.")
    if runner.worker_id is None:
        raise WorkerNotRegistered("The worker is not registered in the ledger.")
