"""Filters on numbers, and conversions to them, which fail rather than guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions.arguments import between, number, one_of
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault, wrong_type
from treadle.dag.expressions.measures import integer
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.expressions.operators import finite
from treadle.dag.values import Value

#: Digits of a text that may be a number; more cannot be within ±2^63 or matter to a float.
DIGITS = 400

#: Decimal places that rounding looks at, on both sides of the point.
PLACES = 20

#: Digits for the largest float with all its places.
_EXACT = Context(prec=400)

_ROUNDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"common": ROUND_HALF_EVEN, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}
)


def absolute(budget: Budget, value: Value) -> int | float:
    """The number without its sign."""
    found = abs(number("`abs`", value))
    return integer(found) if isinstance(found, int) else found


def round_(
    budget: Budget, value: Value, precision: Value = 0, method: Value = "common"
) -> int | float:
    """The number rounded to `precision` places: `common` (half to even), `ceil` or `floor`."""
    found = number("`round`", value)
    places = between("The precision of `round`", precision, -PLACES, PLACES)
    how = one_of("The method of `round`", method, tuple(_ROUNDINGS))
    if isinstance(found, int) and places >= 0:
        return found
    # By the digits that are written: 0.07 is that number here, not the binary one beside it.
    written = Decimal(found) if isinstance(found, int) else Decimal(repr(found))
    rounded = written.quantize(Decimal(1).scaleb(-places), _ROUNDINGS[how], _EXACT)
    return integer(int(rounded)) if isinstance(found, int) else finite(float(rounded))


def to_int(budget: Budget, value: Value, default: Value = None, base: Value = 10) -> Value:
    """A text or number as a whole number, cut towards zero."""
    if value.__class__ is str:
        radix = between("The base of `int`", base, 2, 36)
        return _converted("int", value, default, lambda found: _whole(found, radix))
    if value.__class__ in (int, float, bool):
        return integer(int(value))
    return _unconverted("int", value, default)


def to_float(budget: Budget, value: Value, default: Value = None) -> Value:
    """A text or number as a number with a fraction part."""
    if value.__class__ is str:
        return _converted("float", value, default, lambda found: finite(float(found)))
    if value.__class__ in (int, float, bool):
        return float(value)
    return _unconverted("float", value, default)


def _whole(written: str, base: int) -> int:
    """Read a whole number; without a base of its own, `3.9` is read and cut too."""
    try:
        return integer(int(written, base))
    except ValueError:
        if base != 10:
            raise
        return integer(int(finite(float(written))))


def _converted(
    what: str, written: str, default: Value, convert: Callable[[str], int | float]
) -> Value:
    if len(written) > DIGITS:
        return _unconverted(what, written, default)
    try:
        return convert(written)
    except ValueError:
        return _unconverted(what, written, default)


def _unconverted(what: str, value: Value, default: Value) -> Value:
    """Return the author's default for a value that is not a number; raise without one."""
    if default is not None:
        return default
    if value.__class__ is str:
        raise Fault(
            f"The text is not a number that `{what}` can read",
            "bad_argument",
            f"Give a default: `{what}(0)`.",
        )
    raise wrong_type(f"`{what}`", "a number, text or a boolean", value)


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("abs", absolute),
        operation("round", round_),
        operation("int", to_int),
        operation("float", to_float),
    )
)
