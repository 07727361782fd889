"""Operators on JSON's values, with bounded results and without implicit conversions.

Each takes the operands and the budget. Integers and fractions mix, text joins text, lists join
lists; anything else is a fault, because a silent conversion would hide a mistake in the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions.arguments import number
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault, Undefined, kind_of, wrong_type
from treadle.dag.expressions.measures import NUMBERS, elements, equal, integer, out_of_range
from treadle.dag.values import INTEGER_LIMIT, Value

Number = int | float


def finite(value: float) -> float:
    """Return a float that JSON can say."""
    if math.isfinite(value):
        return value
    raise out_of_range()


def numbers(symbol: str, left: Value, right: Value) -> None:
    """Make sure that both operands are numbers; true and false are none."""
    if left.__class__ not in NUMBERS or right.__class__ not in NUMBERS:
        raise _mismatch(symbol, left, right)


def add(left: Value, right: Value, budget: Budget) -> Value:
    """Add numbers, or join two texts or two lists."""
    kind, other = left.__class__, right.__class__
    if kind is int and other is int:
        return integer(left + right)
    if kind in NUMBERS and other in NUMBERS:
        return finite(left + right)
    if kind is str and other is str:
        budget.make_text(len(left) + len(right), not (left.isascii() and right.isascii()))
        return left + right
    if kind is list and other is list:
        budget.visit(len(left) + len(right))
        budget.make_items(len(left) + len(right))
        return left + right
    raise _mismatch("+", left, right, " (use `~` to join text with other values)")


def subtract(left: Value, right: Value, budget: Budget) -> Value:
    """Subtract numbers."""
    numbers("-", left, right)
    return _result(left - right)


def multiply(left: Value, right: Value, budget: Budget) -> Value:
    """Multiply numbers, or repeat a text or a list."""
    kind, other = left.__class__, right.__class__
    if kind in NUMBERS and other in NUMBERS:
        return _result(left * right)
    if kind is int:
        left, right, kind, other = right, left, other, kind
    if other is int and kind in (str, list):
        times = max(0, right)
        if kind is str:
            budget.make_text(len(left) * times, not left.isascii())
        else:
            budget.visit(len(left) * times)
            budget.make_items(len(left) * times)
        return left * times
    raise _mismatch("*", left, right)


def divide(left: Value, right: Value, budget: Budget) -> Value:
    """Divide exactly: 7 / 2 is 3.5."""
    numbers("/", left, right)
    if right == 0:
        raise _by_zero()
    return finite(left / right)


def floor_divide(left: Value, right: Value, budget: Budget) -> Value:
    """Divide and round down: 7 // 2 is 3."""
    numbers("//", left, right)
    if right == 0:
        raise _by_zero()
    return _result(left // right)


def modulo(left: Value, right: Value, budget: Budget) -> Value:
    """Return what floor division leaves."""
    numbers("%", left, right)
    if right == 0:
        raise _by_zero()
    return _result(left % right)


def power(left: Value, right: Value, budget: Budget) -> Value:
    """Raise to a power, without ever making a number above the limit."""
    numbers("**", left, right)
    if left == 0 and right < 0:
        raise _by_zero()
    if left.__class__ is int and right.__class__ is int and right >= 0:
        # From 2 on, 64 doublings are past the limit; 0, 1 and -1 stay what they are.
        if abs(left) > 1 and right >= 64:
            raise out_of_range()
        return integer(left**right)
    try:
        value = left**right
    except OverflowError:
        raise out_of_range() from None
    if isinstance(value, complex):
        raise Fault("A negative number has no fractional power", "bad_argument")
    return finite(value)


def negate(value: Value) -> Value:
    """Return the number with its sign turned."""
    return _result(-number("`-`", value))


def keep_sign(value: Value) -> Value:
    """Return the number; `+x` says that x is one."""
    return number("`+`", value)


def is_equal(left: Value, right: Value, budget: Budget) -> bool:
    """Compare by value; different kinds are unequal, never an error."""
    return equal(left, right, budget)


def is_unequal(left: Value, right: Value, budget: Budget) -> bool:
    """Return the opposite of `==`."""
    return not equal(left, right, budget)


def comparable(symbol: str, left: Value, right: Value, budget: Budget) -> None:
    """Make sure that two values have an order: two numbers, or two texts."""
    kind, other = left.__class__, right.__class__
    if kind in NUMBERS and other in NUMBERS:
        return
    if kind is str and other is str:
        budget.read(left)
        return
    raise _mismatch(symbol, left, right)


def less(left: Value, right: Value, budget: Budget) -> bool:
    """Compare two numbers or two texts."""
    comparable("<", left, right, budget)
    return bool(left < right)


def at_most(left: Value, right: Value, budget: Budget) -> bool:
    """Compare two numbers or two texts."""
    comparable("<=", left, right, budget)
    return bool(left <= right)


def greater(left: Value, right: Value, budget: Budget) -> bool:
    """Compare two numbers or two texts."""
    comparable(">", left, right, budget)
    return bool(left > right)


def at_least(left: Value, right: Value, budget: Budget) -> bool:
    """Compare two numbers or two texts."""
    comparable(">=", left, right, budget)
    return bool(left >= right)


def contains(container: Value, value: Value, budget: Budget) -> bool:
    """Look for an element of a list, a key of an object, a part of a text."""
    kind = container.__class__
    if kind is list:
        return any(equal(each, value, budget) for each in elements("`in`", container, budget))
    if kind is dict:
        return value.__class__ is str and value in container
    if kind is str:
        if value.__class__ is not str:
            raise wrong_type("`in` a text", "text", value)
        budget.read(container)
        return value in container
    raise wrong_type("`in`", "a list, an object or text", container)


def is_in(left: Value, right: Value, budget: Budget) -> bool:
    """Return whether the right side holds the left."""
    return contains(right, left, budget)


def is_not_in(left: Value, right: Value, budget: Budget) -> bool:
    """Return the opposite of `in`."""
    return not contains(right, left, budget)


def item(container: Value, key: Value) -> Value:
    """Return what a container holds under a key or index, or `Undefined`."""
    kind, index = container.__class__, key.__class__
    if kind is dict:
        if index is str:
            return container[key] if key in container else Undefined(f"There is no key `{key}`")
        return Undefined(f"The keys of an object are text, not {kind_of(key)}")
    if kind is list or kind is str:
        if index is int:
            if -len(container) <= key < len(container):
                return container[key]
            return Undefined(f"There is no index {key} in {len(container)} elements")
        return Undefined(f"{kind_of(container).capitalize()} has indices, not keys")
    return Undefined(f"{kind_of(container).capitalize()} has no keys")


def part(value: Value, start: Value, stop: Value, step: Value, budget: Budget) -> Value:
    """Return a slice of a list or a text."""
    if value.__class__ not in (list, str):
        raise wrong_type("A slice", "a list or text", value)
    for bound in (start, stop, step):
        if bound is not None and bound.__class__ is not int:
            raise wrong_type("A slice's bound", "a whole number", bound)
    if step == 0:
        raise Fault("A slice's step cannot be 0", "bad_argument")
    which = slice(start, stop, step)
    length = len(range(*which.indices(len(value))))
    if value.__class__ is str:
        budget.make_text(length, not value.isascii())
    else:
        budget.visit(length)
        budget.make_items(length)
    return value[which]


def _result(value: Number) -> Number:
    """Return an arithmetic result that JSON can say and every reader can hold."""
    if value.__class__ is int:
        if -INTEGER_LIMIT <= value < INTEGER_LIMIT:
            return value
        raise out_of_range()
    return finite(value)


def _by_zero() -> Fault:
    return Fault("Division by zero", "division_by_zero", "Test the divisor first.")


def _mismatch(symbol: str, left: Value, right: Value, advice: str = "") -> Fault:
    return Fault(
        f"`{symbol}` cannot take {kind_of(left)} and {kind_of(right)}{advice}", "wrong_type"
    )


Unary = Callable[[Value], Value]
Binary = Callable[[Value, Value, Budget], Value]

SIGNS: Final[Mapping[str, Unary]] = MappingProxyType({"neg": negate, "pos": keep_sign})

ARITHMETIC: Final[Mapping[str, Binary]] = MappingProxyType(
    {
        "Add": add,
        "Sub": subtract,
        "Mul": multiply,
        "Div": divide,
        "FloorDiv": floor_divide,
        "Mod": modulo,
        "Pow": power,
    }
)
"""By the name of Jinja's node."""

COMPARISONS: Final[Mapping[str, Binary]] = MappingProxyType(
    {
        "eq": is_equal,
        "ne": is_unequal,
        "lt": less,
        "lteq": at_most,
        "gt": greater,
        "gteq": at_least,
        "in": is_in,
        "notin": is_not_in,
    }
)
"""By the name of Jinja's operand."""
