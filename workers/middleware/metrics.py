"""Metrics of messages: how many, and how long each kept its thread."""

from __future__ import annotations

import time
from typing import Any

from dramatiq import Broker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware

from monitoring.metrics import MESSAGE_SECONDS, MESSAGES_FAILED


class MessageMetrics(Middleware):
    """Observes each message in the thread that processes it."""

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        message.options["started"] = time.perf_counter()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        MESSAGE_SECONDS.observe(time.perf_counter() - message.options["started"])
        if exception is not None:
            MESSAGES_FAILED.inc()
