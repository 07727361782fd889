"""The commands by name, and the edge where an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from treadle.cli.errors import tell_error
from treadle.core.errors import TreadleError
from treadle.core.gc_pause import gc_paused

#: Where each command lives, in the order in which help lists them. A command's function, or its
#: group, has its name. Modules are loaded on demand, because what runs nodes takes far longer to
#: load than what asks the ledger a question.
COMMANDS: Mapping[str, str] = {
    "up": "treadle.cli.up",
    "demo": "treadle.cli.demo",
    "validate": "treadle.cli.validate",
    "schema": "treadle.cli.validate",
    "plan": "treadle.cli.plan",
    "submit": "treadle.cli.submit",
    "watch": "treadle.cli.executions",
    "executions": "treadle.cli.executions",
    "show": "treadle.cli.executions",
    "cancel": "treadle.cli.controls",
    "pause": "treadle.cli.controls",
    "resume": "treadle.cli.controls",
    "retry": "treadle.cli.controls",
    "inbox": "treadle.cli.inbox",
    "answer": "treadle.cli.inbox",
    "keys": "treadle.cli.keys",
    "doctor": "treadle.cli.doctor",
    "gateway": "treadle.cli.gateway",
    "worker": "treadle.cli.services",
    "planner": "treadle.cli.services",
    "scheduler": "treadle.cli.services",
    "migrate": "treadle.cli.migrate",
}


class Commands(TyperGroup):
    """A group that loads a command when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        with gc_paused():  # modules stay, so collecting among them only takes time
            command = getattr(import_module(module), cmd_name)
        if isinstance(command, typer.Typer):  # several commands under one name
            return typer.main.get_command(command)
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(command)
        return typer.main.get_command(single)


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"treadle {version('treadle')}")
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
        app()
    except TreadleError as error:
        sys.exit(tell_error(error, as_json="--json" in sys.argv))
