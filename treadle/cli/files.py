"""What a command reads: a workflow's file, and an execution's input."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from treadle.cli.plain_text import json_text
from treadle.core.errors import TreadleError
from treadle.dag.limits import REQUEST
from treadle.dag.problems import Problem
from treadle.dag.validation.reading import Unreadable, read, read_value
from treadle.dag.validation.report import Report
from treadle.dag.values import Value
from treadle.wire.objects import members


class FileUnreadable(TreadleError):
    """A file that the command names, or standard input, cannot be read."""

    reason: ClassVar[str] = "file_unreadable"
    solution: ClassVar[str] = "Check the path and its permissions."


class FileUnwritable(TreadleError):
    """A file that the command names cannot be written."""

    reason: ClassVar[str] = "file_unwritable"
    solution: ClassVar[str] = "Check the path, its permissions, and the space that is left."


class InputInvalid(TreadleError):
    """The input is not a JSON value that Treadle accepts."""

    reason: ClassVar[str] = "input_invalid"
    solution: ClassVar[str] = "Write the input as JSON, and numbers beyond ±2^63 as text."


def read_file(path: str) -> bytes:
    """Return the bytes of a file; `-` is standard input.

    Raises:
        FileUnreadable
    """
    try:
        if path != "-":
            return Path(path).read_bytes()
        if sys.stdin is None:
            raise FileUnreadable("Standard input is closed.", path=path)
        return sys.stdin.buffer.read()
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}.", path=path) from error


def read_input(file: str | None, text: str | None) -> Value:
    """Return an execution's input from a file or from text; an empty object if neither is given.

    Raises:
        FileUnreadable: the file cannot be read.
        InputInvalid: it is no JSON, or both are given.
    """
    if file is not None and text is not None:
        raise InputInvalid("The input is given twice.", solution="Give --input or --input-json.")
    if file is not None:
        return parse_input(read_file(file), file)
    return {} if text is None else parse_input(argument_bytes(text), "--input-json")


def argument_bytes(text: str) -> bytes:
    """Return an argument in UTF-8; bytes in it that were no text stay as they are."""
    return text.encode("utf-8", "surrogateescape")


def write_file(path: Path, text: str) -> None:
    """Write a file in UTF-8.

    Raises:
        FileUnwritable
    """
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise FileUnwritable(f"{path}: {error.strerror}.", path=str(path)) from error


def parse_input(data: bytes, source: str) -> Value:
    """Read JSON as the gateway reads a request's body, under the same limits.

    Raises:
        InputInvalid: `problems` has the places.
    """
    report = Report(REQUEST.problems)
    try:
        value = read_value(data, "input", REQUEST, report)
    except Unreadable as error:
        raise input_invalid(source, [error.problem]) from None
    if report:
        raise input_invalid(source, report.problems)
    return value


def checked_object(value: dict[str, Any], source: str) -> dict[str, Any]:
    """Return an object of a request that was not read as JSON, as the gateway would read it.

    Raises:
        InputInvalid: `problems` has the places.
    """
    report = Report(REQUEST.problems)
    try:
        checked = read(value, REQUEST, report)
    except Unreadable as error:
        raise input_invalid(source, [error.problem]) from None
    if report:
        raise input_invalid(source, report.problems)
    return checked


def input_invalid(source: str, problems: Sequence[Problem]) -> InputInvalid:
    """Return the error of what has problems, of which there is at least one."""
    first = problems[0]
    where = f"{first.path}: " if first.path else ""
    return InputInvalid(
        f"{source}: {where}{first.message}",
        solution=first.solution,
        source=source,
        problems=[asdict(each) for each in problems],
    )


def to_json(document: Any) -> str:
    """Return a command's answer as one JSON document: readable on a terminal, else on one line."""
    indent = 2 if sys.stdout.isatty() else None
    return json_text(json.dumps(document, ensure_ascii=False, indent=indent, default=members))
