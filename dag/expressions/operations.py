"""Operations: what filters, tests, methods and functions are made of.

An operation is a plain function `run(budget, subject, *arguments)`; its Python signature is its
signature in an expression, and the first line of its docstring is its line in the reference. So
arguments are checked when the expression is compiled, and nothing is declared twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from treadle.dag.values import Value

Argument = TypeVar("Argument")


class BadCall(Exception):
    """The arguments do not fit the operation; the message says why."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One callable thing of the language."""

    name: str
    run: Callable[..., Value]
    parameters: tuple[inspect.Parameter, ...]
    """Without the budget and the subject."""
    summary: str
    aliases: tuple[str, ...] = ()

    @property
    def signature(self) -> str:
        """Return how it is written, such as `round(precision=0, method='common')`."""
        if not self.parameters:
            return self.name
        return f"{self.name}({', '.join(_written(p) for p in self.parameters)})"


def operation(
    name: str, run: Callable[..., Value], *aliases: str, has_subject: bool = True
) -> Operation:
    """Make an operation of a function with the budget and the subject as first parameters."""
    parameters = tuple(inspect.signature(run).parameters.values())[2 if has_subject else 1 :]
    summary = (inspect.getdoc(run) or "").partition("\n")[0]
    return Operation(name, run, parameters, summary, aliases)


def table(*operations: Operation) -> dict[str, Operation]:
    """Index operations by name and alias."""
    return {name: each for each in operations for name in (each.name, *each.aliases)}


def bind(
    called: Operation, positional: Sequence[Argument], named: Sequence[tuple[str, Argument]]
) -> list[Argument | inspect.Parameter]:
    """Put arguments in the operation's order; a missing parameter is returned for its default.

    Raises:
        BadCall: too many, too few, unknown or doubled arguments.
    """
    parameters = list(called.parameters)
    if parameters and parameters[-1].kind is inspect.Parameter.VAR_POSITIONAL:
        if named:
            raise BadCall(f"`{called.name}` takes no named arguments")
        return list(positional)
    if len(positional) > len(parameters):
        most = len(parameters)
        raise BadCall(f"`{called.name}` takes {most or 'no'} argument{'s' if most != 1 else ''}")
    passed: dict[str, Argument] = {
        parameter.name: value for parameter, value in zip(parameters, positional, strict=False)
    }
    for name, value in named:
        if name not in {parameter.name for parameter in parameters}:
            raise BadCall(f"`{called.name}` has no argument `{name}`")
        if name in passed:
            raise BadCall(f"`{called.name}` gets `{name}` twice")
        passed[name] = value
    bound: list[Argument | inspect.Parameter] = []
    for parameter in parameters:
        if parameter.name not in passed and parameter.default is inspect.Parameter.empty:
            raise BadCall(f"`{called.name}` needs the argument `{parameter.name}`")
        bound.append(passed.get(parameter.name, parameter))
    return bound


def _written(parameter: inspect.Parameter) -> str:
    """Write a parameter the way an author would."""
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"{parameter.name}…"
    if parameter.default is inspect.Parameter.empty:
        return parameter.name
    literal = {None: "none", True: "true", False: "false"}
    default = parameter.default
    written = literal[default] if default is None or isinstance(default, bool) else repr(default)
    return f"{parameter.name}={written}"
