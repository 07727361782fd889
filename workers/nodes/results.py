"""Lists that nodes go over: in memory, or a loop's results, which are read as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from treadle.dag.results import ResultsRef, StoredResults
from treadle.dag.values import PAYLOAD_LIMIT_BYTES, Value, dumps
from treadle.workers.nodes.errors import ResultsNotFound, ResultsTooLarge


class Results:
    """The results of a loop that stand in the ledger; going over them again reads them again.

    Memory holds one page of them at a time.
    """

    def __init__(
        self, ref: ResultsRef, count: int, read: Callable[[range], Sequence[Value]]
    ) -> None:
        """`read` returns a page: the results of so many of the ordinals as it holds, in order."""
        self.stored = StoredResults(ref, count)
        self._read = read

    def __len__(self) -> int:
        return self.stored.count

    def __iter__(self) -> Iterator[Value]:
        ordinal = 0
        while ordinal < len(self):
            page = self._page(ordinal, len(self))
            yield from page
            ordinal += len(page)

    def at(self, ordinal: int) -> Value:
        """Return one result."""
        return self._page(ordinal, ordinal + 1)[0]

    def _page(self, start: int, stop: int) -> Sequence[Value]:
        page = self._read(range(start, stop))
        if not page:
            raise ResultsNotFound(f"Result {start} is not in the ledger any more.", position=start)
        return page


Items: TypeAlias = list[Value] | Results
"""What a node goes over."""


def fitting(values: Iterable[Value], limit_bytes: int) -> list[Value] | None:
    """Return values as a list if its JSON is no larger than that; `None` as soon as it is."""
    kept: list[Value] = []
    size = len("[]")
    for value in values:
        size += len(dumps(value)) + len(",") * bool(kept)
        if size > limit_bytes:
            return None
        kept.append(value)
    return kept


def within(items: Items, made: Iterable[Value]) -> list[Value]:
    """Return what is made of items as a list.

    A list in memory came in one payload, and what expressions make of it has its budget. Results
    from the ledger have no such bound: of them it is what one payload holds.

    Raises:
        ResultsTooLarge: it is more.
    """
    if isinstance(items, list):
        return list(made)
    kept = fitting(made, PAYLOAD_LIMIT_BYTES)
    if kept is None:
        raise ResultsTooLarge(
            f"What is made of {len(items):,} results is larger than a payload may be.",
            limit=PAYLOAD_LIMIT_BYTES,
        )
    return kept


def whole(items: Items) -> list[Value]:
    """Return items as a list in memory, for what needs to see all of them at once.

    Raises:
        ResultsTooLarge: they are results that no payload would hold.
    """
    return items if isinstance(items, list) else within(items, items)
