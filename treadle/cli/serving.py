"""`treadle worker` and `treadle scheduler`: the services, each one process until a signal."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from core.settings import Settings
from ledger.migrations import migrate
from monitoring import logs, metrics
from treadle.cli.ending import stop_on_signal
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


MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port", metavar="PORT", help="Serve Prometheus metrics at /metrics on this port."
    ),
]


def worker(tasks: TaskModules = None, metrics_port: MetricsPort = None) -> None:
    """Run nodes until SIGTERM or Ctrl-C, then drain: end or give back what runs, and exit."""
    stop = stop_on_signal()
    # Last, so that no file of the folder can stand in for a module of Treadle.
    sys.path.append(os.getcwd())
    TASKS.discover(tasks or ())
    settings = _prepare(metrics_port)
    WorkerProcess(settings).run_until(stop)


def scheduler(metrics_port: MetricsPort = None) -> None:
    """Wake what is due, take back what was lost and refill the queues, until SIGTERM or Ctrl-C."""
    stop = stop_on_signal()
    settings = _prepare(metrics_port)
    Scheduler(Connections.to(settings)).run_until(stop)


def _prepare(metrics_port: int | None) -> Settings:
    """Read the settings, log as they say, serve metrics, and bring the ledger up to date."""
    settings = Settings.load()
    logs.configure(settings.log_level)
    if metrics_port is not None:
        metrics.serve(metrics_port)
    migrate(settings.database_url)
    return settings
