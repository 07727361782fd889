"""Metrics of messages: how many, how long each kept its thread, and how many threads work."""

from __future__ import annotations

import time
from typing import Any

from dramatiq import Broker, Worker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware

from treadle.monitoring.metrics import (
    MESSAGE_SECONDS,
    MESSAGES_FAILED,
    WORKER_THREADS,
    WORKER_THREADS_BUSY,
)


class MessageMetrics(Middleware):
    """Observes each message in the thread that processes it."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        WORKER_THREADS.set(worker.worker_threads)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        WORKER_THREADS.set(0)

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        WORKER_THREADS_BUSY.inc()
        message.options["started"] = time.perf_counter()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        WORKER_THREADS_BUSY.dec()
        MESSAGE_SECONDS.observe(time.perf_counter() - message.options["started"])
        if exception is not None:
            MESSAGES_FAILED.inc()
