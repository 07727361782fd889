"""A cell that tests may hurt: servers of its own, real workers and schedulers, short leases.

The processes live from test to test, because each takes seconds to start; `make_whole` replaces
what a test has killed. Their logs stand in the folder, and a test that waits in vain quotes them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from tests.conftest import WaitUntil
from tests.support.workflows import Document, valid
from treadle.core.embedded import EmbeddedServers
from treadle.core.postgres import connect
from treadle.core.processes import Command, GuardedProcess
from treadle.core.settings import Settings, child_environment
from treadle.dag.states import FINAL_EXECUTION_STATUSES
from treadle.ledger.engine import control
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.migrations import migrate
from treadle.ledger.views import executions, processes
from treadle.planner import requests
from treadle.transport.connections import Connections

#: Seconds of silence after which a process is dead, and between two beats.
LEASE_SECONDS, HEARTBEAT_SECONDS = 3, 0.5
#: Seconds for anything to come: many times what it takes on a calm machine, and less than the
#: minute after which a lost message is sent again even if its loss was never noticed.
PATIENCE_SECONDS = 55.0
#: What a session may hold others up, in proportion to the short leases; see `core.postgres`.
_LIMITS = "-c%20transaction_timeout%3D2000"
_ROOT = Path(__file__).parents[2]
_TASKS = "tests.fault.fault_tasks"
_QUOTED_LINES = 25
#: It calls a Redis that is away critical.
_CONSUMER = "dramatiq.worker.ConsumerThread(nodes)"

Result = TypeVar("Result")


class Service:
    """One process of the cell."""

    def __init__(self, name: str, argv: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._read = 0
        command = Command([sys.executable, "-m", "treadle", *argv], environment, _ROOT)
        with log.open("wb") as output:
            self._process = GuardedProcess(command, output)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash does, and wait for that; a stopped one too."""
        self._process.stop()

    def new_records(self) -> list[dict[str, Any]]:
        """Return what it logged since the last call; a line that is no JSON has the level `raw`."""
        lines = self.log.read_text(errors="replace").splitlines()[self._read :]
        self._read += len(lines)
        records = []
        for line in lines:
            try:
                records.append(json.loads(line))
            except ValueError:
                records.append({"level": "raw", "event": line})
        return records


class Cell:
    """The servers, the processes on them, and a client of its own."""

    def __init__(self, folder: Path, wait_until: WaitUntil) -> None:
        self.folder = folder
        self.servers = EmbeddedServers(folder / "servers")
        self.workers: list[Service] = []
        self.schedulers: list[Service] = []
        self.planners: list[Service] = []
        self.gateways: list[Service] = []
        self._wait_until = wait_until
        self._numbers = count(1)
        #: Those whose logs have not been read to the end.
        self._started: list[Service] = []
        self._session: psycopg.Connection | None = None

    def start(self) -> None:
        """Start the servers and bring the ledger into being."""
        self.servers.start()
        migrate(self.servers.database_url)
        self.connections = Connections.to(
            Settings.load(database_url=self.servers.database_url, redis_url=self.servers.redis_url)
        )

    def stop(self) -> None:
        """Kill what runs, and stop the servers."""
        for service in [*self.workers, *self.schedulers, *self.planners, *self.gateways]:
            service.kill()
        self.forget_session()
        self.servers.stop()

    def restart(self) -> None:
        """Go down as a whole and come up again on the same data."""
        self.stop()
        self.servers.start()
        self.make_whole()

    # -- processes --------------------------------------------------------------------------------

    def make_whole(self, *, workers: int = 2, schedulers: int = 1) -> None:
        """Have exactly so many processes, and wait until the workers beat."""
        for kept, wanted, argv in (
            (self.workers, workers, ["worker", "--tasks", _TASKS]),
            (self.schedulers, schedulers, ["scheduler"]),
        ):
            well = [service for service in kept if service.status is None][:wanted]
            for service in set(kept) - set(well):
                service.kill()
            kept[:] = well + [self._start(argv) for _ in range(wanted - len(well))]
        self.wait(lambda: all(self.worker_id(each) for each in self.workers))

    def revive(self) -> None:
        """Start again the workers that ended, as a supervisor does."""
        for index, service in enumerate(self.workers):
            if service.status is not None:
                service.kill()
                self.workers[index] = self._start(["worker", "--tasks", _TASKS])

    def start_planner(self) -> Service:
        """Start a planner beside the workers, and wait until it beats; a test kills its own."""
        planner = self._start(["planner"])
        self.planners.append(planner)
        self.wait(lambda: self.worker_id(planner))
        return planner

    def start_gateway(self, port: int) -> Service:
        """Start a gateway on a port; whoever asks waits until it answers. A test kills its own."""
        gateway = self._start(["gateway", "--port", str(port)])
        self.gateways.append(gateway)
        return gateway

    def _start(self, argv: list[str]) -> Service:
        name = f"{argv[0]}-{next(self._numbers)}"
        separator = "&" if "?" in self.servers.database_url else "?"
        named = f"application_name={name}&options={_LIMITS}"
        environment = child_environment(
            TREADLE_DATABASE_URL=f"{self.servers.database_url}{separator}{named}",
            TREADLE_REDIS_URL=self.servers.redis_url,
            TREADLE_LEASE_SECONDS=str(LEASE_SECONDS),
            TREADLE_HEARTBEAT_SECONDS=str(HEARTBEAT_SECONDS),
            TREADLE_DRAIN_GRACE_SECONDS="5",  # a thread that hangs is waited for no longer
            TREADLE_ALLOWED_PRIVATE_ADDRESSES="127.0.0.1",  # servers of the tests
        )
        self._started.append(Service(name, argv, environment, self.folder / f"{name}.log"))
        return self._started[-1]

    def worker_id(self, service: Service) -> UUID | None:
        """Return a worker's present id in the ledger."""
        known = self.ask(processes.workers)
        return next((row.id for row in known if row.pid == service.pid), None)

    def is_quiet(self, service: Service) -> bool:
        """Return whether nothing of a process is under way in PostgreSQL.

        A backend that waits for a stopped process to read its answer does nothing more; one that
        has written holds a transaction until it commits or its limits end it.
        """
        rows = self.rows(
            "select count(*) from pg_stat_activity where application_name = %s"
            " and (backend_xid is not null"
            " or (state = 'active' and coalesce(wait_event_type, '') <> 'Client'))",
            service.name,
        )
        return rows == [(0,)]

    # -- the client -------------------------------------------------------------------------------

    def submit(self, document: Document, value: Any) -> UUID:
        """Start an execution."""
        validation = valid(document)
        assert validation.workflow is not None
        assert validation.graph is not None
        return self._submit(Submission(validation.workflow, validation.graph, value))

    def _submit(self, request: Submission) -> UUID:
        connections = self.connections
        return self.ask(lambda s: submit(connections.engine, s, request)).execution_id

    def ask_for_plan(self, prompt: str) -> UUID:
        """Ask for a plan; its id is its execution's."""
        return self._submit(requests.request(prompt))

    def control(self, action: str, execution_id: UUID) -> None:
        """Cancel, pause or resume an execution."""
        call = {"cancel": control.cancel, "pause": control.pause, "resume": control.resume}[action]
        connections = self.connections
        self.ask(lambda s: call(connections.engine, s, execution_id))

    def ask(self, call: Callable[[psycopg.Connection], Result]) -> Result:
        """Call with a session to the ledger; once more with a new one if that broke."""
        try:
            return call(self._open())
        except psycopg.OperationalError:
            self.forget_session()
            return call(self._open())

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self.ask(lambda session: session.execute(statement, parameters).fetchall())

    def forget_session(self) -> None:
        """Close the client's session, if it has one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(self) -> psycopg.Connection:
        if self._session is None:
            self._session = connect(self.servers.database_url, autocommit=True)
        return self._session

    # -- waiting ----------------------------------------------------------------------------------

    def wait(self, predicate: Callable[[], Result | None]) -> Result:
        """Wait for something; tell the state of the cell if it does not come."""
        try:
            return self._wait_until(predicate, timeout=PATIENCE_SECONDS)
        except BaseException as failure:
            failure.add_note(self.tell())
            raise

    def wait_completed(self, execution_id: UUID, nodes: int) -> None:
        """Wait until so many nodes completed; the execution must still be under way then."""
        counting = (
            "select count(*) from node_executions where execution_id = %s and state = 'completed'"
        )
        self.wait(lambda: self.rows(counting, execution_id)[0][0] >= nodes)
        assert not self.is_final(execution_id), "the fault came too late"

    def wait_due(self, execution_id: UUID, node: str) -> None:
        """Wait until a timer's time has come, whether or not it wakes."""
        due = (
            "select due_at < clock_timestamp() from node_executions"
            " where execution_id = %s and node = %s"
        )
        self.wait(lambda: self.rows(due, execution_id, node) == [(True,)])

    def wait_ended(self, execution_id: UUID) -> str:
        """Wait for the end of an execution; return its status."""
        self.wait(lambda: self.is_final(execution_id))
        return self.status(execution_id)

    def status(self, execution_id: UUID) -> str:
        return self.ask(lambda session: executions.status(session, execution_id))

    def is_final(self, execution_id: UUID) -> bool:
        return self.status(execution_id) in FINAL_EXECUTION_STATUSES

    def tell(self) -> str:
        """Return what a person wants to see of a cell that does not do what it should."""
        told = [
            f"{row}" for row in self.rows(
                "select e.id, e.status, n.state, n.wait_kind, n.phase, n.worker_id, count(*),"
                " min(n.scope || ' ' || n.node) from executions e"
                " join node_executions n on n.execution_id = e.id"
                " where e.finished_at is null group by 1, 2, 3, 4, 5, 6"
            )
        ]  # fmt: skip
        told += [f"{row}" for row in self.ask(processes.workers)]
        for service in [*self.workers, *self.schedulers]:
            lines = service.log.read_text(errors="replace").splitlines()[-_QUOTED_LINES:]
            told += [f"{service.name} ({service.pid}): {service.status}", *lines]
        return "\n".join(told)

    def take_complaints(self) -> list[str]:
        """Return what the processes logged that nothing in these tests should bring about."""
        found = [
            f"{service.name}: {record}"
            for service in self._started
            for record in service.new_records()
            if record["level"] in ("error", "critical", "raw") and record.get("logger") != _CONSUMER
        ]
        self._started = [service for service in self._started if service.status is None]
        return found
