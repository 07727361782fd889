"""`treadle up`: a whole cluster in the current folder, under one process."""

from __future__ import annotations

import os
import sys
from typing import Annotated, ClassVar

import typer

from core.embedded import EmbeddedServers
from core.errors import TreadleError
from core.processes import Command, Service, Supervisor
from core.settings import Settings, child_environment, variables_read
from ledger.migrations import migrate
from treadle.cli.telling import Teller

#: Most workers started when no number is asked for; each takes memory and, when busy, a core.
_MOST_WORKERS = 4
#: Seconds that a service may take beyond its drain before it is killed.
_GRACE_SECONDS = 10.0


class AddressesSet(TreadleError):
    """The environment names servers, and `treadle up` would run others."""

    reason: ClassVar[str] = "addresses_are_set"


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
) -> None:
    """Run PostgreSQL, Valkey, workers and a scheduler here, with the data in .treadle/.

    Other commands started in this folder find the cluster by themselves. Ctrl-C or SIGTERM drains
    the workers and stops everything; a second signal stops at once.
    """
    settings = Settings.load()
    _refuse_other_servers()
    count = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    with EmbeddedServers(settings.data_dir) as servers:
        migrate(servers.database_url)
        environment = child_environment(
            TREADLE_DATABASE_URL=servers.database_url, TREADLE_REDIS_URL=servers.redis_url
        )
        grace = settings.drain_grace_seconds + _GRACE_SECONDS

        def service(name: str, *arguments: str) -> Service:
            # -P: no file of the current folder stands in for a module of Treadle.
            argv = [sys.executable, "-P", "-m", "treadle", *arguments]
            return Service(name, Command(argv, environment=environment), grace_seconds=grace)

        modules = [part for module in tasks or () for part in ("--tasks", module)]
        running = [service(f"worker-{n}", "worker", *modules) for n in range(1, count + 1)]
        stages = [[service("scheduler", "scheduler")], running]
        teller = Teller(servers.folder, {"scheduler"} | {each.name for each in running})
        Supervisor(stages, teller.tell, servers.revive).serve()
    typer.echo("Treadle is down.")


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
