"""JSON values: the only data that crosses Treadle, and its limits.

A value is what JSON can say and PostgreSQL can keep: no NaN, no infinity, integers within ±2^63,
text that is valid UTF-8. `dumps`/`loads` are the only way values become bytes and back.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson

from core.errors import TreadleError

Value: TypeAlias = Any
"""`None | bool | int | float | str | list[Value] | dict[str, Value]`."""

INTEGER_LIMIT = 2**63
#: Integers stay below this in magnitude: what every JSON reader of a 64-bit language can hold.


class NotAValue(TreadleError):
    """Something that JSON cannot say, or that is larger than what is kept."""

    reason = "output_not_storable"
    solution = "Return JSON: null, booleans, numbers, text, lists and objects with text keys."


def dumps(value: Value) -> bytes:
    """Encode a value as UTF-8 JSON.

    Raises:
        NotAValue: `output_not_storable`, for anything JSON cannot say.
    """
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError, RecursionError) as exc:
        raise NotAValue(f"The value cannot be written as JSON: {exc}") from exc


def loads(data: bytes) -> Value:
    """Decode UTF-8 JSON; the inverse of `dumps`."""
    return orjson.loads(data)
