"""A compiled expression: what it reads, and its evaluation."""

from __future__ import annotations

from treadle.dag.expressions import tree
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.check import check
from treadle.dag.expressions.checker import Context, Facts
from treadle.dag.expressions.compile import strict
from treadle.dag.expressions.errors import ExpressionFailed, Fault
from treadle.dag.expressions.measures import SCALARS, measure, text_of, too_deep
from treadle.dag.expressions.paths import Run, Variables
from treadle.dag.values import Value


class Expression:
    """An expression that was checked and compiled; evaluating it changes nothing.

    Invariants: it evaluates the same whenever its variables are the same; what it returns is
    JSON, and may share parts with its variables, so neither may be changed.
    """

    __slots__ = ("_passes_on", "_run", "names", "nodes", "secrets", "source")

    def __init__(self, source: str, root: tree.Node, facts: Facts) -> None:
        self.source = source
        self.names = frozenset(facts.names)
        """The names it reads, `nodes` and `secrets` included."""
        self.nodes = frozenset(facts.nodes)
        """The ids of nodes with outputs that it may read."""
        self.secrets = frozenset(facts.secrets)
        """Every secret it may read."""
        self._run: Run = strict(root)
        # A value that is only passed on was measured when it was stored.
        self._passes_on = isinstance(root, tree.Path)

    def evaluate(self, variables: Variables, budget: Budget | None = None) -> Value:
        """Return the value of the expression.

        Args:
            variables: by name; a name that is absent is undefined.
            budget: the cost limit; a fresh one if `None`.

        Raises:
            ExpressionFailed: the data does not fit, something is undefined, or the budget is
                spent.
        """
        if budget is None:
            budget = Budget()
        try:
            value = self._run(variables, budget)
            if value.__class__ in SCALARS or self._passes_on:
                return value
            measure(value, budget)
        except Fault as fault:
            raise self._failed(fault) from None
        except RecursionError:
            raise self._failed(too_deep()) from None
        return value

    def text(self, variables: Variables, budget: Budget) -> str:
        """Return the value for use in mixed text.

        Raises:
            ExpressionFailed: as `evaluate`.
        """
        value = self.evaluate(variables, budget)
        try:
            text = text_of(value, budget)
            budget.make_text(len(text), not text.isascii())
        except Fault as fault:
            raise self._failed(fault) from None
        return text

    def _failed(self, fault: Fault) -> ExpressionFailed:
        return ExpressionFailed(
            fault.problem,
            expression=self.source,
            position=fault.position or 1,
            cause=fault.cause,
            solution=fault.solution,
        )

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def compile_expression(source: str, context: Context) -> Expression:
    """Check a source and compile it.

    Raises:
        ExpressionInvalid: `expression_invalid`, or `secret_not_allowed_here`.
    """
    return Expression(source, *check(source, context))
