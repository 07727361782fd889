"""The cluster of this folder, reached straight: the ledger, its engine and the queue.

What only one command uses is loaded by it: it takes longer to load than to run.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import structlog

from treadle.cli.cluster import Control, Started
from treadle.cli.ledger import Ledger, reached
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings
from treadle.dag.replies import Via
from treadle.dag.states import ExecutionStatus
from treadle.hil.rights import Account
from treadle.ledger.engine import control
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.views import executions
from treadle.transport.connections import Connections
from treadle.transport.metrics_relay import relaying
from treadle.wire.events import Event
from treadle.wire.interactions import Answered
from treadle.wire.objects import members, unchecked
from treadle.wire.plans import Plan

_CONTROLS = {
    Control.CANCEL: control.cancel,
    Control.PAUSE: control.pause,
    Control.RESUME: control.resume,
}
_answered = unchecked(Answered)


class Local(Ledger):
    """The ledger, its engine and the queue, as one command uses them."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections.settings, connections.engine.graphs)
        self.connections = connections
        self.engine = connections.engine

    def submit(self, request: Submission) -> Started:
        submitted = submit(self.engine, self.session(), request)
        return self._started(submitted.execution_id, repeated=submitted.repeated)

    def follow(self, execution_id: UUID, *, after_seq: int = 0) -> Iterator[list[Event]]:
        from treadle.cli.tail import tail  # noqa: PLC0415 - see above

        listener = self.connections.broker.client
        return tail(self.session, listener, execution_id, after_seq=after_seq)

    def control(self, action: Control, execution_id: UUID) -> ExecutionStatus:
        call = _CONTROLS[action]
        call(self.engine, self.session(), execution_id)
        return executions.status(self.session(), execution_id)

    def retry(self, execution_id: UUID, *, key: str | None) -> Started:
        from treadle.ledger.engine.retrying import retry  # noqa: PLC0415 - see above

        made = retry(self.engine, self.session(), execution_id, idempotency_key=key)
        return self._started(made)

    def ask_for_plan(self, prompt: str, *, key: str | None) -> Started:
        from treadle.planner import requests  # noqa: PLC0415 - see above

        return self.submit(requests.request(prompt, idempotency_key=key))

    def plan(self, plan_id: UUID) -> Plan:
        from treadle.planner import requests  # noqa: PLC0415 - see above

        found = executions.execution(self.session(), self.engine.graphs, plan_id, records=0)
        return requests.plan_now(self.session(), found)

    def answer(self, interaction_id: UUID, raw: Mapping[str, Any]) -> Answered:
        from treadle.hil.answers import responding  # noqa: PLC0415 - see above
        from treadle.ledger.people.answers import answer  # noqa: PLC0415 - see above

        respond = responding(Account(LOCAL_OWNER), Via.CLI, raw)
        made = answer(self.engine, self.session(), interaction_id, respond)
        return _answered(**members(made.interaction.to_wire()), repeated=made.repeated)

    def close(self) -> None:
        """Close every connection."""
        self.connections.broker.client.close()
        super().close()

    def _started(self, execution_id: UUID, *, repeated: bool = False) -> Started:
        return Started(execution_id, executions.status(self.session(), execution_id), repeated)


@contextmanager
def connected_here(settings: Settings) -> Iterator[Local]:
    """Reach the cluster of this folder for as long as the `with` block runs.

    Raises:
        NoServers: no address is set and no cluster runs in this folder.
        ClusterUnreachable: the database does not answer, at first or later.
        ClusterNotReady: it has not been migrated.
    """
    with (
        _logging_errors(),
        closing(Local(Connections.to(settings))) as local,
        reached(local),
        relaying(local.connections.broker.client),
    ):
        yield local


@contextmanager
def _logging_errors() -> Iterator[None]:
    """Log to standard error, and errors alone: standard output is the command's answer.

    What a service has configured, such as that of `treadle up`, remains.
    """
    if structlog.is_configured():
        yield
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.reset_defaults()
