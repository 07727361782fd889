"""Paths: a name and the literal keys after it, which is most of what expressions read.

They are read at the speed of plain subscripts; only a path that fails is walked step by step, to
report which step is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Undefined
from treadle.dag.expressions.operators import item
from treadle.dag.expressions.suggestions import did_you_mean
from treadle.dag.values import Value

_BY_REFERENCE = (
    "The loop's results are stored in the ledger, where no expression can read them: let FOR_EACH, "
    "FILTER, SORT, MERGE or DATA_TRANSFORMATION go over the loop's output or its `results_ref`."
)

Variables = Mapping[str, Value]

Run = Callable[[Variables, Budget], Value]
"""A compiled node. A lenient one may return `Undefined`; the type cannot say so, as `Value` is
any object."""


def path(name: str, keys: tuple[str | int, ...], at: int) -> Run:
    """Read a name and the literal keys after it."""

    def missing(variables: Variables) -> Value:
        fault = walk(variables, name, keys).fault()
        fault.locate(at)
        raise fault

    return _reader(name, keys, missing)


def maybe_path(name: str, keys: tuple[str | int, ...]) -> Run:
    """Read a path; if anything on it is missing, the value is `Undefined`, without a reason."""
    missing = Undefined(f"`{name}{''.join(map(_written, keys))}` is undefined")
    return _reader(name, keys, lambda variables: missing)


def _reader(name: str, keys: tuple[str | int, ...], missing: Callable[[Variables], Value]) -> Run:
    """Read a path at the speed of plain subscripts; on any failure call `missing`."""
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
    """Return where a path is missing a key."""
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
    if "results_ref" in value:
        return Undefined(problem, _BY_REFERENCE)
    return Undefined(problem, did_you_mean(str(key), (k for k in value if isinstance(k, str))))


def _written(key: str | int) -> str:
    return f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
