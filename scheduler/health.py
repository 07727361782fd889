"""Whether a scheduler does its own part: what readiness asks beside the servers."""

from __future__ import annotations

from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.scheduler.process import Scheduler

#: Seconds without a whole pass after which a scheduler is not well; passes are a second apart.
_SILENCE_SECONDS = 15.0


class SchedulerSilent(TreadleError):
    """The scheduler has not completed a pass for some time."""

    reason: ClassVar[str] = "scheduler_silent"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Read its log: a failed pass is logged with its error."


def check_scheduler(scheduler: Scheduler) -> None:
    """Return if the process passes.

    Raises:
        SchedulerSilent
    """
    seconds = scheduler.silent_seconds()
    if seconds > _SILENCE_SECONDS:
        raise SchedulerSilent(f"No pass for {seconds:.0f} s.", seconds=round(seconds))
