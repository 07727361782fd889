"""The errors of expressions: before they run, and while they run.

`ExpressionInvalid` is raised at validation and caused by the author; `ExpressionFailed` is raised
at evaluation and caused by the data. `Fault` is internal: an operator raises it with what went
wrong, and the position is added later.
"""

from __future__ import annotations

from typing import Any, Final

from treadle.core.errors import TreadleError

#: Characters of an expression that a message quotes around the position; the rest is elided.
EXCERPT_CHARACTERS = 120

#: Characters of a source that an error keeps whole; no valid expression is longer.
KEPT_CHARACTERS = 4_096


class ExpressionInvalid(TreadleError):
    """The source cannot be an expression here; nothing was evaluated."""

    reason = "expression_invalid"
    solution = "Correct the expression; docs/expressions.md lists what is allowed."

    def __init__(
        self, problem: str, *, expression: str, position: int, solution: str | None = None
    ) -> None:
        shown = excerpt(expression, position)
        if len(expression) > KEPT_CHARACTERS:
            expression = shown
        super().__init__(
            f"{problem} (column {position} of `{shown}`)",
            solution=solution,
            expression=expression,
            position=position,
        )
        self.problem = problem
        self.expression = expression
        self.position = position
        #: Keys and indices that lead from a template's value to the string that is wrong.
        self.path: tuple[str | int, ...] = ()
        #: Further problems of the same template, in reading order.
        self.also: tuple[ExpressionInvalid, ...] = ()


class OutOfTime(Exception):
    """The deadline of a budget has passed; whoever gave it says what that comes to."""


class SecretNotAllowed(ExpressionInvalid):
    """A secret is named in a field that may not hold one."""

    reason = "secret_not_allowed_here"
    solution = (
        "Name the secret in a field that takes secrets, such as a header or a credential field."
    )


class ExpressionFailed(TreadleError):
    """The expression met data that it cannot work on, or outgrew its budget.

    `context` holds `expression`, `position` (1-based column) and `cause`, one of the causes of
    `Fault`.
    """

    reason = "expression_failed"
    solution = "Check the data, and handle this case in the expression."

    def __init__(
        self, problem: str, *, expression: str, position: int, cause: str, solution: str | None
    ) -> None:
        super().__init__(
            f"{problem} (column {position} of `{excerpt(expression, position)}`)",
            solution=solution,
            expression=expression,
            position=position,
            cause=cause,
        )
        self.problem = problem
        self.expression = expression
        self.position = position
        self.cause = cause


class Fault(Exception):
    """Something went wrong in code that does not know the position.

    `cause` is one of `undefined`, `wrong_type`, `bad_argument`, `division_by_zero`,
    `number_out_of_range`, `over_budget`. The innermost expression that has a position gives it.
    """

    def __init__(self, problem: str, cause: str, solution: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cause = cause
        self.solution = solution
        self.position: int | None = None

    def locate(self, position: int) -> None:
        """Set the position, unless a more inner one is already set."""
        if self.position is None:
            self.position = position


class Undefined:
    """A missing value, which is not null. It never leaves this package."""

    __slots__ = ("problem", "solution")

    def __init__(self, problem: str, solution: str | None = None) -> None:
        self.problem = problem
        self.solution = solution

    def fault(self) -> Fault:
        """Return the fault of using a missing value."""
        return Fault(
            self.problem,
            "undefined",
            self.solution or "Write `| default(…)` or test `is defined` if it may be missing.",
        )


def excerpt(expression: str, position: int) -> str:
    """Return the part of a long expression that surrounds a 1-based column."""
    if len(expression) <= EXCERPT_CHARACTERS:
        return expression
    start = max(0, min(position - EXCERPT_CHARACTERS // 2, len(expression) - EXCERPT_CHARACTERS))
    end = start + EXCERPT_CHARACTERS
    return ("…" if start else "") + expression[start:end] + ("…" if end < len(expression) else "")


WRONG_TYPE: Final = "wrong_type"
BAD_ARGUMENT: Final = "bad_argument"
OUT_OF_RANGE: Final = "number_out_of_range"
OVER_BUDGET: Final = "over_budget"


def wrong_type(what: str, wanted: str, value: Any) -> Fault:
    """Return the fault of an operation that met a value of another kind; never quotes the value."""
    return Fault(f"{what} needs {wanted}, not {kind_of(value)}", WRONG_TYPE)


def kind_of(value: Any) -> str:
    """Name a value's JSON kind in words."""
    return _KINDS.get(value.__class__, "something that is not JSON")


_KINDS: Final = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
