"""Batching: a thread that serves others takes what they handed over meanwhile, together."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")


def next_batch(
    waiting: SimpleQueue[Item | None], *, most: int | None = None
) -> tuple[list[Item], bool]:
    """Wait for an item, and take those that wait behind it, in their order.

    Args:
        waiting: `None` in it says that nothing comes any more.
        most: items of one batch; no limit by default.

    Returns:
        The items, and whether more may come; the last batch may be empty.
    """
    batch: list[Item] = []
    item = waiting.get()
    while item is not None:
        batch.append(item)
        if len(batch) == most:
            return batch, True
        try:
            item = waiting.get_nowait()
        except Empty:
            return batch, True
    return batch, False
