"""docs/cli.md says what the command line does."""

from __future__ import annotations

import re
from pathlib import Path

from treadle.cli.app import COMMANDS
from treadle.cli.errors import ExitCode

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")


def test_every_command_is_documented_and_no_other() -> None:
    """In the order in which help lists them."""
    assert re.findall(r"^\| `treadle (\w+)", DOCS, re.MULTILINE) == list(COMMANDS)


def test_every_exit_code_is_documented() -> None:
    """Scripts go by them."""
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCS, re.MULTILINE)}

    assert told >= set(ExitCode)
