"""Scopes by name: `""` is the root, `each_item:3/inner:0` the first turn of `inner` in the fourth
of `each_item`. Named by ordinal, never by data.
"""

from __future__ import annotations

from collections.abc import Iterator

ROOT = ""


def child_scope(parent: str, loop: str, ordinal: int) -> str:
    """Return the scope of one iteration of `loop`, which is in `parent`."""
    step = f"{loop}:{ordinal}"
    return f"{parent}/{step}" if parent else step


def parent_scope(scope: str) -> str:
    """Return the scope that contains the loop of `scope`."""
    return scope.rpartition("/")[0]


def around(scope: str) -> Iterator[str]:
    """Yield `scope` and the scopes that contain it, innermost first, without the root."""
    while scope:
        yield scope
        scope = parent_scope(scope)


def enclosing_scope(scope: str, loop: str | None) -> str:
    """Return the scope around (or equal to) `scope` that is an iteration of `loop`.

    `None` names the root. Raises `KeyError` when no iteration of `loop` encloses `scope`.
    """
    if loop is None:
        return ROOT
    for each in around(scope):
        if each.rpartition("/")[2].rpartition(":")[0] == loop:
            return each
    raise KeyError(loop)


def ordinal_of(scope: str) -> int:
    """Return which iteration of its loop `scope` is, from 0."""
    return int(scope.rpartition(":")[2])
