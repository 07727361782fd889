"""Named SQL: `ledger/sql/*.sql`, read once, addressed by file and name.

A file holds queries, each under a line `-- name: settle`; the comment lines that follow belong to
the reader and are not sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from treadle.core.columns import Column, pack

_COLUMN = re.compile(r"%\((\w+)\)b::(\w+)\[\]")
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(file: str) -> dict[str, str]:
    """Return the queries of `sql/{file}.sql` by name."""
    text = resources.files("treadle.ledger").joinpath("sql", f"{file}.sql").read_text("utf-8")
    parts = _NAME.split(text)[1:]
    found = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        lines = [line for line in body.splitlines() if not line.startswith("--")]
        found[name] = "\n".join(lines).strip()
    return found


def columns(query: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Column]:
    """Return rows as the parameters of a query that takes columns."""
    types = element_types(query)
    values = zip(*rows, strict=True)
    return {name: pack(types[name], each) for name, each in zip(names, values, strict=True)}


def fetching(file: str, *, prepare: bool | None = None) -> Callable[..., list[Any]]:
    """Return a call that runs a query of `sql/{file}.sql` by name and returns its rows.

    It takes a session, the query's name and its parameters by theirs; rows have named fields.

    Args:
        prepare: whether the server keeps each plan from the first run on.
    """
    found = queries(file)

    def fetch(connection: psycopg.Connection, query: str, **parameters: Any) -> list[Any]:
        cursor = connection.cursor(row_factory=namedtuple_row)
        return cursor.execute(found[query], parameters, prepare=prepare).fetchall()

    return fetch


@cache
def element_types(query: str) -> dict[str, str]:
    """Return the parameters of a query that are columns, with the type of their elements."""
    return dict(_COLUMN.findall(query))
