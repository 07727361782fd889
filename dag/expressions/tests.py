"""Tests: the operations after `is`. `defined` and `undefined` are forms of the tree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions import arguments, operators
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault
from treadle.dag.expressions.measures import NUMBERS
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.values import Value


def none(budget: Budget, value: Value) -> bool:
    """It is null."""
    return value is None


def boolean(budget: Budget, value: Value) -> bool:
    """It is true or false."""
    return value.__class__ is bool


def true(budget: Budget, value: Value) -> bool:
    """It is true itself, not merely something that counts as true."""
    return value is True


def false(budget: Budget, value: Value) -> bool:
    """It is false itself."""
    return value is False


def number(budget: Budget, value: Value) -> bool:
    """It is a number."""
    return value.__class__ in NUMBERS


def integer(budget: Budget, value: Value) -> bool:
    """It is a whole number."""
    return value.__class__ is int


def float_(budget: Budget, value: Value) -> bool:
    """It is a number with a fraction part."""
    return value.__class__ is float


def string(budget: Budget, value: Value) -> bool:
    """It is text."""
    return value.__class__ is str


def mapping(budget: Budget, value: Value) -> bool:
    """It is an object."""
    return value.__class__ is dict


def sequence(budget: Budget, value: Value) -> bool:
    """It has elements: a list, an object or text."""
    return value.__class__ in (list, dict, str)


def list_(budget: Budget, value: Value) -> bool:
    """It is a list."""
    return value.__class__ is list


def even(budget: Budget, value: Value) -> bool:
    """It is a whole number that 2 divides."""
    return arguments.whole("`even`", value) % 2 == 0


def odd(budget: Budget, value: Value) -> bool:
    """It is a whole number that 2 does not divide."""
    return arguments.whole("`odd`", value) % 2 == 1


def divisibleby(budget: Budget, value: Value, num: Value) -> bool:
    """`num` divides it."""
    divisor = arguments.whole("`divisibleby`", num)
    if divisor == 0:
        raise Fault("Nothing is divisible by 0", "division_by_zero")
    return arguments.whole("`divisibleby`", value) % divisor == 0


def eq(budget: Budget, value: Value, other: Value) -> bool:
    """It equals `other`."""
    return operators.is_equal(value, other, budget)


def ne(budget: Budget, value: Value, other: Value) -> bool:
    """It does not equal `other`."""
    return operators.is_unequal(value, other, budget)


def lt(budget: Budget, value: Value, other: Value) -> bool:
    """It is less than `other`."""
    return operators.less(value, other, budget)


def le(budget: Budget, value: Value, other: Value) -> bool:
    """It is less than `other` or equals it."""
    return operators.at_most(value, other, budget)


def gt(budget: Budget, value: Value, other: Value) -> bool:
    """It is greater than `other`."""
    return operators.greater(value, other, budget)


def ge(budget: Budget, value: Value, other: Value) -> bool:
    """It is greater than `other` or equals it."""
    return operators.at_least(value, other, budget)


def in_(budget: Budget, value: Value, seq: Value) -> bool:
    """`seq` holds it."""
    return operators.contains(seq, value, budget)


def lower(budget: Budget, value: Value) -> bool:
    """It is text in lower case."""
    found = arguments.text("`lower`", value)
    budget.read(found)
    return found.islower()


def upper(budget: Budget, value: Value) -> bool:
    """It is text in upper case."""
    found = arguments.text("`upper`", value)
    budget.read(found)
    return found.isupper()


TESTS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("none", none, "null"),
        operation("boolean", boolean),
        operation("true", true),
        operation("false", false),
        operation("number", number),
        operation("integer", integer),
        operation("float", float_),
        operation("string", string),
        operation("mapping", mapping),
        operation("list", list_),
        operation("sequence", sequence, "iterable"),
        operation("even", even),
        operation("odd", odd),
        operation("divisibleby", divisibleby),
        operation("eq", eq, "equalto", "=="),
        operation("ne", ne, "!="),
        operation("lt", lt, "lessthan", "<"),
        operation("le", le, "<="),
        operation("gt", gt, "greaterthan", ">"),
        operation("ge", ge, ">="),
        operation("in", in_),
        operation("lower", lower),
        operation("upper", upper),
    )
)
"""By name and alias."""
