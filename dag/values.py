"""JSON values: the only data that crosses Treadle, and its limits.

A value is what JSON can say and PostgreSQL can keep: no NaN, no infinity, integers within ±2^63,
text that is valid UTF-8. Code that makes numbers (expressions, tasks) excludes the others, because
the encoder would write them as null. Only `dumps` and `loads` encode and decode values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

import orjson

from treadle.core.errors import TreadleError

Value: TypeAlias = Any
"""`None | bool | int | float | str | list[Value] | dict[str, Value]`."""

_LONG_DIGITS = re.compile(r"\d{19}")
#: Where a number may be beyond ±2^63.

_LEVELS_ABOVE = 8
#: Levels that a value may be put below by whoever passes it on.

INTEGER_LIMIT = 2**63
#: Integers stay below this in magnitude, so that every 64-bit JSON reader can represent them.


#: Bytes of one payload (an input, an output, a loop's entries) as JSON.
PAYLOAD_LIMIT_BYTES = 10 * 2**20


class NotAValue(TreadleError):
    """A value that JSON cannot represent, or that is larger than the limit."""

    reason = "output_not_storable"
    solution = "Return JSON: null, booleans, numbers, text, lists and objects with text keys."


def dumps(value: Value, default: Callable[[Any], Value] | None = None) -> bytes:
    """Encode a value as UTF-8 JSON.

    Args:
        value: what is encoded.
        default: returns the value that something else stands for.

    Raises:
        NotAValue: `output_not_storable`, for anything that JSON cannot represent.
    """
    try:
        return orjson.dumps(value, default)
    except (TypeError, ValueError, RecursionError) as exc:
        raise NotAValue(f"The value cannot be written as JSON: {exc}") from exc


def payload(value: Value) -> bytes:
    """Encode a value that is passed along a connection.

    Raises:
        NotAValue: `output_not_storable`, also above `PAYLOAD_LIMIT_BYTES`.
    """
    data = dumps(value)
    if len(data) > PAYLOAD_LIMIT_BYTES:
        raise NotAValue(
            f"The value is {len(data):,} bytes of JSON; the limit is {PAYLOAD_LIMIT_BYTES:,}.",
            solution="Pass a reference to the data, or split it over several nodes.",
            bytes=len(data),
            limit=PAYLOAD_LIMIT_BYTES,
        )
    return data


def loads(data: bytes) -> Value:
    """Decode UTF-8 JSON; the inverse of `dumps`."""
    return orjson.loads(data)


def loads_exactly(text: str) -> Value:
    """Decode JSON that somebody else wrote: what cannot be kept as it is, is refused.

    Raises:
        NotAValue: a number beyond ±2^63, which the fast reader rounds without a word, or a value
            too deep to be passed on.
        ValueError: it is no JSON.
    """
    if _LONG_DIGITS.search(text) is None:
        value = loads(text.encode())
    else:
        value = json.loads(text, parse_int=_integer, parse_constant=_not_json)
    deep = value
    for _ in range(_LEVELS_ABOVE):
        deep = [deep]
    dumps(deep)
    return value


def _integer(digits: str) -> int:
    # More digits are out of range, and slow to read.
    value = int(digits) if len(digits) <= len(str(-INTEGER_LIMIT)) else INTEGER_LIMIT
    if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise NotAValue(f"The number {digits[:40]} is beyond ±2^63.")
    return value


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
