"""Closures for calls and for the forms: operations, fallbacks, and what is done per item."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from treadle.dag.expressions.access import Steps, reach, steps_of
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault, Undefined, excerpt
from treadle.dag.expressions.measures import elements
from treadle.dag.expressions.paths import Run, Variables
from treadle.dag.values import Value

ElementTest = Callable[[Value, Budget, Sequence[Value]], bool]


def applied(operation: Callable[..., Value], arguments: Sequence[Run], at: int) -> Run:
    """Call an operation; raise where it finds nothing to return."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            found = operation(budget, *[each(variables, budget) for each in arguments])
            if found.__class__ is Undefined:
                raise found.fault()
        except Fault as fault:
            fault.locate(at)
            raise
        return found

    return run


def maybe_applied(operation: Callable[..., Value], arguments: Sequence[Run], at: int) -> Run:
    """Call an operation that may find nothing."""

    def run(variables: Variables, budget: Budget) -> Value:
        try:
            return operation(budget, *[each(variables, budget) for each in arguments])
        except Fault as fault:
            fault.locate(at)
            raise

    return run


def fallback(subject: Run, otherwise: Run, falsy: Run) -> Run:
    """Return the subject, or another value where it is missing (or, if asked, not true)."""

    def run(variables: Variables, budget: Budget) -> Value:
        value = subject(variables, budget)
        if value.__class__ is Undefined or (not value and falsy(variables, budget)):
            return otherwise(variables, budget)
        return value

    return run


def is_defined(subject: Run) -> Run:
    """Say whether a value is there; null is."""
    return lambda variables, budget: subject(variables, budget).__class__ is not Undefined


def map_attribute(subject: Run, attribute: Run, default: Run | None) -> Run:
    """Take an attribute of each element."""

    def run(variables: Variables, budget: Budget) -> Value:
        over = elements("`map`", subject(variables, budget), budget)
        steps = steps_of(attribute(variables, budget))
        otherwise = None if default is None else default(variables, budget)
        budget.visit(len(over) * len(steps))
        budget.make_items(len(over))
        found = [reach(each, steps) for each in over]
        return [_defined(each, default is not None, otherwise) for each in found]

    return run


def _defined(value: Value, has_default: bool, default: Value) -> Value:
    if value.__class__ is not Undefined:
        return value
    if has_default:
        return default
    raise value.fault()


def map_operation(subject: Run, operation: Callable[..., Value], arguments: Sequence[Run]) -> Run:
    """Apply an operation to each element."""

    def run(variables: Variables, budget: Budget) -> Value:
        over = elements("`map`", subject(variables, budget), budget)
        further = [each(variables, budget) for each in arguments]
        budget.make_items(len(over))
        return [_defined(operation(budget, each, *further), False, None) for each in over]

    return run


def select(
    subject: Run, attribute: Run | None, test: ElementTest, arguments: Sequence[Run], keep: bool
) -> Run:
    """Keep the elements that pass a test, or the others."""

    def run(variables: Variables, budget: Budget) -> Value:
        over = elements("A selection", subject(variables, budget), budget)
        steps: Steps = () if attribute is None else steps_of(attribute(variables, budget))
        further = [each(variables, budget) for each in arguments]
        budget.visit(len(over) * (1 + len(steps)))
        budget.make_items(len(over))
        return [each for each in over if test(reach(each, steps), budget, further) is keep]

    return run


def per_item(subject: Run, inner: Run, source: str, size: int, keep: bool) -> Run:
    """Evaluate an expression for each element; keep its value, or the elements it holds for."""

    def run(variables: Variables, budget: Budget) -> Value:
        over = elements("Going over items", subject(variables, budget), budget)
        budget.make_items(len(over))
        scope = dict(variables)
        results: list[Value] = []
        for index, each in enumerate(over):
            budget.visit(size)
            scope["item"], scope["index"] = each, index
            try:
                value = inner(scope, budget)
            except Fault as fault:
                raise _outside(fault, source) from None
            if not keep:
                results.append(value)
            elif value:
                results.append(each)
        return results

    return run


def _outside(fault: Fault, source: str) -> Fault:
    """Return the fault of an inner expression, without the position in the outer one."""
    column = fault.position or 1
    problem = f"{fault.problem}, in column {column} of `{excerpt(source, column)}`"
    return Fault(problem, fault.cause, fault.solution)
