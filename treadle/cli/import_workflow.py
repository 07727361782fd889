"""`treadle import`: a workflow of another system becomes one of Treadle, with a report."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from treadle.cli.files import read_file, to_json, write_file
from treadle.cli.plain_text import counted, json_text, plain, say
from treadle.core.errors import TreadleError
from treadle.dag.validation import validate
from treadle.importing.formats import Imported, Unknown, import_document
from treadle.importing.report import Effect, Entry


class ImportNotReadable(TreadleError):
    """The file is a workflow of no system that Treadle knows."""

    reason: ClassVar[str] = "import_not_readable"
    solution: ClassVar[str] = "Export the workflow as JSON from the system it was made with."


def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A workflow of n8n or agent_team; - reads it in.")
    ],
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the workflow there, to submit it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print {workflow, report}.")] = False,
) -> None:
    """Make a workflow of one of another system, and report what maps, changes and is lost."""
    found = import_document(read_file(file))
    if isinstance(found, Unknown):
        raise ImportNotReadable(
            f"{file} is {found.looks_like}, not a workflow of n8n or of agent_team_monorepo.",
            solution=found.solution,
            file=file,
            looks_like=found.looks_like,
        )
    if save is not None:
        text = json.dumps(found.workflow, ensure_ascii=False, indent=2)
        write_file(save, json_text(text) + "\n")
    if as_json:
        report = [each.to_wire() for each in found.report]
        say(to_json({"workflow": found.workflow, "report": report}))
        return
    _print(file, found)
    _say_what_next(found, save)


def _print(file: str, found: Imported) -> None:
    nodes = counted(len(found.workflow["nodes"]), "node")
    connections = counted(len(found.workflow["connections"]), "connection")
    say(f"{file}: from {found.system}, {nodes}, {connections}")
    for effect in Effect:
        entries = [each for each in found.report if each.reason.effect is effect]
        if entries:
            say(f"\n{effect}")
            say("\n".join(_lines(entries)))


def _lines(entries: Sequence[Entry]) -> Sequence[str]:
    return [
        line
        for each in entries
        for line in (
            f"  {plain(each.path or 'the document')}: {each.reason}",
            f"    {plain(each.message)}",
        )
    ]


def _say_what_next(found: Imported, save: Path | None) -> None:
    problems = validate(found.workflow).problems
    if problems:
        say(f"\nIt is not valid yet: {counted(len(problems), 'place')} to correct.")
    if save is not None:
        say(f"Written to {plain(save)}; check it with: treadle validate {plain(save)}", err=True)
    elif sys.stdout.isatty():
        say("Keep the workflow with: --save FILE", err=True)
