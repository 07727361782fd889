"""Closures for literals, access and operators, made from the closures of their parts.

A closure is called with the variables and the budget. Each that can fail notes its column on the
way out; the innermost wins. An untaken `except` costs nothing, so the common case pays for none
of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dag.expressions.budget import Budget
from dag.expressions.errors import Fault, Undefined, wrong_type
from dag.expressions.measures import text_of
from dag.expressions.operators import Binary, Unary, item, part
from dag.expressions.suggestions import did_you_mean
from dag.values import Value

Variables = Mapping[str, Value]

Run = Callable[[Variables, Budget], Value]
"""A compiled node. A lenient one may return `Undefined`; the type cannot say so, as `Value` is
any object."""


def constant(value: Value) -> Run:
    """Return a literal."""
    return lambda variables, budget: value


def path(name: str, keys: tuple[str | int, ...], at: int) -> Run:
    """Read a name and the literal keys after it."""

    def missing(variables: Variables) -> Value:
        fault = walk(variables, name, keys).fault()
        fault.locate(at)
        raise fault

    return _reader(name, keys, missing)


def maybe_path(name: str, keys: tuple[str | int, ...]) -> Run:
    """Read a path; what is missing on the way is `Undefined`."""
    return _reader(name, keys, lambda variables: walk(variables, name, keys))


def _reader(name: str, keys: tuple[str | int, ...], missing: Callable[[Variables], Value]) -> Run:
    """Read a path at the speed of plain subscripts; on any failure ask `missing`."""
    first = keys[0] if keys else ""

    def read_name(variables: Variables, budget: Budget) -> Value:
        return variables[name] if name in variables else missing(variables)

    def read_one(variables: Variables, budget: Budget) -> Value:
        try:
            return variables[name][first]
        except (KeyError, IndexError, TypeError):
            return missing(variables)

    def read_many(variables: Variables, budget: Budget) -> Value:
        try:
            value = variables[name]
            for key in keys:
                value = value[key]
        except (KeyError, IndexError, TypeError):
            return missing(variables)
        return value

    return (read_name, read_one)[len(keys)] if len(keys) < 2 else read_many


def walk(variables: Variables, name: str, keys: tuple[str | int, ...]) -> Undefined:
    """Say where a path ends before its end."""
    if name not in variables:
        return Undefined(f"`{name}` is not set here")
    value, read = variables[name], name
    for key in keys:
        if isinstance(value, Mapping) and key not in value:
            return _no_key(value, key, read)
        if not isinstance(value, Mapping):
            found = item(value, key)
            if isinstance(found, Undefined):
                return Undefined(f"`{read}{_written(key)}` is undefined: {_lower(found.problem)}")
        value, read = value[key], read + _written(key)
    raise AssertionError("the path is there after all")


def _no_key(value: Mapping[str, Value], key: str | int, read: str) -> Undefined:
    problem = f"`{read}{_written(key)}` is undefined: `{read}` has no key `{key}`"
    if read == "nodes":
        return Undefined(f"`{key}` has put out nothing yet, or was skipped")
    return Undefined(problem, did_you_mean(str(key), (k for k in value if isinstance(k, str))))


def _written(key: str | int) -> str:
    return f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


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
            bounds = (bound(variables, budget) for bound in (start, stop, step))
            return part(value, *bounds, budget)
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
    """Raise where the missing `else` of a choice would stand."""

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
    """Join values as text; everything but text stands as JSON."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            texts = [text_of(each(variables, budget), budget) for each in parts]
            budget.make_text(sum(map(len, texts)), not all(map(str.isascii, texts)))
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
        made: dict[str, Any] = {}
        try:
            budget.make_items(4 + len(entries))
            for key, value in entries:
                name = key(variables, budget)
                if name.__class__ is not str:
                    raise wrong_type("The key of an object", "text", name)
                made[name] = value(variables, budget)
        except Fault as fault:
            fault.locate(at)
            raise
        return made

    return run
