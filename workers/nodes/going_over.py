"""How a node goes over a list: what counts as one, and expressions evaluated item by item."""

from __future__ import annotations

from dag.expressions import Budget
from dag.values import Value
from workers.nodes.attempt import Attempt
from workers.nodes.errors import NotAList, ResultsByReference


def entries(attempt: Attempt, path: str) -> list[Value]:
    """Return what the expression at `path` goes over: a list's items or an object's entries.

    Raises:
        NotAList: it is neither.
        ResultsByReference: it is a loop's `{count, results_ref}`.
    """
    over = attempt.evaluate(path)
    if isinstance(over, list):
        return over
    if isinstance(over, dict) and over.keys() == {"count", "results_ref"}:
        raise ResultsByReference(
            f"`{attempt.node.expressions[path].source}` names a loop's results by reference."
        )
    if isinstance(over, dict):
        return [{"key": key, "value": value} for key, value in over.items()]
    kind = "null" if over is None else "text" if isinstance(over, str) else "a single value"
    raise NotAList(f"`{attempt.node.expressions[path].source}` is {kind}, not a list.")


def kept(attempt: Attempt, items: list[Value], budget: Budget) -> list[Value]:
    """Return the items for which `expression` holds, within one budget for all of them."""
    return [
        item
        for index, item in enumerate(items)
        if attempt.evaluate("expression", budget, item=item, index=index)
    ]
