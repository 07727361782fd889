"""`treadle worker`, `planner` and `scheduler`: the services, each one process until a signal."""

from __future__ import annotations

import os
import sys
from functools import partial
from threading import Event
from typing import Annotated

import typer

from treadle.cli.ports import LOOPBACK, Host, Port
from treadle.cli.service_edge import logging_service
from treadle.cli.signals import end_in_time, stop_on_signal
from treadle.core.redis import connect
from treadle.core.settings import Settings, counts_folder
from treadle.ledger.migrations import migrate
from treadle.monitoring import logs
from treadle.monitoring.dependencies import DependencyWatch
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import readiness
from treadle.monitoring.metrics import PROCESS_STARTS
from treadle.monitoring.server import Address, MonitoringServer
from treadle.scheduler.cluster_stats import ClusterStats
from treadle.scheduler.health import check_scheduler
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.transport.process_reports import Role, reporting
from treadle.workers.health import check_worker
from treadle.workers.process import WorkerProcess
from treadle.workers.tasks import TASKS

TaskModules = Annotated[
    list[str] | None,
    typer.Option(
        "--tasks",
        metavar="MODULE",
        help="A module with @task functions, found from the current folder; may be repeated.",
    ),
]


def worker(tasks: TaskModules = None, port: Port = None, host: Host = LOOPBACK) -> None:
    """Run nodes until SIGTERM or Ctrl-C, then drain: end or release what runs, and exit."""
    stop = stop_on_signal()
    with logging_service():
        # Last, so that no file of the folder can stand in for a module of Treadle.
        sys.path.append(os.getcwd())
        TASKS.discover(tasks or Settings.load().tasks)
        settings, server = _prepare(port, host)
        _work(WorkerProcess(settings), Role.WORKER, settings, server, stop)


def planner(port: Port = None, host: Host = LOOPBACK) -> None:
    """Turn prompts into workflows until SIGTERM or Ctrl-C, then drain as a worker does."""
    stop = stop_on_signal()
    with logging_service():
        settings, server = _prepare(port, host)
        # The models' SDKs take seconds to load, and no other service needs them.
        from treadle.planner.process import planner_process  # noqa: PLC0415

        _work(planner_process(settings), Role.PLANNER, settings, server, stop)


def scheduler(port: Port = None, host: Host = LOOPBACK) -> None:
    """Wake what is due, reclaim what was lost and refill the queues, until SIGTERM or Ctrl-C."""
    stop = stop_on_signal()
    with logging_service():
        settings, server = _prepare(port, host)
        connections = Connections.to(settings)
        process = Scheduler(connections)
        end_in_time(stop, 0.0)
        ready = readiness(
            settings, scheduler=partial(check_scheduler, process), threads=process.vital.check
        )
        if server is not None:
            server.start(Exposition(ClusterStats(connections)), ready)
        with reporting(connect(settings.redis_url), Role.SCHEDULER, ready, process.vital):
            process.run_until(stop)


def _prepare(port: int | None, host: str) -> tuple[Settings, MonitoringServer | None]:
    """Read the settings, log as they say, take the port, and bring the ledger up to date."""
    settings = Settings.load()
    logs.configure(settings.log_level)
    PROCESS_STARTS.inc()
    server = None if port is None else MonitoringServer(Address(host, port))
    migrate(settings.database_url)
    if server is not None or counts_folder() is not None:  # else nobody reads what it would set
        DependencyWatch(settings).start()
    return settings, server


def _work(
    process: WorkerProcess,
    role: Role,
    settings: Settings,
    server: MonitoringServer | None,
    stop: Event,
) -> None:
    """Have a process run nodes until `stop` is set, and be watched meanwhile."""
    worker = partial(check_worker, process.runner)
    ready = readiness(settings, worker=worker, threads=process.vital.check)
    if server is not None:
        server.start(Exposition(), ready)
    end_in_time(stop, settings.drain_grace_seconds)
    with reporting(connect(settings.redis_url), role, ready, process.vital):
        process.run_until(stop)
