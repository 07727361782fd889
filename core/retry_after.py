"""`Retry-After`: when a server asks to be called again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: The most that a server may ask for: what a retry may be delayed at most.
_LONGEST_WAIT = timedelta(days=1)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After`: seconds or a date. What is neither says nothing; a past date says now."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        if at.tzinfo is None:  # "-0000": the date is UTC, whoever wrote it
            at = at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    return min(timedelta(seconds=max(0.0, seconds)), _LONGEST_WAIT)
