"""Columns: lists of values as PostgreSQL's binary arrays, packed in one step.

psycopg looks up the type of each element of a list, then the dumper of each element. The ledger's
statements take only columns, with the type in their text (`%(node)b::text[]`), and that lookup was
half of their cost in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from struct import Struct
from typing import Any, TypeAlias

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_Encode: TypeAlias = Callable[[Any], bytes]

#: Dimensions, whether nulls may follow, the elements' type, their number, the index of the first.
_HEADER = Struct("!iiIii")
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)


class Column(bytes):
    """An array as the server reads it; each type of element has a class of its own."""


def pack(element_type: str, values: Iterable[Any]) -> Column:
    """Return the parameter for `values`, each of `element_type` or `None`.

    Raises:
        KeyError: an unknown type; add it to `_TYPES`.
    """
    oid, encode, column = _TYPES[element_type]
    elements = [_NULL if value is None else encode(value) for value in values]
    if not elements:
        return column(_HEADER.pack(0, 0, oid, 0, 0)[:12])
    return column(_HEADER.pack(1, 1, oid, len(elements), 1) + b"".join(elements))


def _sized(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _fixed(code: str) -> _Encode:
    element = Struct("!i" + code)
    return partial(element.pack, element.size - _LENGTH.size)


def _type(name: str, encode: _Encode) -> tuple[int, _Encode, type[Column]]:
    """Register the columns of one type with psycopg; return what `pack` needs for it."""
    info = psycopg.postgres.types[name]
    column = type(f"{name}_column", (Column,), {})
    members = {"oid": info.array_oid, "format": Format.BINARY, "dump": lambda _, packed: packed}
    psycopg.adapters.register_dumper(column, type(f"{name}_dumper", (Dumper,), members))
    return info.oid, encode, column


_TYPES = {
    "uuid": _type("uuid", lambda value: _sized(value.bytes)),
    "text": _type("text", lambda value: _sized(value.encode())),
    "bytea": _type("bytea", _sized),
    "boolean": _type("bool", _fixed("?")),
    "smallint": _type("int2", _fixed("h")),
    "integer": _type("int4", _fixed("i")),
    "bigint": _type("int8", _fixed("q")),
    "float8": _type("float8", _fixed("d")),
}
