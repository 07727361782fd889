"""`treadle up`: a whole cluster in the current folder, under one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

import psycopg
import typer

from treadle.cli.log_printer import LogPrinter
from treadle.cli.ports import LOOPBACK, Host, Ports
from treadle.cli.task_check import check_tasks
from treadle.core.embedded import EmbeddedServers, find_cluster
from treadle.core.errors import TreadleError
from treadle.core.postgres import connect
from treadle.core.processes import Command, Service, Supervisor
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import COUNTS_FOLDER, Settings, child_environment, variables_read
from treadle.ledger.migrations import migrate
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

#: Most workers started when no number is asked for; each takes memory and, when busy, a core.
_MOST_WORKERS = 4
#: Seconds that a service may take beyond its drain before it is killed: a gateway has ten for the
#: requests under way, each has ten to hand over, and ends by itself after that.
_GRACE_SECONDS = 25.0


class AddressesSet(TreadleError):
    """The environment sets server addresses, but `treadle up` runs its own servers."""

    reason: ClassVar[str] = "addresses_are_set"
    solution: ClassVar[str] = (
        "Unset the addresses, or run `treadle worker` and `treadle scheduler`."
    )


def up(
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Worker processes; as many as cores, up to 4, if not set."
        ),
    ] = None,
    tasks: Annotated[
        list[str] | None,
        typer.Option(
            "--tasks", metavar="MODULE", help="A module with @task functions for workers."
        ),
    ] = None,
    port_base: Annotated[
        int,
        typer.Option(
            min=1,
            max=65_532,
            help="The first of four ports: gateway, planner, worker, scheduler.",
        ),
    ] = 8000,
    host: Host = LOOPBACK,
) -> None:
    """Run all of Treadle here: PostgreSQL, Valkey, and its own services; data in .treadle/.

    Other commands started in this folder find the cluster by themselves. Ctrl-C or SIGTERM drains
    the workers and stops everything; a second signal stops at once.
    """
    settings = Settings.load()
    _refuse_other_servers()
    count = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    ports = Ports(host, port_base, settings.data_dir.absolute() / "counts")
    if find_cluster(settings.data_dir) is None:  # else the folder is held, which says more
        ports.refuse_taken()
    check_tasks(tasks or ())
    with EmbeddedServers(settings.data_dir) as servers:
        ports.count_anew()
        migrate(servers.database_url)
        environment = child_environment(
            TREADLE_DATABASE_URL=servers.database_url,
            TREADLE_REDIS_URL=servers.redis_url,
            # What is sent to people names the gateway, which may be on other ports than the usual.
            TREADLE_PUBLIC_URL=_public_url(settings, ports),
            TREADLE_GATEWAY_LAME_DUCK_SECONDS=str(_lame_duck_seconds(settings)),
        )
        grace_seconds = max(settings.drain_grace_seconds, _lame_duck_seconds(settings))
        grace_seconds += _GRACE_SECONDS
        stages = _stages(count, tasks or (), environment, grace_seconds, ports)
        when_up = partial(_welcome, servers.folder, ports, servers.database_url)
        printer = LogPrinter([each.name for stage in stages for each in stage], when_up)
        Supervisor(stages, printer.print_line, servers.revive, printer.print_end).serve()
    printer.print_down()


def _public_url(settings: Settings, ports: Ports) -> str:
    return settings.public_url if "public_url" in variables_read() else ports.url("gateway")


def _lame_duck_seconds(settings: Settings) -> float:
    """Return how long the gateway is a lame duck: not at all where nobody asked for it."""
    asked = "gateway_lame_duck_seconds" in variables_read()
    return settings.gateway_lame_duck_seconds if asked else 0.0


def _stages(
    count: int,
    tasks: Iterable[str],
    environment: Mapping[str, str],
    grace_seconds: float,
    ports: Ports,
) -> list[list[Service]]:
    """Return the services in the order of their start; they stop in the reverse of it."""
    # -P: no file of the current folder stands in for a module of Treadle.
    treadle = [sys.executable, "-P", "-m", "treadle"]
    modules = [part for module in tasks for part in ("--tasks", module)]

    def service(name: str, role: str, *arguments: str) -> Service:
        counting = {**environment, COUNTS_FOLDER: str(ports.counts(role))}
        return Service(name, Command([*treadle, role, *arguments], counting), grace_seconds)

    # The first worker answers for all of them: they count together.
    served = [ports.options("worker"), *[()] * (count - 1)]
    workers = [
        service(f"worker-{number}", "worker", *modules, *options)
        for number, options in enumerate(served, 1)
    ]
    planner = service("planner", "planner", *ports.options("planner"))
    return [
        [service("scheduler", "scheduler", *ports.options("scheduler"))],
        [*workers, planner],
        [service("gateway", "gateway", *ports.options("gateway"))],
    ]


def _refuse_other_servers() -> None:
    """Refuse to run servers that the other commands in this folder would not use."""
    read = variables_read()
    named = [read[name] for name in ("database_url", "redis_url") if name in read]
    if named:
        names = " and ".join(named)
        raise AddressesSet(
            f"{names} says where the servers are; `treadle up` runs its own.",
            solution=f"Unset {names}, or run `treadle worker` and `treadle scheduler` there.",
            variables=named,
        )


def _welcome(folder: Path, ports: Ports, database_url: str) -> str:
    """Return what a person wants to know of a cluster that has just come up."""
    others = ", ".join(f"{role} {ports.port(role)}" for role in ports.roles[1:])
    lines = [
        f"Treadle is up, with its data in {folder}. Ctrl-C stops it.",
        f"  API:     {ports.url('gateway')}/docs",
        f"  metrics: {ports.url('gateway')}/metrics, and /health; the same on {others}",
    ]
    with suppress(psycopg.Error):  # the cluster is up all the same, or comes up again
        lines += _about_first_key(database_url)
    return "\n".join(lines)


def _about_first_key(database_url: str) -> Iterator[str]:
    """Make the first key of a ledger for a person at a terminal; elsewhere say how to make one.

    It is made in the moment it is shown: one that was made before would be lost if the start were
    cut short. What is no terminal is a log, which keeps what it is given, and holds no key.
    """
    with connect(database_url, autocommit=True) as connection:
        if keys.listed(connection, limit=1):
            return
        if sys.stdout.isatty():
            made = keys.create(connection, LOCAL_OWNER, tuple(Scope), name="made by treadle up")
            yield f"  API key: {made.text}  (account {LOCAL_OWNER}, all scopes; shown this once)"
        else:
            scopes = ",".join(Scope)
            yield f"  API key: none yet; `treadle keys create --scopes {scopes}` makes one"
