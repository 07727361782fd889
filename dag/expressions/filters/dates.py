"""Filters on dates: text in ISO 8601, always in UTC, such as `2026-01-31T09:30:00Z`.

There is no `now`: an expression evaluates the same on every attempt. The execution's own times
are in `execution`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions.arguments import number, one_of, text, whole
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.values import Value

#: Characters of a date or of its format; the longest that means something is far shorter.
CHARACTERS = 100

#: Steps that one date costs; reading one by a format takes Python 15 µs.
CALENDAR_STEPS = 100

#: Directives of a format that mean the same on every machine. None takes a width, as C's would.
DIRECTIVES = frozenset("YmdHMSfjyIpaAbBzZGVu%")

_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_UNITS: Final[Mapping[str, float]] = MappingProxyType(
    {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
)


def date_parse(budget: Budget, value: Value, format: Value = None) -> str:  # noqa: A002 (its public name)
    """A date as ISO text in UTC: from ISO text, epoch milliseconds, or text of a given format."""
    _paid(budget)
    if format is None:
        return _written(_instant("`date_parse`", value))
    found, pattern = _short(text("`date_parse`", value)), _format(format, once=True)
    try:
        return _written(_in_utc(datetime.strptime(found, pattern)))
    except ValueError:
        raise Fault("The text is not a date of that format", "bad_argument") from None


def date_format(budget: Budget, value: Value, format: Value = "%Y-%m-%d") -> str:  # noqa: A002
    """A date written by a format such as `%d.%m.%Y %H:%M`."""
    _paid(budget)
    return _instant("`date_format`", value).strftime(_format(format, once=False))


def date_add(  # noqa: PLR0913, PLR0917 (what an author may write)
    budget: Budget,
    value: Value,
    days: Value = 0,
    hours: Value = 0,
    minutes: Value = 0,
    seconds: Value = 0,
    weeks: Value = 0,
    months: Value = 0,
    years: Value = 0,
) -> str:
    """A date moved by so much; a day that the month does not have becomes its last day."""
    _paid(budget)
    when = _months_later(
        _instant("`date_add`", value), whole("`date_add`", years) * 12 + whole("`date_add`", months)
    )
    amounts = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds, "weeks": weeks}
    try:
        moved = when + timedelta(**{unit: number("`date_add`", n) for unit, n in amounts.items()})
    except OverflowError:
        raise _no_such_year() from None
    return _written(moved)


def date_diff(budget: Budget, value: Value, other: Value, unit: Value = "seconds") -> float:
    """How much later a date is than another, in `milliseconds`, `seconds`, … or `days`."""
    _paid(budget)
    scale = _UNITS[one_of("The unit of `date_diff`", unit, tuple(_UNITS))]
    later, earlier = _instant("`date_diff`", value), _instant("`date_diff`", other)
    return (later - earlier).total_seconds() / scale


def date_epoch(budget: Budget, value: Value) -> int:
    """A date as epoch milliseconds."""
    _paid(budget)
    return (_instant("`date_epoch`", value) - _EPOCH) // timedelta(milliseconds=1)


def _instant(what: str, value: Value) -> datetime:
    """Read a date from ISO text or from epoch milliseconds; without an offset it is in UTC."""
    try:
        if value.__class__ is str:
            return _in_utc(datetime.fromisoformat(_short(value)))
        return _EPOCH + timedelta(milliseconds=number(what, value))
    except ValueError:
        raise Fault(
            f"{what} needs a date in ISO 8601",
            "bad_argument",
            "Read other ways of writing dates with `date_parse(format)`.",
        ) from None
    except OverflowError:
        raise _no_such_year() from None


def _in_utc(when: datetime) -> datetime:
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:
        raise _no_such_year() from None


def _written(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


def _months_later(when: datetime, months: int) -> datetime:
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    if not datetime.min.year <= year <= datetime.max.year:
        raise _no_such_year()
    day = min(when.day, monthrange(year, month + 1)[1])
    return when.replace(year=year, month=month + 1, day=day)


def _no_such_year() -> Fault:
    return Fault(
        "number_out_of_range: dates are limited to the years 1 to 9999", "number_out_of_range"
    )


def _paid(budget: Budget) -> None:
    """Charge for the calendar, which Python computes slowly."""
    budget.visit(CALENDAR_STEPS)


def _short(written: str) -> str:
    if len(written) > CHARACTERS:
        raise Fault(f"A date has at most {CHARACTERS} characters", "bad_argument")
    return written


def _format(value: Value, *, once: bool) -> str:
    """Return a format with known directives; for parsing, each at most `once`."""
    pattern = _short(text("A date format", value))
    directives = _DIRECTIVE.findall(pattern)
    unknown = [each for each in directives if each not in DIRECTIVES or not each]
    if unknown or (once and len(set(directives)) < len(directives)):
        problem = f"no directive `%{unknown[0]}`" if unknown else "each directive once at most"
        known = " ".join(f"%{each}" for each in sorted(DIRECTIVES))
        raise Fault(f"A date format has {problem}", "bad_argument", f"Directives are: {known}.")
    return pattern


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("date_parse", date_parse),
        operation("date_format", date_format),
        operation("date_add", date_add),
        operation("date_diff", date_diff),
        operation("date_epoch", date_epoch),
    )
)
