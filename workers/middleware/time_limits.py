"""Time limits: an attempt past its limit is interrupted by its own process (invariant 7).

Meanwhile, what waits in the thread of one that only takes longer than expected is given back, and
what tasks print is handed on.
An attempt that cannot be interrupted loses its lease to the scheduler a little later.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from treadle.core.vital import VitalThread
from treadle.workers.leases import Leases

#: Seconds between two looks at the attempts' limits.
_PERIOD_SECONDS = 0.25


class TimeLimits(Middleware):
    """Looks at the limits while the threads run."""

    def __init__(self, leases: Leases, look_after: Callable[[], None]) -> None:
        self._leases = leases
        self._look_after = look_after
        self._stopping = Event()
        self.thread = VitalThread(self._watch, "time-limits")

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        self.thread.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        self._stopping.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_PERIOD_SECONDS):
            self._leases.interrupt_overdue()
            self._look_after()
