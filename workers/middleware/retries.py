"""Retries: a message that fails is dropped, because its rows are the queue.

A node's own failure never comes here: it is an outcome, and `dag.retries` decides on it. What comes
here is a claim that could not be made. The rows keep their note, and the dispatcher finds within
seconds that no message stands for them any more.
"""

from __future__ import annotations

from typing import Any

import structlog
from dramatiq import Broker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware

_log = structlog.get_logger()


class LedgerRetries(Middleware):
    """Leaves trying again to the ledger."""

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        if exception is not None:
            _log.warning("message.dropped", error=repr(exception))
