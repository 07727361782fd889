"""`Retry-After`: the delay that a server asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: The longest delay that is accepted.
_LONGEST_WAIT = timedelta(days=1)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Parse `Retry-After`: seconds or a date. Anything else is ignored; a past date means now."""
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
        if at.tzinfo is None:  # "-0000" means UTC
            at = at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    return min(timedelta(seconds=max(0.0, seconds)), _LONGEST_WAIT)
