"""What a command reads: a workflow's file, and an execution's input."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from treadle.cli.plain_text import json_text
from treadle.core.errors import TreadleError
from treadle.dag.values import INTEGER_LIMIT, Value
from treadle.wire.objects import members


class FileUnreadable(TreadleError):
    """A file that the command names cannot be read."""

    reason: ClassVar[str] = "file_unreadable"
    solution: ClassVar[str] = "Check the path and its permissions."


class InputInvalid(TreadleError):
    """The input is not a JSON value that Treadle accepts."""

    reason: ClassVar[str] = "input_invalid"
    solution: ClassVar[str] = "Write the input as JSON, and numbers beyond ±2^63 as text."


def read_file(path: str) -> bytes:
    """Return the bytes of a file; `-` is standard input.

    Raises:
        FileUnreadable
    """
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
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
    return {} if text is None else parse_input(text.encode(), "--input-json")


def parse_input(data: bytes, source: str) -> Value:
    """Read JSON strictly: no number is rounded, and nothing that JSON does not know is let in.

    Raises:
        InputInvalid
    """
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_refuse_number,
        )
    except ValueError as error:
        raise InputInvalid(f"{source}: {error}", source=source) from error
    except RecursionError as error:
        raise InputInvalid(f"{source}: it is too deep.", source=source) from error


def _integer(text: str) -> int:
    # 19 digits and a sign always fit; Python refuses to convert thousands of them.
    if len(text) <= 20 and abs(number := int(text)) < INTEGER_LIMIT:
        return number
    return _refuse_number(text)


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:40]} is outside what a number may be")


def to_json(document: Any) -> str:
    """Return a command's answer as one JSON document: readable on a terminal, else on one line."""
    indent = 2 if sys.stdout.isatty() else None
    return json_text(json.dumps(document, ensure_ascii=False, indent=indent, default=members))
