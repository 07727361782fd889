"""Drain: a stopping process claims nothing more (rule 11)."""

from __future__ import annotations

import time

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from treadle.workers.runner import Runner


class Drain(Middleware):
    """Ends the runner around the end of the threads."""

    def __init__(self, runner: Runner, *, grace_seconds: float) -> None:
        self._runner = runner
        self._grace_seconds = grace_seconds
        self._until = 0.0

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        self._until = time.monotonic() + self._grace_seconds
        self._runner.draining.set()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """The threads and the loop share one grace time."""
        self._runner.stop(max(0.0, self._until - time.monotonic()))
