"""The ledger of this folder's cluster, read straight: one session that comes back.

It needs neither the engine nor Redis, which take a command longer to load than to use.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import ClassVar
from uuid import UUID

import psycopg

from treadle.cli.cluster import Findings
from treadle.core.errors import TreadleError
from treadle.core.postgres import connect
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.states import ExecutionStatus, InteractionStatus
from treadle.hil.rights import Account, seen
from treadle.ledger.engine.versions import Graphs
from treadle.ledger.people.interactions import interactions
from treadle.ledger.views import executions, node_logs, paging, unserved
from treadle.ledger.views.node_logs import Lines
from treadle.ledger.views.responses import responses
from treadle.wire.causes import Causes
from treadle.wire.executions import ExecutionBrief, ExecutionRecord, ExecutionWarning
from treadle.wire.interactions import Interaction, InteractionResponse
from treadle.wire.logs import LogLine, LogLines

#: Seconds between two looks for new lines.
_POLL_SECONDS = 0.3


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


class Ledger:
    """The ledger, as one command reads it."""

    def __init__(self, settings: Settings, graphs: Graphs) -> None:
        self._settings = settings
        self._graphs = graphs
        self._session: psycopg.Connection | None = None

    def session(self) -> psycopg.Connection:
        """Return the session; a new one if it broke.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        if self._session is None or self._session.closed:
            self._session = connect(self._settings.database_url, autocommit=True)
        return self._session

    def execution(self, execution_id: UUID, *, whole: bool) -> ExecutionRecord:
        inline_bytes = None if whole else 0
        return executions.execution(
            self.session(), self._graphs, execution_id, records=None, inline_bytes=inline_bytes
        )

    def graph(self, execution: ExecutionRecord) -> CompiledGraph:
        return self._graphs.execution(self.session(), UUID(execution.id))

    def lines(self, wanted: Lines, *, after: int, limit: int = 1_000) -> LogLines:
        paging.reached(self.session(), wanted.execution_id)  # raises if there is none
        return node_logs.lines(self.session(), wanted, after=after, limit=limit)

    def follow_lines(self, wanted: Lines) -> Iterator[LogLine]:
        after = 0
        while True:
            is_over = paging.reached(self.session(), wanted.execution_id).is_over
            page = node_logs.lines(self.session(), wanted, after=after)
            yield from page.lines
            if page.lines:
                after = page.after
            elif is_over:
                return
            else:
                time.sleep(_POLL_SECONDS)

    def warnings(self, execution_id: UUID) -> Sequence[ExecutionWarning]:
        # A session of its own: the other one may be in use.
        with closing(connect(self._settings.database_url, autocommit=True)) as session:
            graph = self._graphs.execution_shown(session, execution_id)
            return unserved.warnings(session, execution_id, graph.workflow)

    def causes(self, execution_id: UUID) -> Causes:
        from treadle.ledger.views import causes  # noqa: PLC0415 - only one command asks

        return causes.causes(self.session(), self._graphs, execution_id)

    def check(self, workflow: Workflow) -> Findings:
        return Findings((), unserved.task_warnings(self.session(), workflow))

    def executions(
        self,
        *,
        status: ExecutionStatus | None,
        workflow_id: str | None,
        limit: int,
        id_prefix: str | None = None,
    ) -> Sequence[ExecutionBrief]:
        return executions.executions(
            self.session(),
            owner=LOCAL_OWNER,
            status=status,
            workflow_id=workflow_id,
            id_prefix=id_prefix,
            limit=limit,
        )

    def questions(
        self,
        *,
        status: InteractionStatus | None,
        execution_id: UUID | None,
        limit: int,
        id_prefix: str | None = None,
    ) -> Sequence[Interaction]:
        found = interactions(
            self.session(),
            account=LOCAL_OWNER,
            execution_id=execution_id,
            status=status,
            id_prefix=id_prefix,
            limit=limit,
        )
        return [each.to_wire() for each in found]

    def question(self, interaction_id: UUID) -> Interaction:
        return seen(self.session(), interaction_id, Account(LOCAL_OWNER)).to_wire()

    def responses(self, interaction_id: UUID) -> Sequence[InteractionResponse]:
        self.question(interaction_id)  # raises if it is none of its business
        return responses(self.session(), interaction_id)

    def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            self._session.close()


@contextmanager
def ledger_here(settings: Settings) -> Iterator[Ledger]:
    """Reach the ledger of this folder's cluster for as long as the `with` block runs.

    Raises:
        NoServers: no address is set and no cluster runs in this folder.
        ClusterUnreachable: the database does not answer, at first or later.
        ClusterNotReady: it has not been migrated.
    """
    with closing(Ledger(settings, Graphs())) as ledger, reached(ledger):
        yield ledger


@contextmanager
def reached(ledger: Ledger) -> Iterator[None]:
    """Open the session, and say what it means for the cluster when the database fails.

    Raises:
        ClusterUnreachable, ClusterNotReady
    """
    try:
        ledger.session()
        yield
    except psycopg.OperationalError as error:
        raise ClusterUnreachable(f"The database cannot be reached: {error}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise ClusterNotReady(f"The database is not migrated: {error}") from error
