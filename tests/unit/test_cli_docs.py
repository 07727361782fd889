"""docs/cli.md says what the command line does."""

from __future__ import annotations

import re
from inspect import getdoc
from pathlib import Path

import pytest
import typer

from treadle.cli.app import COMMANDS, function_of
from treadle.cli.errors import ExitCode

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")


def test_every_command_is_documented_and_no_other() -> None:
    """In the order in which help lists them."""
    assert re.findall(r"^\| `treadle (\w+)", DOCS, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    """Help loads no command, so what it says of each stands in the list of commands."""
    command = function_of(name)
    text = command.info.help if isinstance(command, typer.Typer) else getdoc(command)

    assert " ".join(str(text).partition("\n\n")[0].split()) == COMMANDS[name].help


def test_every_exit_code_is_documented() -> None:
    """Scripts go by them."""
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCS, re.MULTILINE)}

    assert told >= set(ExitCode)
