"""Closures for literals, access and operators, made from the closures of their parts.

A closure is called with the variables and the budget. Each that can fail notes its column on the
way out; the innermost wins. An untaken `except` costs nothing, so the common case pays for none
of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault, Undefined, wrong_type
from treadle.dag.expressions.measures import text_of
from treadle.dag.expressions.operators import Binary, Unary, item, part
from treadle.dag.expressions.paths import Run, Variables
from treadle.dag.values import Value


def constant(value: Value) -> Run:
    """Return a literal."""
    return lambda variables, budget: value


def located(inner: Run, at: int) -> Run:
    """Note a column on the way out of what notes none itself."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            return inner(variables, budget)
        except Fault as fault:
            fault.locate(at)
            raise

    return run


def subscript(container: Run, key: Run, at: int) -> Run:
    """Read one key; raise where it is missing."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            found = item(container(variables, budget), key(variables, budget))
            if found.__class__ is Undefined:
                raise found.fault()
        except Fault as fault:
            fault.locate(at)
            raise
        return found

    return run


def maybe_subscript(container: Run, key: Run) -> Run:
    """Read one key of what may itself be missing."""

    def run(variables: Variables, budget: Budget) -> Value:
        value = container(variables, budget)
        return value if value.__class__ is Undefined else item(value, key(variables, budget))

    return run


def sliced(sequence: Run, start: Run, stop: Run, step: Run, at: int) -> Run:
    """Take a slice."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            value = sequence(variables, budget)
            first, last = start(variables, budget), stop(variables, budget)
            return part(value, first, last, step(variables, budget), budget)
        except Fault as fault:
            fault.locate(at)
            raise

    return run


def unary(operator: Unary, operand: Run, at: int) -> Run:
    """Apply a sign."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            return operator(operand(variables, budget))
        except Fault as fault:
            fault.locate(at)
            raise

    return run


def negation(operand: Run) -> Run:
    """Turn truth around; empty and zero are not true."""
    return lambda variables, budget: not operand(variables, budget)


def binary(operator: Binary, left: Run, right: Run, at: int) -> Run:
    """Apply one operator to two values."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            return operator(left(variables, budget), right(variables, budget), budget)
        except Fault as fault:
            fault.locate(at)
            raise

    return run


def arithmetic(first: Run, rest: Sequence[tuple[Binary, Run]], at: int) -> Run:
    """Apply a chain of operators from left to right."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            value = first(variables, budget)
            for operator, operand in rest:
                value = operator(value, operand(variables, budget), budget)
        except Fault as fault:
            fault.locate(at)
            raise
        return value

    return run


def comparison(first: Run, rest: Sequence[tuple[Binary, Run]], at: int) -> Run:
    """Compare neighbours until one pair does not hold."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            left = first(variables, budget)
            for operator, operand in rest:
                right = operand(variables, budget)
                if not operator(left, right, budget):
                    return False
                left = right
        except Fault as fault:
            fault.locate(at)
            raise
        return True

    return run


def conjunction(operands: Sequence[Run]) -> Run:
    """Return the first operand that is not true, or the last."""

    def run(variables: Variables, budget: Budget) -> Value:
        value: Value = True
        for operand in operands:
            value = operand(variables, budget)
            if not value:
                break
        return value

    return run


def disjunction(operands: Sequence[Run]) -> Run:
    """Return the first operand that is true, or the last."""

    def run(variables: Variables, budget: Budget) -> Value:
        value: Value = False
        for operand in operands:
            value = operand(variables, budget)
            if value:
                break
        return value

    return run


def choice(test: Run, yes: Run, no: Run) -> Run:
    """Evaluate the one branch that the test chooses."""
    return lambda variables, budget: (
        yes(variables, budget) if test(variables, budget) else no(variables, budget)
    )


def nothing(at: int) -> Run:
    """Raise for the missing `else` of a choice."""

    def run(variables: Variables, budget: Budget) -> Value:
        fault = _NO_ELSE.fault()
        fault.locate(at)
        raise fault

    return run


def maybe_nothing() -> Run:
    """Return the `Undefined` of a missing `else`."""
    return lambda variables, budget: _NO_ELSE


_NO_ELSE = Undefined("The condition is false, and there is no `else`", "Add `else …`.")


def joined(parts: Sequence[Run], at: int) -> Run:
    """Join values as text; everything but text as JSON."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            texts, size = [], 0
            for each in parts:
                text = text_of(each(variables, budget), budget)
                size += len(text) if text.isascii() else 4 * len(text)
                texts.append(text)
            budget.make_text(size, wide=False)
            return "".join(texts)
        except Fault as fault:
            fault.locate(at)
            raise

    return run


def list_of(items: Sequence[Run]) -> Run:
    """Make a list."""

    def run(variables: Variables, budget: Budget) -> Value:
        budget.make_items(len(items))
        return [each(variables, budget) for each in items]

    return run


def object_of(entries: Sequence[tuple[Run, Run]], at: int) -> Run:
    """Make an object; a later entry replaces an earlier one of the same key."""

    def run(variables: Variables, budget: Budget) -> Value:
        result: dict[str, Any] = {}
        try:
            budget.make_items(4 + len(entries))
            for key, value in entries:
                name = key(variables, budget)
                if name.__class__ is not str:
                    raise wrong_type("The key of an object", "text", name)
                result[name] = value(variables, budget)
        except Fault as fault:
            fault.locate(at)
            raise
        return result

    return run
