"""A command's way to the cluster: one session that comes back, the belt, and who is to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar
from uuid import UUID

import psycopg

from core.errors import TreadleError
from core.settings import Settings
from ledger.graphs import Graphs
from ledger.rows import Belt, Followed
from workers.session import Connections

Control = Callable[[psycopg.Connection, Graphs, Belt, UUID], Followed]
"""What a person does to one execution."""


class ClusterUnreachable(TreadleError):
    """The database does not answer, or went away."""

    reason: ClassVar[str] = "cluster_unreachable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Ask `treadle doctor` what is down, and start it."


class ClusterNotReady(TreadleError):
    """The database is there and holds no ledger of this release."""

    reason: ClassVar[str] = "cluster_not_ready"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Start a `treadle worker` of this release; it migrates the database."


class Link:
    """What one command uses of the cluster."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.graphs = connections.graphs
        self.belt = connections.belt
        self._session: psycopg.Connection | None = None

    def session(self) -> psycopg.Connection:
        """Return the session; a new one if it broke.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        if self._session is None or self._session.closed:
            self._session = self.connections.open_session()
        return self._session

    def deliver(self, followed: Followed) -> None:
        """Do what a committed transaction leaves to its caller."""
        self.belt.send(followed.noted)
        self.belt.ring(followed.touched)

    def act(self, control: Control, execution_id: UUID) -> None:
        """Do to an execution what a person asked for."""
        self.deliver(control(self.session(), self.graphs, self.belt, execution_id))

    def close(self) -> None:
        """Close every connection."""
        self.connections.broker.client.close()
        if self._session is not None:
            self._session.close()


@contextmanager
def reached() -> Iterator[Link]:
    """Reach the cluster for as long as the `with` block runs.

    Raises:
        NoServers: no address is set and no cluster runs in this folder.
        ClusterUnreachable: the database does not answer, at first or later.
        ClusterNotReady: it has not been migrated.
    """
    link = Link(Connections.to(Settings.load()))
    try:
        link.session()
        link.belt.refresh(force=True)
        yield link
    except psycopg.OperationalError as error:
        raise ClusterUnreachable(f"The database cannot be reached: {error}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise ClusterNotReady(f"The database is not migrated: {error}") from error
    finally:
        link.close()
