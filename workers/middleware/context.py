"""Context: log lines of a message say which execution they belong to."""

from __future__ import annotations

from typing import Any

from dramatiq import Broker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware
from structlog.contextvars import bind_contextvars, clear_contextvars


class Context(Middleware):
    """Binds the execution's id once a message."""

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        bind_contextvars(execution_id=message.args[0])

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        clear_contextvars()
