"""What a clock shows all year, from its POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
_TIME = r"[+-]?\d{1,3}(?::\d{2})?(?::\d{2})?"
_RULE = re.compile(
    rf"^{_NAME}(?P<offset>{_TIME})"
    rf"(?:{_NAME}(?P<other>{_TIME})?"
    rf",M(?P<start>\d{{1,2}})\.[\d.]+(?:/{_TIME})?,M(?P<end>\d{{1,2}})\.[\d.]+(?:/{_TIME})?)?$"
)


class NotARule(ValueError):
    """The text is no POSIX rule of the kinds that zones use."""


@dataclass(frozen=True)
class Clock:
    """Minutes ahead of UTC, and the months in which the clocks are put forward and back."""

    offset: int
    summer_offset: int | None = None
    forward_month: int | None = None
    back_month: int | None = None


def clock_of(rule: str) -> Clock:
    """Read a rule.

    Raises:
        NotARule
    """
    found = _RULE.match(rule)
    if found is None:
        raise NotARule(f"{rule!r} is no rule for a clock")
    offset = _minutes_ahead(found["offset"])
    if found["start"] is None:
        return Clock(offset)
    other = _minutes_ahead(found["other"]) if found["other"] else offset + 60
    start, end = int(found["start"]), int(found["end"])
    if other < offset:
        # Dublin calls its summer the standard time, and its winter the exception.
        return Clock(other, offset, end, start)
    return Clock(offset, other, start, end)


def _minutes_ahead(text: str) -> int:
    """Return minutes ahead of UTC; POSIX counts westward, so the sign turns."""
    hours, minutes, *_ = (*text.lstrip("+-").split(":"), "0")
    minutes_west = int(hours) * 60 + int(minutes)
    return minutes_west if text.startswith("-") else -minutes_west
