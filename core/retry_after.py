"""`Retry-After`: the delay that a server asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: The longest delay that is read; who waits has a bound of its own.
_LONGEST_WAIT = timedelta(days=1)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Parse `Retry-After`: seconds or a date; a past date means now.

    A number out of any range is a delay too, the nearest that there is: whoever sends -5 or 1e9
    still says that coming back helps. Anything else is ignored.
    """
    if header is None:
        return None
    text = header.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        if at.tzinfo is None:  # "-0000" means UTC
            at = at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    if not seconds > 0:  # NaN is not
        return timedelta()
    return timedelta(seconds=min(seconds, _LONGEST_WAIT.total_seconds()))
