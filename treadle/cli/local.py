"""The cluster of this folder, reached straight: one session that comes back, and the queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from treadle.cli.cluster import Control, Started
from treadle.cli.tail import tail
from treadle.core.errors import TreadleError
from treadle.core.settings import Settings
from treadle.dag.graph import CompiledGraph
from treadle.dag.states import ExecutionStatus, InteractionStatus
from treadle.hil.answers import responding, seen
from treadle.hil.rights import Account
from treadle.ledger.engine import control
from treadle.ledger.engine.retrying import retry
from treadle.ledger.engine.submission import LOCAL_OWNER, Submission, submit
from treadle.ledger.people.answers import answer
from treadle.ledger.people.interactions import interactions
from treadle.ledger.views import executions
from treadle.planner import requests
from treadle.transport.connections import Connections
from treadle.transport.metrics_relay import relaying
from treadle.wire.events import Event
from treadle.wire.executions import ExecutionBrief, ExecutionRecord
from treadle.wire.interactions import Answered, Interaction
from treadle.wire.objects import members, unchecked
from treadle.wire.plans import Plan

_CONTROLS = {
    Control.CANCEL: control.cancel,
    Control.PAUSE: control.pause,
    Control.RESUME: control.resume,
}
_answered = unchecked(Answered)


class ClusterUnreachable(TreadleError):
    """The database does not answer, or the connection was lost."""

    reason: ClassVar[str] = "cluster_unreachable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Run `treadle doctor` to see what is down, and start it."


class ClusterNotReady(TreadleError):
    """The database answers, but has no ledger of this release."""

    reason: ClassVar[str] = "cluster_not_ready"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Start a `treadle worker` of this release; it migrates the database."


class Local:
    """The ledger and its engine, as one command uses them."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.engine = connections.engine
        self._session: psycopg.Connection | None = None

    def session(self) -> psycopg.Connection:
        """Return the session; a new one if it broke.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        if self._session is None or self._session.closed:
            self._session = self.connections.open_session()
        return self._session

    def submit(self, request: Submission) -> Started:
        submitted = submit(self.engine, self.session(), request)
        return self._started(submitted.execution_id, repeated=submitted.repeated)

    def execution(self, execution_id: UUID, *, whole: bool) -> ExecutionRecord:
        inline_bytes = None if whole else 0
        return executions.execution(
            self.session(),
            self.engine.graphs,
            execution_id,
            records=None,
            inline_bytes=inline_bytes,
        )

    def graph(self, execution: ExecutionRecord) -> CompiledGraph:
        return self.engine.graphs.execution(self.session(), UUID(execution.id))

    def executions(
        self, *, status: ExecutionStatus | None, workflow_id: str | None, limit: int
    ) -> Sequence[ExecutionBrief]:
        return executions.executions(
            self.session(), owner=LOCAL_OWNER, status=status, workflow_id=workflow_id, limit=limit
        )

    def follow(self, execution_id: UUID, *, after_seq: int = 0) -> Iterator[list[Event]]:
        listener = self.connections.broker.client
        return tail(self.session, listener, execution_id, after_seq=after_seq)

    def control(self, action: Control, execution_id: UUID) -> ExecutionStatus:
        call = _CONTROLS[action]
        call(self.engine, self.session(), execution_id)
        return executions.status(self.session(), execution_id)

    def retry(self, execution_id: UUID) -> Started:
        return self._started(retry(self.engine, self.session(), execution_id))

    def ask_for_plan(self, prompt: str, *, key: str | None) -> Started:
        return self.submit(requests.request(prompt, idempotency_key=key))

    def plan(self, plan_id: UUID) -> Plan:
        found = executions.execution(self.session(), self.engine.graphs, plan_id, records=0)
        return requests.plan_of(found)

    def questions(
        self, *, status: InteractionStatus | None, execution_id: UUID | None, limit: int
    ) -> Sequence[Interaction]:
        found = interactions(
            self.session(),
            account=LOCAL_OWNER,
            execution_id=execution_id,
            status=status,
            limit=limit,
        )
        return [each.to_wire() for each in found]

    def question(self, interaction_id: UUID) -> Interaction:
        return seen(self.session(), interaction_id, Account(LOCAL_OWNER)).to_wire()

    def answer(self, interaction_id: UUID, raw: Mapping[str, Any]) -> Answered:
        respond = responding(Account(LOCAL_OWNER), "cli", raw)
        made = answer(self.engine, self.session(), interaction_id, respond)
        return _answered(**members(made.interaction.to_wire()), repeated=made.repeated)

    def close(self) -> None:
        """Close every connection."""
        self.connections.broker.client.close()
        if self._session is not None:
            self._session.close()

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
    local = Local(Connections.to(settings))
    try:
        local.session()
        with relaying(local.connections.broker.client):
            yield local
    except psycopg.OperationalError as error:
        raise ClusterUnreachable(f"The database cannot be reached: {error}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise ClusterNotReady(f"The database is not migrated: {error}") from error
    finally:
        local.close()
