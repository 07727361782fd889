"""`treadle worker`, `planner` and `scheduler`: the services, each one process until a signal."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Annotated

import typer

from core.settings import Settings
from dag.specs.planning import PLANNER_QUEUE
from ledger.migrations import migrate
from monitoring import logs
from monitoring.exposition import Exposition
from monitoring.health import readiness
from monitoring.server import Address, MonitoringServer
from treadle.cli.ending import stop_on_signal
from treadle.cli.ports import LOOPBACK, Host, Port
from workers.census import Census
from workers.health import check_scheduler, check_worker
from workers.nodes import load_planner
from workers.process import WorkerProcess
from workers.scheduler import Scheduler
from workers.session import Connections
from workers.tasks import TASKS

TaskModules = Annotated[
    list[str] | None,
    typer.Option(
        "--tasks",
        metavar="MODULE",
        help="A module with @task functions, found from the current folder; may be repeated.",
    ),
]


def worker(tasks: TaskModules = None, port: Port = None, host: Host = LOOPBACK) -> None:
    """Run nodes until SIGTERM or Ctrl-C, then drain: end or give back what runs, and exit."""
    stop = stop_on_signal()
    # Last, so that no file of the folder can stand in for a module of Treadle.
    sys.path.append(os.getcwd())
    TASKS.discover(tasks or ())
    settings, server = _prepare(port, host)
    process = WorkerProcess(settings)
    if server is not None:
        server.start(
            Exposition(), readiness(settings, worker=partial(check_worker, process.runner))
        )
    process.run_until(stop)


def planner(port: Port = None, host: Host = LOOPBACK) -> None:
    """Turn prompts into workflows until SIGTERM or Ctrl-C, then drain as a worker does."""
    stop = stop_on_signal()
    settings, server = _prepare(port, host)
    load_planner()
    process = WorkerProcess(settings, queues=[PLANNER_QUEUE])
    if server is not None:
        server.start(
            Exposition(), readiness(settings, worker=partial(check_worker, process.runner))
        )
    process.run_until(stop)


def scheduler(port: Port = None, host: Host = LOOPBACK) -> None:
    """Wake what is due, take back what was lost and refill the queues, until SIGTERM or Ctrl-C."""
    stop = stop_on_signal()
    settings, server = _prepare(port, host)
    connections = Connections.to(settings)
    process = Scheduler(connections)
    if server is not None:
        ready = readiness(settings, scheduler=partial(check_scheduler, process))
        server.start(Exposition(Census(connections)), ready)
    process.run_until(stop)


def _prepare(port: int | None, host: str) -> tuple[Settings, MonitoringServer | None]:
    """Read the settings, log as they say, take the port, and bring the ledger up to date."""
    settings = Settings.load()
    logs.configure(settings.log_level)
    server = None if port is None else MonitoringServer(Address(host, port))
    migrate(settings.database_url)
    return settings, server
