"""Leases: the process beats while its threads run (rules 7 and 10)."""

from __future__ import annotations

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from treadle.workers.heartbeat import Heartbeat


class LeaseKeeping(Middleware):
    """Registers the process before its first claim, and takes it off the list after its last."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        self._heartbeat.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        self._heartbeat.stop()
