"""How a node goes over a list: what counts as one, and expressions evaluated item by item."""

from __future__ import annotations

from treadle.dag.results import reference_in
from treadle.dag.values import Value
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.errors import NotAList
from treadle.workers.nodes.results import Items, whole, within


def entries(attempt: Attempt, path: str) -> Items:
    """Return what the expression at `path` goes over: a list's items, an object's entries, or the
    results that a loop left in the ledger.

    Raises:
        NotAList: it is none of these.
        ResultsNotFound: it refers to results that are not of this execution.
    """
    over = attempt.evaluate(path)
    if isinstance(over, list):
        return over
    if isinstance(over, dict):
        ref = reference_in(over)
        if ref is not None:
            return attempt.results(ref)
        return [{"key": key, "value": value} for key, value in over.items()]
    kind = "null" if over is None else "text" if isinstance(over, str) else "a single value"
    raise NotAList(f"`{attempt.node.expressions[path].source}` is {kind}, not a list.")


def listed(attempt: Attempt, path: str) -> list[Value]:
    """Return the same as one list, for what needs to see all of it at once.

    Raises:
        ResultsTooLarge: it is results that no payload would hold.
    """
    return whole(entries(attempt, path))


def kept(attempt: Attempt, items: Items) -> list[Value]:
    """Return the items for which `expression` holds, within one budget for all of them."""
    return within(
        items,
        (
            item
            for index, item in enumerate(items)
            if attempt.evaluate("expression", item=item, index=index)
        ),
    )
