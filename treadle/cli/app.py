"""The commands by name, and the edge where an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from treadle.cli.edge import edge
from treadle.cli.errors import print_error
from treadle.cli.plain_text import plain, say
from treadle.cli.usage_words import in_plain_words
from treadle.core.errors import TreadleError
from treadle.core.gc_pause import gc_paused

_UsageError: Any = typer.BadParameter.__base__


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command lives, and what help says of it before it is loaded."""

    module: str
    help: str
    """The first sentences of its docstring; a test compares them."""


#: The commands, in the order in which help lists them. A command's function, or its group, has its
#: name. Modules are loaded on demand: what runs nodes takes far longer to load than what asks the
#: ledger a question, and help needs none of them.
COMMANDS: Mapping[str, Place] = {
    "up": Place(
        "treadle.cli.up",
        "Run all of Treadle here: PostgreSQL, Valkey, and its own services; data in .treadle/.",
    ),
    "demo": Place(
        "treadle.cli.demo",
        "Run the example pipeline on a cluster of its own, here, and say what happened.",
    ),
    "validate": Place(
        "treadle.cli.validate",
        "Check a workflow without running it. Exits with 0 if it is valid, with 1 if not.",
    ),
    "schema": Place(
        "treadle.cli.validate",
        "Print the JSON Schema of a workflow, for editors and other programs.",
    ),
    "import": Place(
        "treadle.cli.import_workflow",
        "Make a workflow of one of another system, and report what maps, changes and is lost.",
    ),
    "plan": Place(
        "treadle.cli.plan", "Have a workflow planned that does what a prompt says, and draw it."
    ),
    "submit": Place(
        "treadle.cli.submit",
        "Run a workflow once. Prints the execution's id, or with --watch how it goes and ends.",
    ),
    "watch": Place("treadle.cli.executions", "Show an execution's progress until it ends."),
    "executions": Place("treadle.cli.executions", "List executions, the newest first."),
    "show": Place(
        "treadle.cli.executions",
        "Show an execution as it stands: its nodes, error and output; or one of its nodes.",
    ),
    "why": Place(
        "treadle.cli.why", "Say what an execution waits for, node by node, and what would free it."
    ),
    "logs": Place("treadle.cli.logs", "Print what an execution's tasks print and log."),
    "cancel": Place(
        "treadle.cli.controls", "End an execution as CANCELED, with everything in it that runs."
    ),
    "pause": Place(
        "treadle.cli.controls",
        "Begin nothing new of an execution; what runs ends, and its deadline goes on.",
    ),
    "resume": Place("treadle.cli.controls", "Let a paused execution go on."),
    "retry": Place(
        "treadle.cli.controls",
        "Run an ended execution again from where it failed, as a new execution. Prints its id.",
    ),
    "inbox": Place(
        "treadle.cli.inbox", "List the questions that wait for an answer, the most urgent first."
    ),
    "answer": Place(
        "treadle.cli.inbox",
        "Answer a question: by the options, or, in a terminal, as it is asked there.",
    ),
    "keys": Place("treadle.cli.keys", "Keys of the gateway: make, list, revoke."),
    "doctor": Place(
        "treadle.cli.doctor",
        "Look at the cluster: database, Redis, processes, work. Exits with 1 if something fails.",
    ),
    "gateway": Place(
        "treadle.cli.gateway",
        "Serve the HTTP interface until SIGTERM or Ctrl-C; then answer what was asked, and exit.",
    ),
    "worker": Place(
        "treadle.cli.services",
        "Run nodes until SIGTERM or Ctrl-C, then drain: end or release what runs, and exit.",
    ),
    "planner": Place(
        "treadle.cli.services",
        "Turn prompts into workflows until SIGTERM or Ctrl-C, then drain as a worker does.",
    ),
    "scheduler": Place(
        "treadle.cli.services",
        "Wake what is due, reclaim what was lost and refill the queues, until SIGTERM or Ctrl-C.",
    ),
    "migrate": Place(
        "treadle.cli.migrate",
        "Bring the database to this release's schema, and print what was applied.",
    ),
}


class LazyCommand(TyperCommand):
    """A command that is loaded when it is run or asked for its own help."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, callback=None, help=COMMANDS[name].help)

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        with gc_paused():  # modules stay, so collecting among them only takes time
            command = load(str(self.name))
        return command.make_context(info_name, args, parent, **extra)

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return what the list of commands says of it, all of it: it is wrapped, not cut."""
        return COMMANDS[str(self.name)].help


class Commands(TyperGroup):
    """A group whose commands are loaded when they are run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: LazyCommand(name) for name in COMMANDS}

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what it did not understand is quoted as literal text."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            error.message = plain(in_plain_words(error.message))
            raise

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)


def function_of(name: str) -> Any:
    """Return what a command runs: its function, or several of them; a keyword has a `_` behind."""
    return getattr(import_module(COMMANDS[name].module), f"{name}_" if iskeyword(name) else name)


def load(name: str) -> Any:
    """Return a command, with its module loaded."""
    command = function_of(name)
    if isinstance(command, typer.Typer):  # several commands under one name
        return typer.main.get_command(command)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name)(command)
    return typer.main.get_command(single)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - it takes time to import

        say(f"treadle {version('treadle')}")
        raise typer.Exit


@app.callback()
def treadle(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Run workflows on a cluster of workers that loses nothing when one of them dies."""


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    try:
        with edge(sys.argv[1:]):
            app()
    except TreadleError as error:
        sys.exit(print_error(error, as_json="--json" in sys.argv))
