"""Responses: JSON, and pages with cursors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.responses import Response

from treadle.dag.values import Value, dumps, loads
from treadle.gateway.errors import RequestInvalid
from treadle.wire.objects import WireObject, to_json

#: Versions are below this: they are PostgreSQL's `integer`.
_VERSIONS = 2**31

Item = TypeVar("Item", bound=WireObject)


class Json(Response):
    """A response in JSON; the route's model documents it, and tests validate it."""

    media_type = "application/json"

    def render(self, content: WireObject | bytes) -> bytes:
        """Return the bytes of `content`; bytes are JSON already."""
        return content if isinstance(content, bytes) else to_json(content)


def cursor_of(*position: Value) -> str:
    """Return a cursor: the position where the next page begins, as opaque text."""
    return base64.urlsafe_b64encode(dumps(position)).decode().rstrip("=")


def position_in(cursor: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Return the position that a cursor encodes, each part converted to its kind.

    Raises:
        RequestInvalid: it is not a cursor of this API.
    """
    if cursor is None:
        return None
    try:
        parts = loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        position = tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
        if not all(_is_askable(part) for part in position):
            raise ValueError("no page ends here")
    except (ValueError, TypeError, AttributeError, OverflowError):
        problem = {
            "path": "query.cursor",
            "reason": "invalid_cursor",
            "message": "This is not a cursor of this API.",
            "solution": "Begin without one, and pass on `next_cursor` unchanged.",
        }
        raise RequestInvalid(
            "query.cursor: this is not a cursor of this API.", problems=[problem]
        ) from None
    return position


def _is_askable(part: object) -> bool:
    """Return whether PostgreSQL can compare a part of a cursor: numbers there are versions."""
    if isinstance(part, int):
        return abs(part) < _VERSIONS
    return not isinstance(part, str) or "\0" not in part


def page(items: Sequence[Item], limit: int, *at: str) -> tuple[list[Item], str | None]:
    """Return at most `limit` of the items, read one further, and the cursor of what follows.

    Args:
        items: in order.
        limit: how many are shown.
        at: the members of an item that are its position.
    """
    shown = list(items[:limit])
    if len(items) <= limit:
        return shown, None
    return shown, cursor_of(*(getattr(shown[-1], each) for each in at))
