"""`treadle demo`: a whole cluster for one run of the example pipeline, and what came of it.

Everything in it is real: the servers, the worker processes, the 418 records, the HTTP server that
turns its first caller away. When it ends, nothing is left but the data and the report.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import ClassVar, NoReturn
from uuid import UUID

import typer

import treadle
from treadle.cli.demo_output import tell_what_happened
from treadle.cli.demo_services import Services
from treadle.cli.local import Local
from treadle.cli.plain_text import say
from treadle.cli.prompts import asked_in_terminal, can_ask
from treadle.cli.watch import watch_to_end
from treadle.core.embedded import EmbeddedServers
from treadle.core.errors import TreadleError
from treadle.core.processes import Command, Service, Supervisor
from treadle.core.settings import Settings, child_environment
from treadle.dag.validation import validate
from treadle.ledger.engine.submission import Submission
from treadle.ledger.migrations import migrate
from treadle.ledger.people.answers import InteractionDecided
from treadle.transport.connections import Connections

#: Seconds until all services must be at work.
_START_SECONDS = 30.0
#: Seconds in which a service must have drained: the run is over by then.
_GRACE_SECONDS = 5.0
_WORKERS = 2


class ExamplesMissing(TreadleError):
    """The example pipeline is not part of this installation."""

    reason: ClassVar[str] = "examples_missing"
    solution: ClassVar[str] = "Run `make demo` in a clone of the repository."


def demo() -> None:
    """Run the example pipeline on a cluster of its own, here, and say what happened.

    The cluster's data stays in .treadle/, so `treadle up` shows the run again later.
    """
    examples = _examples()
    settings = Settings.load()
    report = settings.data_dir.absolute() / "demo"
    with _stopped_by_sigterm(), EmbeddedServers(settings.data_dir) as servers:
        say(f"PostgreSQL and Valkey run in {servers.folder}; starting {_WORKERS} workers.")
        migrate(servers.database_url)
        environment = child_environment(
            TREADLE_DATABASE_URL=servers.database_url,
            TREADLE_REDIS_URL=servers.redis_url,
            # The server of country names is on this machine, which workflows may not call else.
            TREADLE_ALLOWED_PRIVATE_ADDRESSES="127.0.0.1",
            PYTHONPATH=str(examples),
        )
        services = Services(settings.data_dir / "demo.log")
        stages = _stages(examples, environment)
        with Supervisor(stages, services.take, servers.revive):
            names = {service.name for stage in stages for service in stage}
            countries_url = services.wait(names, _START_SECONDS)
            ours = Settings.load(database_url=servers.database_url, redis_url=servers.redis_url)
            _run(Local(Connections.to(ours)), examples / "clocks.json", countries_url, report)


def _run(local: Local, file: Path, countries_url: str, report: Path) -> NoReturn:
    validation = validate(file.read_bytes())
    assert validation.workflow is not None  # a test holds the example to it
    assert validation.graph is not None
    request = Submission(
        validation.workflow,
        validation.graph,
        {"countries_url": countries_url, "folder": str(report)},
    )
    started = local.submit(request)
    code = watch_to_end(local, started.id, as_json=False, answer=partial(_answer, local))
    tell_what_happened(local, started.id)
    local.close()
    raise typer.Exit(code)


def _answer(local: Local, interaction_id: UUID) -> None:
    """Have the demo's question answered: by whoever sits here, else as its default says."""
    question = local.question(interaction_id)
    if can_ask():
        with contextlib.suppress(InteractionDecided):  # nobody answered within its minute
            local.answer(interaction_id, asked_in_terminal(question))
        return
    say("Nobody sits at this terminal: the question gets its default response.")
    local.answer(interaction_id, question.default_response or {})


def _stages(examples: Path, environment: dict[str, str]) -> list[list[Service]]:
    def service(name: str, *arguments: str) -> Service:
        command = Command([sys.executable, *arguments], environment=environment)
        return Service(name, command, grace_seconds=_GRACE_SECONDS)

    module = ("-P", "-m", "treadle")
    return [
        [
            service("countries", str(examples / "countries.py")),
            service("scheduler", *module, "scheduler"),
        ],
        [
            service(f"worker-{number}", *module, "worker", "--tasks", "clocks")
            for number in range(1, _WORKERS + 1)
        ],
    ]


def _examples() -> Path:
    """Return the folder of examples: inside the package when installed, beside it in a clone."""
    package = Path(treadle.__file__).resolve().parent
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / "clocks.json").is_file():
            return folder
    raise ExamplesMissing("The examples are not here.")


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Leave in order on SIGTERM as on Ctrl-C."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
