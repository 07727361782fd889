"""Fields of a provider's events, read as what they may be.

Services that speak a provider's API leave fields out, give null, or send other types; an SDK hands
all of that on as it came. An answer was paid for, so nothing in it may fail the reading.
"""

from __future__ import annotations

from typing import Any


def at(event: Any, *names: str) -> Any:
    """Return a field of a field of an event; `None` where one of them is not there."""
    for name in names:
        event = getattr(event, name, None)
    return event


def text_at(event: Any, *names: str) -> str:
    """Return a field that is text, or a list of parts with text; empty where it is neither."""
    value = at(event, *names)
    if isinstance(value, list):
        parts = [each.get("text") if isinstance(each, dict) else at(each, "text") for each in value]
        return "".join(each for each in parts if isinstance(each, str))
    return value if isinstance(value, str) else ""
